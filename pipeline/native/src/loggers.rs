//! Servers, middlewares and loggers that recover a panic and log it, a row each. A new one is a new row with
//! its sample. Sources: the newest public version of each library, and real runs.

use crate::form::{Form, Found, Kind, Role};
use crate::records;
use crate::text::{Words, after, find, part, rest, searcher, trim};

/// Where a logger's line holds the panic value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    /// Everything behind the mark.
    Behind,
    /// Behind an address and a colon: `127.0.0.1:51590: boom`.
    BehindAddress,
    /// klog: `"boom" (boom)`, the `%#v` and the `%v` form.
    Twice,
    /// In the field `panic="…"`.
    Field,
    /// In the lines that follow, before the first frame.
    NextLines,
    /// Behind the word, in a line of `testing`: `testing.go:2078: panic: boom`.
    BehindWord,
    /// Behind the source position of a klog header: `main.go:29] boom`.
    BehindSource,
}

struct Logger {
    form: Form,
    value: Value,
    /// The line alone says that something panicked, even where no stack follows it.
    alone: bool,
}

const fn logger(mark: &'static str, kind: Kind, value: Value, sample: &'static str) -> Logger {
    Logger { form: Form { mark, kind, role: Role::Logger, sample }, value, alone: false }
}

const fn alone(row: Logger) -> Logger {
    Logger { alone: true, ..row }
}

use Kind::Recovered;

static LOGGERS: [Logger; 12] = [
    alone(logger(
        "http: panic serving ",
        Recovered,
        Value::BehindAddress,
        "2026/11/21 00:54:53 http: panic serving 127.0.0.1:51590: boom",
    )),
    alone(logger(
        "http2: panic serving ",
        Recovered,
        Value::BehindAddress,
        "2026/11/21 00:54:53 http2: panic serving 127.0.0.1:51590: boom",
    )),
    alone(logger(
        "Observed a panic: ",
        Recovered,
        Value::Twice,
        "E1121 01:37:48.006095   12211 main.go:28] Observed a panic: \"boom\" (boom)",
    )),
    alone(logger(
        "\"Observed a panic\" ",
        Recovered,
        Value::Field,
        "E1121 01:37:48.230542   12241 main.go:28] \"Observed a panic\" panic=\"boom\" stacktrace=<",
    )),
    logger("Observed a panic in reconciler: ", Recovered, Value::Behind, "Observed a panic in reconciler: boom"),
    logger("[PANIC RECOVER] ", Recovered, Value::Behind, "[PANIC RECOVER] boom goroutine 1 [running]:"),
    logger(
        "panic recovered:",
        Recovered,
        Value::NextLines,
        "2026/11/21 01:37:50 [Recovery] 2026/11/21 - 01:37:50 panic recovered:",
    ),
    logger("recovered panic: ", Recovered, Value::Behind, "recovered panic: boom"),
    logger("panic caught: ", Recovered, Value::Behind, "panic caught: boom"),
    logger("recovered from panic: ", Recovered, Value::Behind, "recovered from panic: boom"),
    logger(
        "testing.go:",
        Recovered,
        Value::BehindWord,
        "        testing.go:2078: panic: runtime error: index out of range [2] with length 2",
    ),
    logger(
        "] ",
        Kind::LogFatal,
        Value::BehindSource,
        "F1121 01:37:48.969377   12385 main.go:29] unable to load configmap: not found",
    ),
];

/// True where that logger's line needs no stack behind it.
pub fn says_all(form: &Form) -> bool {
    row_of(form).is_some_and(|row| row.alone)
}

fn row_of(form: &Form) -> Option<&'static Logger> {
    LOGGERS.iter().find(|row| std::ptr::eq(row.form.mark, form.mark))
}

/// Finds a logger's announcement in `line`.
pub fn find_head(line: &[u8]) -> Option<Found> {
    static MARKS: Words = Words::new(|| searcher(&LOGGERS.each_ref().map(|row| row.form.mark)));
    if !MARKS.any_in(line) {
        return None;
    }
    LOGGERS.iter().find_map(|row| {
        let at = find(line, row.form.mark.as_bytes())?;
        let behind = at + row.form.mark.len();
        let value = match row.value {
            Value::Behind | Value::Twice | Value::Field => behind,
            Value::NextLines => (trim(rest(line, behind)).is_empty() && at > 0).then_some(line.len())?,
            Value::BehindWord => behind + find(rest(line, behind), b": panic: ")? + 9,
            Value::BehindAddress => behind + find(rest(line, behind), b": ")? + 2,
            Value::BehindSource => klog_fatal(line, at).then_some(behind)?,
        };
        Some(Found { form: &row.form, at: start(row, line, at), value })
    })
}

/// A klog header is the logger's own; any other text in front is a prefix.
fn start(row: &Logger, line: &[u8], at: usize) -> usize {
    if row.value == Value::BehindSource { klog_header(line).unwrap_or(at) } else { at }
}

fn klog_fatal(line: &[u8], bracket: usize) -> bool {
    klog_header(line).is_some_and(|header| {
        line.get(header) == Some(&b'F') && header < bracket && find(part(line, header, bracket), b".go:").is_some()
    })
}

/// Start of `F1121 01:37:48.969377` in the line.
fn klog_header(line: &[u8]) -> Option<usize> {
    (0..line.len().min(80)).find(|at| {
        let text = rest(line, *at);
        matches!(text.first(), Some(b'E' | b'F' | b'W' | b'I'))
            && records::klog(text)
            && (*at == 0 || line.get(*at - 1) == Some(&b' '))
    })
}

/// The panic value that `line` holds at `value`, as that logger writes it.
pub fn value<'t>(form: &Form, behind: &'t [u8]) -> &'t [u8] {
    match row_of(form).map(|row| row.value) {
        Some(Value::Twice) => twice(behind),
        Some(Value::Field) => after(behind, b"panic=\"").map_or(behind, quoted),
        _ => behind,
    }
}

/// The value among the lines that a logger printed before the first frame: gin dumps the request first.
pub fn settled<'t>(form: &Form, lines: &'t [u8]) -> &'t [u8] {
    if row_of(form).is_none_or(|row| row.value != Value::NextLines) {
        return lines;
    }
    let lines = lines.trim_ascii();
    let last = (0..lines.len()).rev().find(|at| part(lines, *at, at + 2) == b"\n\n");
    last.map_or(lines, |at| rest(lines, at + 2)).trim_ascii()
}

/// Bytes of a value within which its two forms are looked for.
const TWICE_BYTES: usize = 4096;

/// `"boom" (boom)` or `runtime.errorString("x") (x)`: the form in parentheses is the panic's own text.
fn twice(value: &[u8]) -> &[u8] {
    match value.strip_suffix(b")").filter(|inside| inside.len() < TWICE_BYTES) {
        Some(inside) => (0..inside.len())
            .filter(|at| part(inside, *at, at + 2) == b" (")
            .take(8)
            .map(|at| rest(inside, at + 2))
            .find(|text| same_value(value, text))
            .unwrap_or(value),
        None => value,
    }
}

fn same_value(whole: &[u8], inside: &[u8]) -> bool {
    let bare = after(inside, b"runtime error: ").unwrap_or(inside);
    find(part(whole, 0, whole.len().saturating_sub(inside.len() + 2)), bare).is_some()
        || inside.starts_with(b"runtime error: ")
}

/// Text up to the closing quote.
pub fn quoted(text: &[u8]) -> &[u8] {
    let end = (0..text.len())
        .find(|at| text.get(*at) == Some(&b'"') && at.checked_sub(1).and_then(|b| text.get(b)) != Some(&b'\\'));
    part(text, 0, end.unwrap_or(text.len()))
}

/// What a line right before a goroutine dump says of the panic, where it speaks of one:
/// `recovered: boom`, `2026/11/21 01:24:02 panic: boom`, `ERROR panic recovered {"panic": "boom"}`.
/// Start of the value; the end of the line where there is none.
pub fn announcement(line: &[u8]) -> Option<usize> {
    let word = (0..line.len()).find(|at| {
        [&b"panic"[..], b"recover", b"crashed"]
            .iter()
            .any(|word| part(line, *at, at + word.len()).eq_ignore_ascii_case(word))
    })?;
    Some(find(rest(line, word), b": ").map_or(line.len(), |colon| word + colon + 2))
}

/// Start and length of the value in that line, which begins at `at`: a quoted one ends at its quote, another in
/// front of a tab, behind which zap's console writer puts its fields.
pub fn announced(line: &[u8], at: usize) -> (usize, usize) {
    let value = rest(line, at);
    match after(value, b"\"") {
        Some(inside) => (at + 1, quoted(inside).len()),
        None => (at, memchr::memchr(b'\t', value).unwrap_or(value.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_finds_its_own_sample() {
        for row in &LOGGERS {
            let found = find_head(row.form.sample.as_bytes());
            assert_eq!(found.map(|f| f.form.mark), Some(row.form.mark), "{}", row.form.sample);
        }
    }

    #[test]
    fn klog_says_the_value_twice() {
        assert_eq!(
            twice(b"\"invalid memory address\" (runtime error: invalid memory address)"),
            b"runtime error: invalid memory address"
        );
        assert_eq!(twice(b"\"boom (3)\" (boom (3))"), b"boom (3)");
        assert_eq!(twice(b"plain"), b"plain");
    }
}
