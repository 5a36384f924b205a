//! The id of the distributed trace in a line that an application wrote, in JSON or logfmt, escaped or not.

use crate::text::{Finder, rest};

/// Digits of a W3C trace id.
const DIGITS: usize = 32;

/// Bytes of the name behind `race`: `_id`, `.id`, `ID`.
const NAME: usize = 4;

/// What may stand between name and digits: `trace_id=`, `"trace_id":"`, `\"trace.id\": \"`, `trace-id: `.
const BETWEEN: usize = 10;

/// The first trace id in `text`: 32 hex digits behind a word with `trace` or `Trace` in it.
pub fn find(text: &[u8]) -> Option<[u8; DIGITS]> {
    static RACE: Finder = Finder::new(|| memchr::memmem::Finder::new(b"race"));
    let mut from = 0;
    while let Some(at) = RACE.find(rest(text, from)) {
        from += at + 4;
        let name = run(text, from, NAME, |b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'.' | b'-'));
        let start = run(text, name, BETWEEN, |b| matches!(b, b'"' | b'\\' | b':' | b'=' | b' '));
        let ends = !text.get(start + DIGITS).is_some_and(u8::is_ascii_alphanumeric);
        let digits = rest(text, start).first_chunk::<DIGITS>().filter(|_| ends && start > name);
        let id = digits.filter(|d| all_hex(d) && d.iter().any(|b| *b != b'0'));
        if id.is_some() {
            return id.copied();
        }
    }
    None
}

/// All are looked at, whatever the first ones are: a branch at each digit of a random number is guessed wrong.
#[inline]
fn all_hex(digits: &[u8; DIGITS]) -> bool {
    digits.iter().fold(true, |all, b| all & b.is_ascii_hexdigit())
}

/// Where the bytes that are `of` end, `most` of them at most.
#[inline]
fn run(text: &[u8], from: usize, most: usize, of: impl Fn(u8) -> bool) -> usize {
    let mut at = from;
    while at < from + most && text.get(at).is_some_and(|b| of(*b)) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trace_ids_of_loggers_are_found() {
        let id = "2ff8bc76b859dc6292f9a30ff9b9a0ee";
        for line in [
            format!("{{\"msg\":\"x\",\"trace_id\":\"{id}\"}}"),
            format!("{{\\\"trace.id\\\": \\\"{id}\\\"}}"),
            format!("level=info traceID={id} msg=x"),
            format!("race trace otelTraceID={id}"),
        ] {
            assert_eq!(find(line.as_bytes()).map(|id| id.to_vec()), Some(id.as_bytes().to_vec()), "{line}");
        }
        for line in ["trace_id=", "trace=0123456789abcdef", "trace_id=00000000000000000000000000000000", "DATA RACE"] {
            assert_eq!(find(line.as_bytes()), None, "{line}");
        }
    }
}
