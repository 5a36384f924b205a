//! Envelopes that are text in front of the line: CRI, syslog, Logstash's plain codec.

use super::facts::{Facts, Slot, Value};
use super::time;
use crate::records;
use crate::text::{after, part, rest};

/// Bytes that a header's word may have; looking further would cost on lines that are none.
const WORD: usize = 255;

/// `2026-11-21T00:20:45.12+05:30 stderr F panic: boom`: containerd, CRI-O.
pub fn cri<'t>(text: &'t [u8], facts: &mut Facts<'t>) -> Option<Value<'t>> {
    let (at, tail) = clock(text)?;
    let (stream, tail) = word(tail)?;
    let (tag, line) = match tail.iter().position(|b| *b == b' ') {
        Some(end) => (part(tail, 0, end), rest(tail, end + 1)),
        None => (tail, &b""[..]),
    };
    let partial = part(tag, 0, tag.iter().position(|b| *b == b':').unwrap_or(tag.len()));
    if !matches!(stream, b"stdout" | b"stderr") || !matches!(partial, b"P" | b"F") {
        return None;
    }
    facts.set(Slot::Time, Value::Text(at));
    facts.set(Slot::Stream, Value::Text(stream));
    facts.set(Slot::Tag, Value::Text(partial));
    Some(Value::Text(line))
}

/// `2026-11-21T00:20:45.120364667Z {name=node-7} panic: boom`; `%{host}` where the event has none.
pub fn logstash_plain<'t>(text: &'t [u8], facts: &mut Facts<'t>) -> Option<Value<'t>> {
    let (at, tail) = clock(text)?;
    let line = match after(tail, b"%{host} ") {
        Some(line) => line,
        None => {
            let (host, line) = after(tail, b"{name=").and_then(|tail| until(tail, b'}'))?;
            facts.set(Slot::Host, Value::Text(host));
            after(line, b" ")?
        }
    };
    facts.set(Slot::Time, Value::Text(at));
    Some(Value::Text(line))
}

/// RFC 5424, RFC 3164, and the same behind an RFC 3339 time, as rsyslog and syslog-ng write by default.
pub fn syslog<'t>(text: &'t [u8], facts: &mut Facts<'t>) -> Option<Value<'t>> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let (priority, tail) = match after(text, b"<").and_then(|tail| until(tail, b'>')) {
        Some((number, tail)) if number.len() <= 3 && number.iter().all(u8::is_ascii_digit) => (true, tail),
        _ => (false, text),
    };
    if let Some(tail) = after(tail, b"1 ").filter(|_| priority) {
        return rfc5424(tail, facts);
    }
    let (time, tail) = match records::syslog_clock(tail) {
        true => (&b""[..], rest(tail, 16)),
        false => clock(tail)?,
    };
    let (host, tail) = word(tail)?;
    let (tag, line) = word(tail).or(Some((tail, &b""[..])))?;
    let tag = tag.strip_suffix(b":")?;
    let (program, pid) = match tag.strip_suffix(b"]").and_then(|tag| until(tag, b'[')) {
        Some((program, pid)) => (program, pid),
        // Loggers write a time, a level and a source, too. Only syslog writes a priority, no year, or µs with a zone.
        None if priority || time.is_empty() || of_daemon(time) && !records::is_level(host) => (tag, &b""[..]),
        None => return None,
    };
    header(facts, time, [host, program, pid]);
    Some(Value::Text(line))
}

/// `2026-11-21T00:20:45Z node-7 cart 42 - - panic: boom`, behind `<14>1 `.
fn rfc5424<'t>(text: &'t [u8], facts: &mut Facts<'t>) -> Option<Value<'t>> {
    let (time, tail) = word(text)?;
    let (host, tail) = word(tail)?;
    let (program, tail) = word(tail)?;
    let (pid, tail) = word(tail)?;
    let (_, tail) = word(tail)?;
    header(facts, time, [host, program, pid]);
    let line = match tail.first() {
        Some(b'-') => rest(tail, 1),
        _ => structured_data(tail),
    };
    Some(Value::Text(after(line, b" ").unwrap_or(line)))
}

/// What follows `[id name="value \] value"][id …]`.
fn structured_data(text: &[u8]) -> &[u8] {
    let mut tail = text;
    while let Some(inner) = after(tail, b"[") {
        let closes = |at: &usize| inner.get(*at) == Some(&b']') && inner.get(at.wrapping_sub(1)) != Some(&b'\\');
        let Some(end) = memchr::memchr_iter(b']', inner).find(closes) else { return text };
        tail = rest(inner, end + 1);
    }
    tail
}

/// `2026-11-21T00:20:45.120249+00:00`, as rsyslog and syslog-ng write it.
fn of_daemon(time: &[u8]) -> bool {
    time.len() == 32 && time.get(19) == Some(&b'.') && matches!(time.get(26), Some(b'+' | b'-'))
}

fn header<'t>(facts: &mut Facts<'t>, time: &'t [u8], place: [&'t [u8]; 3]) {
    let slots = [Slot::Host, Slot::Program, Slot::Pid];
    for (slot, text) in slots.into_iter().zip(place).filter(|(_, text)| !matches!(*text, b"" | b"-")) {
        facts.set(slot, Value::Text(text));
    }
    facts.set(Slot::Time, if time.is_empty() { Value::None } else { Value::Text(time) });
}

/// A time and what follows it.
fn clock(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if text.get(4) != Some(&b'-') || text.get(10) != Some(&b'T') {
        return None;
    }
    let (at, tail) = word(text)?;
    time::parse(Value::Text(at)).map(|_| (at, tail))
}

fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    until(text, b' ')
}

fn until(text: &[u8], mark: u8) -> Option<(&[u8], &[u8])> {
    let end = part(text, 0, WORD).iter().position(|b| *b == mark)?;
    Some((part(text, 0, end), rest(text, end + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Form = for<'t> fn(&'t [u8], &mut Facts<'t>) -> Option<Value<'t>>;

    fn read(form: Form, text: &str) -> Option<[String; 4]> {
        let mut facts = Facts::default();
        let line = form(text.as_bytes(), &mut facts)?.text();
        let fact = |slot| String::from_utf8_lossy(&facts.text(slot)).into_owned();
        Some([fact(Slot::Host), fact(Slot::Program), fact(Slot::Pid), String::from_utf8_lossy(&line).into_owned()])
    }

    #[test]
    fn syslog_in_its_three_forms() {
        let of = |text| read(syslog, text);
        let expected = Some(["node-7", "cart", "42", "panic: boom"].map(str::to_owned));
        assert_eq!(of("<14>1 2026-11-21T00:20:45Z node-7 cart 42 - - panic: boom"), expected);
        assert_eq!(of("<14>1 2026-11-21T00:20:45Z node-7 cart 42 - [a b=\"c\\]\"][d] panic: boom"), expected);
        assert_eq!(of("<14>Nov 21 00:20:45 node-7 cart[42]: panic: boom"), expected);
        assert_eq!(of("2026-11-21T00:20:45+00:00 node-7 cart[42]: panic: boom\n"), expected);
    }

    #[test]
    fn a_logger_s_time_and_level_are_no_syslog() {
        assert_eq!(read(syslog, "2026-11-21T00:20:45Z ERROR http: panic serving 10.0.0.1:5: boom"), None);
    }

    #[test]
    fn cri_tags_come_alone_or_with_others() {
        let of = |text| read(cri, text).map(|[.., line]| line);
        assert_eq!(of("2026-11-21T00:20:45Z stderr F \tmain.go:3").as_deref(), Some("\tmain.go:3"));
        assert_eq!(of("2026-11-21T00:20:45Z stderr F").as_deref(), Some(""));
        assert_eq!(of("2026-11-21T00:20:45Z stderr P:x panic: ").as_deref(), Some("panic: "));
        assert_eq!(of("2026-11-21T00:20:45Z level F x"), None);
    }
}
