//! What one line of a trace is, by its shape alone. Sources: `runtime/traceback.go`, `runtime/print.go`,
//! `runtime/signal_*.go` of Go 1.0 to 1.27.

use crate::text::{after, find, number, part, rest, trim_right};
use memchr::{memchr, memrchr};

/// A goroutine header: `goroutine 7 [chan receive, 3 minutes]:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'t> {
    /// Goroutine id; 0 is a scheduler stack.
    pub id: u64,
    /// Status without what follows the first comma.
    pub state: &'t [u8],
    /// Minutes blocked; 0 where none are printed.
    pub minutes: u64,
}

/// Reads a goroutine header at the start of `line`, which holds nothing else.
///
/// Go 1.22+ prints `gp=0x… m=… mp=0x…` in front of the bracket, Go 1.26 labels in it, Go 1.27+ labels behind it.
pub fn header(line: &[u8]) -> Option<Header<'_>> {
    let (id, tail) = number(after(line, b"goroutine ")?)?;
    let tail = after(tail, b" ")?;
    let open = memchr(b'[', tail)?;
    if open > 0 && !tail.starts_with(b"gp=") {
        return None;
    }
    let line_end = trim_right(rest(tail, open + 1));
    let inside = line_end.strip_suffix(b":")?;
    let close = match memrchr(b']', inside) {
        Some(at) if at + 1 == inside.len() => at,
        Some(_) => find(inside, b"] {").filter(|_| inside.ends_with(b"}"))?,
        None => return None,
    };
    Some(status(id, part(inside, 0, close)))
}

fn status(id: u64, inside: &[u8]) -> Header<'_> {
    let Some(comma) = memchr(b',', inside) else {
        let labels = find(inside, b" labels:{").unwrap_or(inside.len());
        return Header { id, state: part(inside, 0, labels), minutes: 0 };
    };
    let bare = find(inside, b" labels:{").map_or(inside, |at| part(inside, 0, at));
    let minutes = find(bare, b" minutes").map_or(0, |at| last_number(part(bare, 0, at)));
    Header { id, state: part(bare, 0, comma), minutes }
}

fn last_number(text: &[u8]) -> u64 {
    let digits = text.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    number(rest(text, text.len() - digits)).map_or(0, |(n, _)| n)
}

/// One line of a register dump: `rax    0x0`, two a line on ppc64, s390x, riscv64, loong64, mips.
pub fn registers(line: &[u8]) -> bool {
    if matches!(line.last(), Some(b' ' | b'\t')) {
        return false;
    }
    let mut words = line.split(|b| matches!(b, b' ' | b'\t')).filter(|w| !w.is_empty());
    let mut pairs = 0;
    while let Some(name) = words.next() {
        let value = words.next().unwrap_or_default();
        let named = name.len() <= 8 && name.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let named = named && name.first().is_some_and(u8::is_ascii_lowercase);
        if !named || value.len() < 3 || !value.starts_with(b"0x") || !rest(value, 2).iter().all(u8::is_ascii_hexdigit) {
            return false;
        }
        pairs += 1;
    }
    (1..=2).contains(&pairs)
}

/// `...additional frames elided...` (Go 1.3 to 1.20), `...12 frames elided...` (Go 1.21+).
pub fn elided(line: &[u8]) -> bool {
    line.starts_with(b"...") && line.ends_with(b"frames elided...")
}

/// What a person or a log store leaves where it cut: `...`, `.....`, `[...]`.
pub fn snipped(line: &[u8]) -> bool {
    let dots = line.iter().filter(|b| **b == b'.').count();
    dots >= 3 && line.iter().all(|b| matches!(b, b'.' | b'[' | b']' | b'(' | b')' | b' '))
}

/// Lines the runtime prints inside a trace that are neither header nor frame.
pub fn note(line: &[u8]) -> bool {
    const STARTS: [&[u8]; 12] = [
        b"goroutine running on other thread; stack unavailable",
        b"-----",
        b"non-Go function",
        b"pc=0x",
        b"runtime: ",
        b"stack: frame={",
        b"0x0000",
        b"0x7f",
        b"PC=0x",
        b"signal arrived during ",
        b"instruction bytes:",
        b"called from ",
    ];
    STARTS.iter().any(|start| line.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_every_go_version_are_read() {
        let rows: [(&[u8], u64, &[u8], u64); 9] = [
            (b"goroutine 1 [running]:", 1, b"running", 0),
            (b"goroutine 18 [chan receive, 12 minutes]:", 18, b"chan receive", 12),
            (b"goroutine 17 [running, locked to thread]:", 17, b"running", 0),
            (b"goroutine 1 gp=0xc000002380 m=0 mp=0x5a2f60 [running]:", 1, b"running", 0),
            (b"goroutine 2 gp=0xc000002e00 m=nil [force gc (idle)]:", 2, b"force gc (idle)", 0),
            (b"goroutine 7 [select (durable), 2 minutes, synctest bubble 4]:", 7, b"select (durable)", 2),
            (b"goroutine 1 [running labels:{\"req id\": \"42/a b\"}]:", 1, b"running", 0),
            (b"goroutine 1 [running] {\"req id\": \"42/a b\", tenant: acme}:", 1, b"running", 0),
            (b"goroutine 1 [running]:\t ", 1, b"running", 0),
        ];
        for (line, id, state, minutes) in rows {
            assert_eq!(header(line), Some(Header { id, state, minutes }));
        }
    }

    #[test]
    fn words_about_goroutines_are_no_headers() {
        for line in [
            &b"goroutine 12 [running]: (quoted from ticket 881)"[..],
            b"goroutine no-number [running]:",
            b"goroutine [running]:",
            b"goroutine profile: total 7046",
            b"goroutine to watchExperiments has terminated",
            b"goroutine 5 is [stuck]:",
        ] {
            assert_eq!(header(line), None, "{}", String::from_utf8_lossy(line));
        }
    }
}
