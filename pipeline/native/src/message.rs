//! The words of a panic's value without what changes from one occurrence to the next.

use crate::redact::Redactor;
use crate::text::{find, first_line, part, rest};

/// Bytes of the first line that count, without its secrets.
const LENGTH: usize = 300;

/// Bytes of it that are looked at: keys in one line are long.
const REACH: usize = 64 << 10;

/// Words that hold digits and mean themselves.
static KEPT: [&str; 34] = [
    "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64", "complex64",
    "complex128", "utf8", "UTF-8", "utf-8", "utf16", "http2", "HTTP/2", "HTTP/1.1", "x509", "sha1", "sha256", "sha512",
    "md5", "base64", "ipv4", "ipv6", "IPv4", "IPv6", "oauth2", "s3", "S3", "x86", "h2",
];

/// Masked form of a value's first line: secrets `[redacted:NAME]`, quoted text `<s>`, paths `<path>`, anything with
/// digits `<n>`. Only the built-in rules find secrets, so that no setting changes a fingerprint.
pub fn template(value: &[u8]) -> Vec<u8> {
    let line = Redactor::default().redact(part(first_line(value), 0, REACH));
    let line = part(&line, 0, LENGTH);
    let mut out = Vec::with_capacity(line.len());
    let mut at = 0;
    while let Some(byte) = line.get(at) {
        at += match byte {
            b'"' | b'`' => quoted(line, at, *byte, &mut out),
            b'\'' if at == 0 || !line.get(at - 1).is_some_and(u8::is_ascii_alphanumeric) => {
                quoted(line, at, b'\'', &mut out)
            }
            b' ' | b',' | b';' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'=' | b'<' | b'>' | b'*' | b'&' => {
                out.push(*byte);
                1
            }
            _ => word(rest(line, at), &mut out),
        };
    }
    out
}

/// Masks up to the closing quote; a quote that never closes is a character.
fn quoted(line: &[u8], at: usize, quote: u8, out: &mut Vec<u8>) -> usize {
    match memchr::memchr(quote, rest(line, at + 1)) {
        Some(length) => {
            out.extend_from_slice(b"<s>");
            length + 2
        }
        None => {
            out.push(quote);
            1
        }
    }
}

fn word(text: &[u8], out: &mut Vec<u8>) -> usize {
    let ends = |b: &u8| {
        matches!(
            b,
            b' ' | b',' | b';' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'=' | b'<' | b'>' | b'"' | b'`' | b'&'
        )
    };
    let length = text.iter().position(ends).unwrap_or(text.len()).max(1);
    let whole = part(text, 0, length);
    let bare = whole.strip_suffix(b":").or_else(|| whole.strip_suffix(b".")).unwrap_or(whole);
    out.extend_from_slice(mask(bare).unwrap_or(bare));
    out.extend_from_slice(rest(whole, bare.len()));
    length
}

fn mask(word: &[u8]) -> Option<&'static [u8]> {
    if word.starts_with(b"/") && word.len() > 1 || find(word, b":\\").is_some() || find(word, b"://").is_some() {
        return Some(b"<path>");
    }
    if memchr::memchr(b'@', word).is_some() {
        return Some(b"<s>");
    }
    let changes =
        word.iter().any(u8::is_ascii_digit) && !KEPT.iter().any(|kept| kept.as_bytes() == word) && !type_name(word);
    changes.then_some(b"<n>")
}

/// `v1.Pod`, `uint64`: letters first, a dot and a capital behind.
fn type_name(word: &[u8]) -> bool {
    let dot = memchr::memrchr(b'.', word).unwrap_or(0);
    dot > 0
        && rest(word, dot + 1).first().is_some_and(u8::is_ascii_uppercase)
        && word.first().is_some_and(u8::is_ascii_alphabetic)
        && !rest(word, dot + 1).iter().any(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_is_masked_and_words_stay() {
        let rows = [
            (
                "runtime error: index out of range [5] with length 3",
                "runtime error: index out of range [<n>] with length <n>",
            ),
            ("open /etc/app.yaml: no such file or directory", "open <path>: no such file or directory"),
            ("strconv.Atoi: parsing \"12x\": invalid syntax", "strconv.Atoi: parsing <s>: invalid syntax"),
            (
                "interface conversion: interface {} is string, not uint64",
                "interface conversion: interface {} is string, not uint64",
            ),
            ("interface conversion: *v1.Pod is not v1.Node", "interface conversion: *v1.Pod is not v1.Node"),
            ("dial tcp 127.0.0.1:2: connect: connection refused", "dial tcp <n>: connect: connection refused"),
            ("can't do it for user42, isn't it", "can't do it for <n>, isn't it"),
            ("(*logrus.Entry) 0xc0000760e0", "(*logrus.Entry) <n>"),
        ];
        for (value, expected) in rows {
            assert_eq!(String::from_utf8_lossy(&template(value.as_bytes())), expected);
        }
    }
}
