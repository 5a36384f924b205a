//! The last of what stands between a record's text and the line that the program wrote: JSON's escapes, syslog's
//! escapes, colours, line ends, bytes that a shipper replaced.

use super::Entry;
use super::facts::{Slot, Value};
use crate::escapes;
use crate::records;
use crate::shape;
use crate::text::{find, part, rest, utf8};
use crate::unfold;
use crate::wash;
use std::borrow::Cow;

/// The text of an entry for the detector: lines with line feeds between, colours still in it.
pub fn text<'r>(entry: &Entry<'r>) -> Cow<'r, [u8]> {
    let text = without_line_end(entry.text.text());
    match entry.is_syslog() {
        true => broken_up(syslog(text)),
        false => text,
    }
}

/// A record whose value and stack are fields of the record itself, as one line of JSON that tells the same; `text` is
/// its text. Whether it is a panic's or an error's is for the detector to say.
pub fn fields(entry: &Entry<'_>, text: &[u8]) -> Option<Vec<u8>> {
    let stack = match entry.facts.get(Slot::Stack) {
        Value::None => return None,
        Value::Array(frames) => utf8(frames).into_owned(),
        stack => quoted(&stack.text()),
    };
    let told = ["goroutine ", "gopanic"].iter().any(|word| stack.contains(word));
    if !told || records::structured(text) {
        return None;
    }
    let (panic, error) = (entry.facts.text(Slot::PanicValue), entry.facts.text(Slot::ErrorText));
    let (name, value) = if panic.is_empty() { ("error", error) } else { ("panic", panic) };
    let value = if value.is_empty() { String::new() } else { format!(r#""{name}":{},"#, quoted(&value)) };
    Some(format!(r#"{{"msg":{},{value}"stack":{stack}}}"#, quoted(text)).into_bytes())
}

fn quoted(text: &[u8]) -> String {
    serde_json::to_string(&utf8(text)).unwrap_or_default()
}

/// A text as people read it: no colours, and U+FFFD for bytes that are no UTF-8.
pub fn readable(text: &[u8]) -> String {
    let text = wash::without_colours(text);
    let line = utf8(&text).replace('\r', "");
    line.chars().map(|c| if private(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Fluent Bit writes bad bytes as private-use characters: ff as U+E0FF.
fn private(c: char) -> bool {
    ('\u{e080}'..='\u{e0ff}').contains(&c)
}

fn without_line_end(text: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    let end = text.strip_suffix(b"\n").map_or(text.len(), |front| front.strip_suffix(b"\r").unwrap_or(front).len());
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(part(text, 0, end)),
        Cow::Owned(mut text) => {
            text.truncate(end);
            Cow::Owned(text)
        }
    }
}

/// Without the blank that parsers of RFC 3164 leave in front, and with `#011` as the tab it was.
fn syslog(text: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    let start = usize::from(text.first() == Some(&b' '));
    if find(&text, b"#0").is_none() && find(&text, b"#1").is_none() {
        return match text {
            Cow::Borrowed(text) => Cow::Borrowed(rest(text, start)),
            Cow::Owned(text) => Cow::Owned(rest(&text, start).to_vec()),
        };
    }
    let mut out = Vec::with_capacity(text.len());
    let mut at = start;
    while let Some(byte) = text.get(at) {
        match octal(part(&text, at, at + 4)) {
            Some(control) => {
                out.push(control);
                at += 4;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    Cow::Owned(out)
}

/// `#033`: rsyslog writes control bytes in octal.
fn octal(text: &[u8]) -> Option<u8> {
    let [b'#', digits @ ..] = text else { return None };
    let digit = |b: &u8| (b'0'..=b'7').contains(b).then(|| u32::from(b - b'0'));
    let [a, b, c] = digits else { return None };
    let value = digit(a)? * 64 + digit(b)? * 8 + digit(c)?;
    u8::try_from(value).ok().filter(|value| *value < 0x20 || *value == 0x7f)
}

/// A whole trace whose line feeds a daemon spelled out: `panic: boom\n\ngoroutine 1 [running]:\n…`. In a string of
/// JSON or logfmt they are the application's.
fn broken_up(text: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    let spelled = find(&text, b"\\n").is_some() && find(&text, b"\ngoroutine ").is_none() && holds_header(&text);
    if spelled && unfold::parts(&text).is_none() { Cow::Owned(escapes::unescape(&text)) } else { text }
}

fn holds_header(text: &[u8]) -> bool {
    find(text, b"goroutine ").is_some_and(|at| {
        let header = rest(text, at);
        shape::header(part(header, 0, find(header, b"\\n").unwrap_or(header.len()))).is_some()
    })
}
