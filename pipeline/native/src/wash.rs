//! What collectors add to a line is taken off: carriage returns, terminal colours, escaped tabs, a byte order mark.

use crate::escapes::{closing_quote, unescape};
use crate::text::{find, part, rest};
use memchr::memchr;
use std::borrow::Cow;

/// How a leading tab is spelled where a collector escaped it: rsyslog, rsyslog C style, Docker json-file.
const TABS: [&[u8]; 3] = [b"#011", b"\\t", b"\\u0009"];

/// The runtime prints no colours: behind these, they belong to the value.
const RAW: [&[u8]; 2] = [b"panic: ", b"fatal error: "];

/// `text` as the program wrote it, as far as one line can tell.
pub fn line(text: &[u8]) -> Cow<'_, [u8]> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let end = text.iter().rev().take_while(|b| **b == b'\r').count();
    let text = part(text, 0, text.len() - end);
    if let Some(output) = text.starts_with(b"{\"").then(|| test_output(text)).flatten() {
        return Cow::Owned(output);
    }
    if memchr::memchr3(0x1b, b'#', b'\\', text).is_none() {
        return Cow::Borrowed(text);
    }
    let text = match memchr(0x1b, text) {
        Some(escape) if RAW.iter().any(|mark| find(part(text, 0, escape), mark).is_some()) => Cow::Borrowed(text),
        Some(_) => Cow::Owned(without_colours(text)),
        None => Cow::Borrowed(text),
    };
    if TABS.iter().any(|tab| find(&text, tab).is_some()) { Cow::Owned(tabs(&text)) } else { text }
}

/// The text of a `go test -json` output record; other lines as they are.
fn test_output(text: &[u8]) -> Option<Vec<u8>> {
    let record = text.starts_with(b"{\"") && find(text, b"\"Action\":\"output\"").is_some();
    let from = record.then(|| find(text, b"\"Output\":\""))?? + 10;
    let mut out = unescape(part(text, from, closing_quote(text, from)));
    if out.last() == Some(&b'\n') {
        out.pop();
    }
    Some(out)
}

/// Escaped tabs in front of a line's content, wherever that starts behind a log prefix.
fn tabs(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let free = out.last().is_none_or(|b| matches!(b, b' ' | b'\t'));
        match TABS.iter().find(|tab| free && rest(text, at).starts_with(tab)) {
            Some(tab) => {
                out.push(b'\t');
                at += tab.len();
            }
            None => {
                out.extend(text.get(at));
                at += 1;
            }
        }
    }
    out
}

/// Without CSI sequences (`ESC [ … letter`) and lone escapes.
pub fn without_colours(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        if *byte != 0x1b {
            out.push(*byte);
            at += 1;
        } else if text.get(at + 1) == Some(&b'[') {
            let body = rest(text, at + 2).iter().take_while(|b| !(0x40..=0x7e).contains(*b)).count();
            at += 3 + body;
        } else {
            at += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carriage_returns_colours_and_escaped_tabs_go() {
        assert_eq!(&*line(b"panic: boom\r"), b"panic: boom");
        assert_eq!(&*line(b"\x1b[31mpanic\x1b[0m: boom"), b"panic: boom");
        assert_eq!(&*line(b"#011/srv/app/main.go:10 +0x53"), b"\t/srv/app/main.go:10 +0x53");
        assert_eq!(&*line(b"app[1]: \\t/srv/app/main.go:10"), b"app[1]: \t/srv/app/main.go:10");
        assert_eq!(&*line(b"panic: a#011b"), b"panic: a#011b");
    }

    #[test]
    fn test_output_is_the_line_in_it() {
        assert_eq!(
            test_output(b"{\"Action\":\"output\",\"Output\":\"panic: boom\\n\"}"),
            Some(b"panic: boom".to_vec())
        );
    }
}
