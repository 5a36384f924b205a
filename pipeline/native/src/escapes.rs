//! Escapes of JSON, Go and rsyslog undone.

use crate::text::{part, rest};

/// End of the string that begins at `from`: its closing quote, or the end of the text.
pub fn closing_quote(text: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(next) = memchr::memchr2(b'"', b'\\', rest(text, at)).map(|n| at + n) {
        if text.get(next) == Some(&b'"') {
            return next;
        }
        at = next + 2;
    }
    text.len()
}

/// JSON's and Go's escapes, and rsyslog's `#012`.
pub fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at).copied() {
        let (bytes, length): (&[u8], usize) = match (byte, text.get(at + 1)) {
            (b'\\', Some(b'n')) => (b"\n", 2),
            (b'\\', Some(b't')) => (b"\t", 2),
            (b'\\', Some(b'r')) => (b"\r", 2),
            (b'\\', Some(b'"')) => (b"\"", 2),
            (b'\\', Some(b'/')) => (b"/", 2),
            (b'\\', Some(b'\\')) => (b"\\", 2),
            (b'#', Some(b'0')) if part(text, at, at + 4) == b"#012" => (b"\n", 4),
            (b'#', Some(b'0')) if part(text, at, at + 4) == b"#011" => (b"\t", 4),
            (b'\\', Some(b'u')) => {
                at += unicode(text, at, &mut out);
                continue;
            }
            _ => (part(text, at, at + 1), 1),
        };
        out.extend_from_slice(bytes);
        at += length;
    }
    out
}

/// `\u003c`; surrogate pairs become one character. Returns the length of what was read.
fn unicode(text: &[u8], at: usize, out: &mut Vec<u8>) -> usize {
    let unit = |from: usize| {
        let digits = std::str::from_utf8(part(text, from + 2, from + 6)).unwrap_or_default();
        (part(text, from, from + 2) == b"\\u" && digits.len() == 4)
            .then(|| u32::from_str_radix(digits, 16).ok())
            .flatten()
    };
    let Some(first) = unit(at) else {
        out.push(b'\\');
        return 1;
    };
    let second = if (0xd800..0xdc00).contains(&first) { unit(at + 6) } else { None };
    let (code, length) = match second {
        Some(low) if (0xdc00..0xe000).contains(&low) => (0x1_0000 + ((first - 0xd800) << 10) + (low - 0xdc00), 12),
        _ => (first, 6),
    };
    out.extend_from_slice(char::from_u32(code).unwrap_or('\u{fffd}').encode_utf8(&mut [0; 4]).as_bytes());
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone() {
        assert_eq!(unescape(b"a\\n\\tb\\u003c\\ud83d\\ude00#012c\\x"), "a\n\tb<\u{1f600}\nc\\x".as_bytes());
    }
}
