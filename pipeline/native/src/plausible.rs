//! Whether what a pattern found can be a secret at all: what an expression cannot say.

use crate::text::{after, number, part, rest};

/// Every text.
pub fn always(_: &[u8]) -> bool {
    true
}

/// A value behind a name such as `password`: no placeholder, no pointer, no further words of an error, no header of
/// a key (that has a row of its own).
pub fn value(text: &[u8]) -> bool {
    const PLACEHOLDERS: [&[u8]; 8] = [b"nil", b"null", b"none", b"true", b"false", b"yes", b"no", b"undefined"];
    let placeholder = PLACEHOLDERS.iter().any(|word| text.eq_ignore_ascii_case(word));
    let hidden = text.len() > 2 && text.iter().all(|b| matches!(b, b'*' | b'x' | b'X' | b'.'));
    let pointer = after(text, b"0xc").is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    !placeholder && !hidden && !pointer && !text.ends_with(b":") && !text.starts_with(b"-----BEGIN ")
}

/// A value that is no small number: `/srv/token:12` is a line, `token=7` a kind.
pub fn key(text: &[u8]) -> bool {
    value(text) && (text.len() > 5 || !text.iter().all(u8::is_ascii_digit))
}

/// A value that is no folder: the shell's `PWD` is where a program runs.
pub fn no_folder(text: &[u8]) -> bool {
    let folder = matches!(text.first(), Some(b'/' | b'~' | b'.')) || part(text, 1, 3) == b":\\";
    value(text) && !folder
}

/// Looks drawn by lot, where prose may stand as well: `unexpected token: identifier` is none.
pub fn random(text: &[u8]) -> bool {
    let digit = text.iter().any(u8::is_ascii_digit);
    value(text) && (text.len() >= 8 && digit || text.len() >= 16)
}

/// No module at its version and no remote of git, `git@github.com`.
pub fn mailbox(text: &[u8]) -> bool {
    at_host(text).is_some() && !text.starts_with(b"git@")
}

/// The check digit of card numbers: ISO/IEC 7812-1, annex B (Luhn). Other signs than digits do not count.
pub fn luhn(text: &[u8]) -> bool {
    let digits = text.iter().rev().filter(|b| b.is_ascii_digit()).map(|b| u32::from(b - b'0'));
    let sum: u32 = digits.enumerate().map(|(at, n)| if at % 2 == 1 { n * 2 / 10 + n * 2 % 10 } else { n }).sum();
    sum > 0 && sum.is_multiple_of(10)
}

/// Position of the first `@` that is in front of a host, and not of a module's version, `yaml.v3@v3.0.1`.
pub fn at_host(text: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'@', text).find(|at| !version(rest(text, at + 1)))
}

/// `v3.0.1`, and whatever follows.
fn version(text: &[u8]) -> bool {
    let element = |text| number(text).and_then(|(_, tail)| after(tail, b"."));
    after(text, b"v").and_then(element).and_then(element).is_some_and(|patch| number(patch).is_some())
}

/// Position of the first run of digits that is as long as a card number, single blanks and hyphens in it, no word at
/// its ends. Every 13th byte is looked at: no such run stands between two of them.
pub fn long_number(text: &[u8]) -> Option<usize> {
    const DIGITS: usize = 13;
    let of_number = |b: &u8| b.is_ascii_digit() || matches!(b, b' ' | b'-');
    let mut at = DIGITS - 1;
    while let Some(byte) = text.get(at) {
        if of_number(byte) {
            let first = at - part(text, 0, at).iter().rev().take_while(|b| of_number(b)).count();
            let length = rest(text, first).iter().take_while(|b| of_number(b)).count();
            if length >= DIGITS && free_digits(text, first, first + length) >= DIGITS {
                return Some(first);
            }
            at = first + length;
        }
        at += DIGITS;
    }
    None
}

/// Digits of a run, without those that belong to a word in front or behind: `0x0000000000000018`.
fn free_digits(text: &[u8], first: usize, end: usize) -> usize {
    let run = part(text, first, end);
    let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let digits = |b: &&u8| b.is_ascii_digit();
    let glued = part(text, 0, first).last().is_some_and(word);
    let front = if glued { run.iter().take_while(digits).count() } else { 0 };
    let glued = text.get(end).is_some_and(word);
    let back = if glued { run.iter().rev().take_while(digits).count() } else { 0 };
    part(run, front, run.len().saturating_sub(back)).iter().filter(digits).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_tells_card_numbers_from_others() {
        assert!(luhn(b"4111 1111 1111 1111"));
        assert!(!luhn(b"4111 1111 1111 1112"));
        assert!(!luhn(b"0000000000000"));
    }

    #[test]
    fn long_numbers_are_seen_wherever_they_stand() {
        for before in 0..40 {
            let text = [&b"/".repeat(before)[..], b"4222222222222", b"/"].concat();
            assert_eq!(long_number(&text), Some(before));
        }
        assert_eq!(long_number(b"card 4111-1111-1111-1111."), Some(4));
        assert_eq!(long_number(b"goroutine 1234567 [running]: main.go:1234 +0x123456789012"), None);
        assert_eq!(long_number(b"sp=0x00007ff4a7859d88  0x0000000000000011 1234567890123abc"), None);
        assert_eq!(long_number(b"----------------------------------------    1    "), None);
    }

    #[test]
    fn versions_of_modules_are_no_hosts() {
        assert_eq!(at_host(b"yaml.v3@v3.0.1/decode.go x@v0.0.0-20210101000000-abcdef123456"), None);
        assert_eq!(at_host(b"a@v1.2.3 bob@v1.acme.io"), Some(12));
    }

    #[test]
    fn words_of_an_error_are_no_values() {
        let rows: [(&[u8], bool); 7] = [
            (b"hunter2", true),
            (b"x", true),
            (b"YES", false),
            (b"0xc000012345", false),
            (b"crypto/bcrypt:", false),
            (b"xxxxx", false),
            (b"-----BEGIN RSA", false),
        ];
        for (text, secret) in rows {
            assert_eq!(value(text), secret, "{}", String::from_utf8_lossy(text));
        }
    }
}
