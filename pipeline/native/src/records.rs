//! How log records begin, whoever writes them: what tells the next record from a value that goes on.

use crate::text::{after, part, rest, trim};

/// A line that a logger began: JSON, a clock in front, klog, logfmt, `[INFO]`.
pub fn log_record(line: &[u8]) -> bool {
    let line = trim(line);
    let mut bytes = line.iter();
    match bytes.next() {
        Some(b'{') => line.get(1) == Some(&b'"'),
        Some(b'0'..=b'9') => clock(line) || access_log(line),
        Some(b'I' | b'W' | b'E' | b'F' | b'D') if klog(line) => true,
        Some(b'[') => level(rest(line, 1)) || clock(rest(line, 1)),
        Some(b't' | b'l' | b'm' | b'c') => structured(line),
        Some(_) => level(line) || syslog_clock(line),
        None => false,
    }
}

/// JSON or logfmt: escapes in it belong to its strings.
pub fn structured(line: &[u8]) -> bool {
    let line = trim(line);
    line.starts_with(b"{") || LOGFMT.iter().any(|key| line.starts_with(key))
}

/// Keys that logfmt lines begin with.
const LOGFMT: [&[u8]; 6] = [b"time=", b"ts=", b"level=", b"lvl=", b"msg=", b"caller="];

/// `2026-03-01T…`, `2026/03/01 …`, `12:00:01…`, `03-14 09:26:53`.
fn clock(line: &[u8]) -> bool {
    let shape: Vec<u8> = line.iter().take(10).map(|b| if b.is_ascii_digit() { b'9' } else { *b }).collect();
    [&b"9999-99-99"[..], b"9999/99/99", b"99:99:99", b"99-99 99:", b"99/99/9999"]
        .iter()
        .any(|clock| shape.starts_with(clock))
}

/// `10.0.0.1 - - [01/Mar/2026:12:00:00 +0000] "GET / HTTP/1.1" 200`
fn access_log(line: &[u8]) -> bool {
    let host = line.iter().take_while(|b| b.is_ascii_digit() || matches!(b, b'.' | b':')).count();
    part(line, host, host + 3) == b" - "
}

/// `E1121 01:37:48.006095`; CockroachDB writes the year, too.
pub fn klog(line: &[u8]) -> bool {
    let digits = rest(line, 1).iter().take_while(|b| b.is_ascii_digit()).count();
    let clock = rest(line, 1 + digits);
    matches!(digits, 4 | 6)
        && clock.first() == Some(&b' ')
        && part(clock, 1, 3).iter().all(u8::is_ascii_digit)
        && clock.get(3) == Some(&b':')
}

/// A level, and nothing else.
pub fn is_level(word: &[u8]) -> bool {
    level(&[word, b" "].concat()) || matches!(word.first(), Some(b'['))
}

fn level(line: &[u8]) -> bool {
    const LEVELS: [&[u8]; 14] = [
        b"TRACE", b"DEBUG", b"INFO", b"WARN", b"ERROR", b"FATAL", b"PANIC", b"DPANIC", b"trace", b"debug", b"info",
        b"warn", b"error", b"fatal",
    ];
    LEVELS.iter().any(|level| {
        after(line, level).is_some_and(|tail| matches!(tail.first(), Some(b']' | b':' | b' ' | b'\t' | b'[')))
    })
}

const MONTHS: [&[u8]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// Syslog's `Mar  1 12:00:08 `.
pub fn syslog_clock(line: &[u8]) -> bool {
    MONTHS.iter().any(|name| line.starts_with(name)) && line.get(3) == Some(&b' ') && line.get(9) == Some(&b':')
}

/// Prefixes of collectors and loggers: clocks, hosts, process ids, levels, containers; no words of a sentence.
pub fn machine_made(prefix: &[u8]) -> bool {
    const WORDS: [&[u8]; 8] = [b"stderr", b"stdout", b"F", b"P", b"UTC", b"|", b">", b"Go"];
    let made = |word: &[u8]| {
        let marked = word.iter().any(|b| b.is_ascii_digit() || matches!(b, b'[' | b']' | b'|' | b'_' | b'-' | b'>'));
        let short = word.ends_with(b":") && word.len() < 16;
        marked || short || WORDS.contains(&word) || level(&[word, b" "].concat()) || MONTHS.contains(&word)
    };
    let quotes = prefix.iter().filter(|b| matches!(b, b'"' | b'`')).count();
    quotes % 2 == 0 && prefix.split(|b| matches!(b, b' ' | b'\t')).filter(|w| !w.is_empty()).all(made)
}

/// What the go tool prints behind a crash of its child.
pub fn trailer(line: &[u8]) -> bool {
    [&b"exit status "[..], b"FAIL", b"signal: ", b"Aborted"].iter().any(|start| line.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_records_are_told_from_continued_values() {
        for line in [
            &b"{\"level\":\"info\"}"[..],
            b"2026/11/21 01:37:56 served",
            b"E1121 01:37:48.006095   12211 main.go:28] x",
            b"level=info msg=x",
            b"[INFO] x",
            b"Mar  1 12:00:08 node-7 app[1]: x",
            b"03-14 09:26:53.251  4242  4260 E Go      : x",
        ] {
            assert!(log_record(line), "{}", String::from_utf8_lossy(line));
        }
        for line in [&b"second line"[..], b"some normal log line", b"cpuid = 0", b"Error: x", b""] {
            assert!(!log_record(line), "{}", String::from_utf8_lossy(line));
        }
    }
}
