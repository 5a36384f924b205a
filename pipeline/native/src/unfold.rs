//! A whole trace in one line: the stack is a string in a JSON or logfmt record (zap, zerolog, logrus, slog, echo,
//! temporal, …), or a collector escaped the line feeds. The dialect of the stack is told by its shape, not by the
//! name of its field.

use crate::escapes::{closing_quote, unescape};
use crate::form::{Form, Found, Kind, Role};
use crate::forms;
use crate::limits::Limits;
use crate::loggers;
use crate::open::{Open, Verdict};
use crate::records;
use crate::shape;
use crate::text::{after, find, first_line, part, rest, trim, trim_left};
use crate::trace::Line;
use crate::trace::{Is, Trace};

static FIELD: Form = Form {
    mark: "",
    kind: Kind::Recovered,
    role: Role::Logger,
    sample: r#"{"level":"error","msg":"panic recovered","panic":"boom","stack":"goroutine 1 [running]:\n…"}"#,
};

/// Fields that hold the panic's value, best first.
const VALUES: [&[u8]; 11] = [
    b"panic", b"PanicError", b"exception.message", b"error.message", b"recover", b"recovered", b"reason", b"error",
    b"err", b"Error", b"cause",
];

/// Fields that hold the words of the log line itself.
const WORDS: [&[u8]; 4] = [b"msg", b"message", b"MESSAGE", b"body"];

/// A quoted string of a record, escapes still in it.
#[derive(Clone, Copy, Debug)]
struct Field<'t> {
    name: &'t [u8],
    value: &'t [u8],
}

/// The traces in `clean`, where it holds whole ones and their stack or words speak of a panic. A panic whose value is
/// such a record is a head like any other.
pub fn line(clean: &[u8], line: Line<'_>, limits: &Limits) -> Option<Vec<Trace>> {
    let stack_words = [&b"goroutine "[..], b"gopanic", b" [panic]:"].iter().any(|word| find(clean, word).is_some());
    if !stack_words || !escaped(clean) {
        return None;
    }
    let fields = fields(clean);
    let field = stack_field(&fields);
    let announces = forms::find_head(clean).is_some_and(|head| head.at == 0 && head.form.role == Role::Head);
    if announces && field.is_some() {
        return None;
    }
    let (front, stack) = match field {
        Some(field) => split(&unescape_all(field.value)),
        None => split(&unescape(clean)),
    }
    .or_else(|| frame_list(&fields).map(|stack| (Vec::new(), stack)))?;
    let words = words(clean, &fields);
    if let Some(report) = whole_report(&front, &stack, line, limits) {
        return Some(vec![report]);
    }
    let value = value(clean, &fields, &front);
    let (first, more) = value.split_at(memchr::memchr(b'\n', &value).unwrap_or(value.len()));
    let head = Found { form: &FIELD, at: 0, value: 0 };
    let told = trace(head, first, &[more, b"\n", &stack].concat(), line, limits);
    told.filter(|trace| shows_panic(trace) || speaks_of_panic(&front, &words)).map(|trace| vec![trace])
}

/// The panic's value and the stack in the fields of an application's record, where it holds a stack.
pub fn parts(clean: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let fields = fields(clean);
    let field = stack_field(&fields)?;
    let (front, stack) = split(&unescape_all(field.value))?;
    Some((value(clean, &fields, &front), stack))
}

/// A runtime's own report in one record: the process died, whoever carried its lines.
fn whole_report(front: &[u8], stack: &[u8], line: Line<'_>, limits: &Limits) -> Option<Trace> {
    let front = front.trim_ascii_start();
    let first = first_line(front);
    let head = forms::find_head(first)?;
    let died = head.form.role != Role::Logger && records::machine_made(part(front, 0, head.at));
    let text = [rest(front, first.len()), stack].concat();
    if died { trace(head, first, &text, line, limits) } else { None }
}

fn escaped(text: &[u8]) -> bool {
    [&b"\\n"[..], b"#012", b"\"func\":"].iter().any(|mark| find(text, mark).is_some())
}

/// The string that holds a stack, unescaped; a goroutine dump goes before a list of callers.
fn stack_field<'f, 't>(fields: &'f [Field<'t>]) -> Option<&'f Field<'t>> {
    let holds = |mark: &[u8]| fields.iter().find(|f| find(f.value, mark).is_some() && escaped(f.value));
    holds(b"goroutine ").or_else(|| holds(b"runtime.gopanic")).or_else(|| holds(b" [panic]:\\n"))
}

/// What the logger itself says: its message, and `panic` where a field bears that name.
fn words(clean: &[u8], fields: &[Field<'_>]) -> Vec<u8> {
    let said = fields.iter().filter(|f| WORDS.contains(&f.name)).map(|f| part(f.value, 0, MESSAGE_BYTES));
    let named = fields.iter().map(|f| f.name).filter(|name| name.eq_ignore_ascii_case(b"panic"));
    let bare = find(clean, b"msg=panic").map(|_| &b"panic"[..]);
    said.chain(named).chain(bare).collect::<Vec<_>>().join(&b' ')
}

/// Bytes of a logger's message that are read for what it is about.
const MESSAGE_BYTES: usize = 200;

/// Longest goroutine header and field name that are looked at; both are short, and a line may be a megabyte.
const HEADER_BYTES: usize = 1024;

/// What stands before the stack, and the stack. Temporal puts a line of its own in place of the goroutine header:
/// `coroutine root [panic]:`.
fn split(text: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut from = 0;
    while let Some(at) = find(rest(text, from), b"goroutine ") {
        let start = from + at;
        let line = part(text, start, start + HEADER_BYTES);
        let end = memchr::memchr(b'\n', line).unwrap_or(line.len());
        if shape::header(part(line, 0, end)).is_some() {
            return Some((part(text, 0, start).to_vec(), rest(text, start).to_vec()));
        }
        from = start + 1;
    }
    if let Some(at) = find(text, b" [panic]:\n") {
        return Some((part(text, 0, at + 8).to_vec(), rest(text, at + 10).to_vec()));
    }
    find(text, b"runtime.gopanic\n").map(|_| (Vec::new(), text.to_vec()))
}

/// pkg/errors' marshaler: `[{"func":"(*Order).CustomerName","line":"14","source":"main.go"}, …]`.
fn frame_list(fields: &[Field<'_>]) -> Option<Vec<u8>> {
    let of = |name: &'static [u8]| fields.iter().filter(move |f| f.name == name).map(|f| f.value);
    let mut stack = Vec::new();
    for ((function, number), source) in of(b"func").zip(of(b"line")).zip(of(b"source")) {
        stack.extend_from_slice(&[function, b"()\n\t", source, b":", number, b"\n"].concat());
    }
    (find(&stack, b"gopanic").is_some()).then_some(stack)
}

/// The panic's value: what the logger says in front of the stack, else a field, else the log line's words.
fn value(clean: &[u8], fields: &[Field<'_>], front: &[u8]) -> Vec<u8> {
    let front = trim_lines(front);
    if let Some(head) = forms::find_head(front) {
        return trim_lines(loggers::value(head.form, rest(front, head.value))).to_vec();
    }
    let of = |name: &&[u8]| fields.iter().find(|f| f.name == *name && find(f.value, b"goroutine ").is_none());
    let quoted = VALUES.iter().find_map(of);
    let bare = if quoted.is_none() { unquoted(clean) } else { None };
    match quoted.or_else(|| if bare.is_none() { WORDS.iter().find_map(of) } else { None }) {
        Some(field) => unescape_all(field.value),
        None => bare.unwrap_or(front).to_vec(),
    }
}

/// logfmt leaves values without blanks unquoted: `err=boom`.
fn unquoted(clean: &[u8]) -> Option<&[u8]> {
    VALUES.iter().find_map(|name| {
        let at = find(clean, &[b" ", *name, b"="].concat())? + name.len() + 2;
        let value = Some(rest(clean, at)).filter(|value| !value.starts_with(b"\""))?;
        Some(part(value, 0, value.iter().position(|b| *b == b' ').unwrap_or(value.len())))
    })
}

fn trim_lines(text: &[u8]) -> &[u8] {
    let text = trim(text);
    let end = text.iter().rev().take_while(|b| b.is_ascii_whitespace()).count();
    part(text, 0, text.len() - end)
}

/// Assembles the lines of one record. They are not looked into for further records: a text may hold itself.
fn trace(head: Found, first: &[u8], text: &[u8], line: Line<'_>, limits: &Limits) -> Option<Trace> {
    let mut open = Open::new(head, first, Line { time: 0, ..line });
    open.take_head(first, head, line.place.offset);
    for text in text.strip_prefix(b"\n").unwrap_or(text).split(|b| *b == b'\n') {
        if matches!(open.step(text, Line { text, time: 0, ..line }, limits), Verdict::Ends | Verdict::Drops) {
            break;
        }
    }
    open.close().map(|mut trace| {
        trace.time = line.time;
        trace
    })
}

fn shows_panic(trace: &Trace) -> bool {
    trace.lines.iter().any(|l| l.is == Is::Func && crate::classes::raises(trace.name(l)))
}

/// An error that is logged with the stack of its logger is no panic; one whose words speak of a panic is.
fn speaks_of_panic(front: &[u8], words: &[u8]) -> bool {
    let panic = |text: &[u8]| text.windows(5).any(|word| word.eq_ignore_ascii_case(b"panic"));
    forms::find_head(front).is_some() || panic(front) || panic(words)
}

/// Every quoted string with its name: JSON members, and logfmt's `name="…"`. Tolerates records that are cut.
fn fields(text: &[u8]) -> Vec<Field<'_>> {
    let mut found = Vec::new();
    let (mut at, mut member, mut error): (usize, &[u8], bool) = (0, b"", false);
    while let Some(open) = memchr::memchr(b'"', rest(text, at)).map(|n| at + n) {
        error &= memchr::memchr(b'}', part(text, at, open)).is_none();
        let close = closing_quote(text, open + 1);
        let value = part(text, open + 1, close);
        at = close + 1;
        if trim_left(rest(text, at)).first() == Some(&b':') {
            member = value;
            error |= matches!(value, b"error" | b"err" | b"exception") && opens_object(rest(text, at));
        } else if error && matches!(member, b"message" | b"msg") {
            found.push(Field { name: b"error", value });
        } else {
            let name = if open > 0 && text.get(open - 1) == Some(&b'=') { word_before(text, open - 1) } else { member };
            found.push(Field { name, value });
        }
    }
    found
}

/// Behind a member's name: `: {`. ECS and slog's groups hold an error's text and stack in one object.
fn opens_object(behind: &[u8]) -> bool {
    after(trim_left(behind), b":").is_some_and(|value| trim_left(value).first() == Some(&b'{'))
}

fn word_before(text: &[u8], end: usize) -> &[u8] {
    let near = part(text, end.saturating_sub(HEADER_BYTES), end);
    let length = near.iter().rev().take_while(|b| !matches!(b, b' ' | b'\t' | b',' | b'[' | b'"')).count();
    part(text, end - length, end)
}

/// Escapes undone, layer by layer, as long as line feeds are still spelled out.
fn unescape_all(text: &[u8]) -> Vec<u8> {
    let mut out = unescape(text);
    for _ in 0..2 {
        if memchr::memchr(b'\n', &out).is_some() || !escaped(&out) {
            break;
        }
        out = unescape(&out);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_json_and_logfmt_have_names() {
        let of = |text: &'static [u8]| fields(text).iter().map(|f| (f.name, f.value)).collect::<Vec<_>>();
        assert_eq!(
            of(b"{\"level\":\"error\",\"stack\": \"a\\\"b\"}"),
            [(&b"level"[..], &b"error"[..]), (b"stack", b"a\\\"b")]
        );
        assert_eq!(of(b"time=\"x\" level=error stack=\"y\""), [(&b"time"[..], &b"x"[..]), (b"stack", b"y")]);
        assert_eq!(of(b"{\"stack\":\"cut of"), [(&b"stack"[..], &b"cut of"[..])]);
        assert_eq!(
            of(b"{\"error\": {\"message\":\"boom\"},\"message\":\"x\"}"),
            [(&b"error"[..], &b"boom"[..]), (b"message", b"x")]
        );
    }
}
