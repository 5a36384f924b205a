//! One stream of lines in, traces out. A stream is idle until a line announces a crash; then [`Open`] takes lines
//! until the trace ends. Lines that turn out not to belong are ordinary again.

use crate::form::{Found, Kind, Role};
use crate::forms;
use crate::frame_line;
use crate::limits::Limits;
use crate::loggers;
use crate::open::{Open, Verdict};
use crate::records;
use crate::shape;
use crate::text::{Words, find, rest, searcher, trim, trim_left};
use crate::trace::{Is, Line, Trace};
use crate::unfold;
use crate::wash;

/// The assembler of one stream.
#[derive(Debug, Default)]
pub struct Stream {
    open: Option<Box<Open>>,
    last: Vec<u8>,
    last_offset: i64,
    speaks_of_panic: bool,
    closed_at: Option<i64>,
    swallowed: u64,
}

/// Bytes of the line before a dump that are remembered.
const LAST_BYTES: usize = 4096;

/// Times that one line is looked at: it may end a trace, begin another, and belong to that.
const LOOKS: usize = 4;

/// Lines behind a crash in which a goroutine dump of its own is the rest of it, and never a new crash.
const SWALLOW_LINES: i64 = 1000;

impl Stream {
    /// Takes the next line; finished traces go to `told`.
    pub fn line(&mut self, line: Line<'_>, limits: &Limits, told: &mut Vec<Trace>) {
        if self.open.is_none() && !self.speaks_of_panic && !may_begin(line.text) {
            self.remember(line.text, line.offset);
            return;
        }
        let clean = wash::line(line.text);
        for _ in 0..LOOKS {
            let Some(open) = &mut self.open else {
                if self.idle(&clean, line, limits, told) {
                    continue;
                }
                return;
            };
            match open.step(&clean, line, limits) {
                Verdict::Taken => return,
                Verdict::Foreign => {
                    let traces = unfold::line(&clean, line, limits);
                    self.remember(if traces.is_some() { b"" } else { &clean }, line.offset);
                    return told.extend(traces.into_iter().flatten());
                }
                Verdict::Ends => self.close(told),
                Verdict::Drops => self.open = None,
            }
        }
    }

    /// Ends what has waited long enough for further lines; `now` in nanoseconds of the stream's event time.
    pub fn advance(&mut self, now: i64, limits: &Limits, told: &mut Vec<Trace>) {
        if self.open.as_ref().is_some_and(|open| open.is_over(now, limits)) {
            self.close(told);
        }
    }

    /// Ends the stream.
    pub fn finish(&mut self, told: &mut Vec<Trace>) {
        self.close(told);
        self.speaks_of_panic = false;
        self.closed_at = None;
    }

    /// Lines that an open trace holds.
    pub fn open_lines(&self) -> u64 {
        self.open.as_ref().map_or(0, |open| open.trace.source_lines())
    }

    /// Says that a bound cut a line of the open trace.
    pub fn mark_limits(&mut self) {
        if let Some(open) = &mut self.open {
            open.trace.damage.limits = true;
        }
    }

    /// Lines that came after the end of the crash they belong to.
    pub fn swallowed(&self) -> u64 {
        self.swallowed
    }

    fn close(&mut self, told: &mut Vec<Trace>) {
        let Some(open) = self.open.take() else { return };
        let late = open.late && !open.shows_panic();
        let Some(trace) = open.close() else { return };
        if late {
            self.swallowed += trace.source_lines();
        } else {
            self.closed_at = trace.lines.last().map(|line| line.offset.max(trace.last_beyond));
            told.push(trace);
        }
    }

    /// Keeps the line for a dump that may follow; nothing where it belongs to a trace already.
    fn remember(&mut self, text: &[u8], offset: i64) {
        self.last.clear();
        self.last.extend_from_slice(text.get(..LAST_BYTES).unwrap_or(text));
        self.last_offset = offset;
        self.speaks_of_panic = false;
    }

    /// A line outside of any trace; true where it has to be looked at again, inside the one it opened.
    fn idle(&mut self, clean: &[u8], line: Line<'_>, limits: &Limits, told: &mut Vec<Trace>) -> bool {
        if let Some(traces) = unfold::line(clean, line, limits) {
            told.extend(traces);
            self.remember(b"", line.offset);
            return false;
        }
        if let Some(head) = forms::find_head(clean) {
            self.open = Some(Box::new(self.begin(clean, head, line)));
            self.remember(b"", line.offset);
            return false;
        }
        self.open = self.begin_headless(clean, line).map(Box::new);
        if self.open.is_some() {
            self.remember(b"", line.offset);
            return true;
        }
        self.remember(clean, line.offset);
        let frame = frame_line::bare_name(trim(clean)) || frame_line::place(clean).is_some();
        self.speaks_of_panic = !frame && loggers::announcement(clean).is_some();
        false
    }

    fn begin(&self, clean: &[u8], head: Found, line: Line<'_>) -> Open {
        let mut open = Open::new(head, clean, line);
        if head.form.role == Role::Race && find(&self.last, b"==================").is_some() {
            let text = find(&self.last, b"=").map_or(&[][..], |at| rest(&self.last, at));
            open.trace.push(Is::Section, trim(text), 0, 0, self.last_offset);
        }
        open.take_head(clean, head, line.offset);
        open
    }

    /// gorilla and others print the value alone, in the line above the dump.
    fn name_by_line_above(&self, open: &mut Open) {
        let wording = find(&self.last, b"runtime error: ");
        let plain =
            (!self.last.is_empty() && !records::log_record(&self.last) && self.last_offset + 1 == open.first_offset)
                .then_some(0);
        match wording.or(plain) {
            Some(value) => {
                let length = (self.last.len() - value) as u64;
                open.trace.push(Is::Head, &self.last, value, length, self.last_offset);
            }
            None => open.trace.damage.headless = true,
        }
    }

    /// A goroutine dump or a bare list of frames: a crash only if a line before speaks of a panic or a frame shows one.
    fn begin_headless(&self, clean: &[u8], line: Line<'_>) -> Option<Open> {
        let text = rest(clean, header_start(clean).unwrap_or(clean.len() - trim_left(clean).len()));
        let kind = match text {
            b"runtime stack:" => Kind::Fatal,
            _ if shape::header(text).is_some() => Kind::Recovered,
            _ if self.speaks_of_panic && frame_line::bare_name(trim(text)) => Kind::Recovered,
            _ if self.speaks_of_panic && frame_line::old_place(text).is_some() => Kind::Recovered,
            _ => return None,
        };
        let at = clean.len() - text.len();
        let head = Found { form: forms::headless(kind), at, value: at };
        let mut open = Open::new(head, clean, line);
        match loggers::announcement(&self.last).filter(|_| self.speaks_of_panic) {
            Some(value) => {
                let (value, length) = loggers::announced(&self.last, value);
                open.trace.push(Is::Head, &self.last, value, length as u64, self.last_offset);
            }
            None => {
                open.late = self.closed_at.is_some_and(|end| line.offset - end < SWALLOW_LINES);
                self.name_by_line_above(&mut open);
            }
        }
        open.headless();
        Some(open)
    }
}

/// Start of a goroutine header that ends the line, whatever stands in front of it: `handler: goroutine 7 [running]:`.
fn header_start(clean: &[u8]) -> Option<usize> {
    let at = find(clean, b"goroutine ")?;
    let quoted = matches!(at.checked_sub(1).and_then(|before| clean.get(before)), Some(b'\'' | b'`'));
    (!quoted && shape::header(rest(clean, at)).is_some()).then_some(at)
}

/// One pass over the line that ends nearly all of them: none of these words, nothing to look at.
fn may_begin(text: &[u8]) -> bool {
    static WORDS: Words = Words::new(|| searcher(&NEEDLES));
    const NEEDLES: [&str; 15] = [
        "anic", "ANIC", "goroutine ", "fatal", "throw: ", "SIG", "ignal ", "Exception 0x", "DATA RACE", "runtime: ",
        "runtime/cgo: ", "runtime stack:", "fault address", "ecover", "freed user arena",
    ];
    WORDS.any_in(text) || text.first() == Some(&b'F')
}
