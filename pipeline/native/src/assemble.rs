//! One stream of lines in, traces out. A stream is idle until a line announces a crash; then [`Open`] takes lines
//! until the trace ends. Lines that turn out not to belong are ordinary again.

use crate::escapes::unescape;
use crate::form::{Found, Kind, Role};
use crate::forms;
use crate::frame_line;
use crate::limits::Limits;
use crate::loggers;
use crate::open::{Open, Verdict};
use crate::records;
use crate::shape;
use crate::text::{Words, find, rest, searcher, trim, trim_left};
use crate::trace::{Is, Line, Place, Trace};
use crate::unfold;
use crate::wash;
use std::borrow::Cow;

/// The assembler of one stream.
#[derive(Debug, Default)]
pub struct Stream {
    open: Option<Box<Open>>,
    last: Last,
    speaks_of_panic: bool,
    lines: u64,
    closed: Option<Closed>,
    swallowed: u64,
}

/// The line before: loggers say in front of a dump what it is about.
#[derive(Debug, Default)]
struct Last {
    text: Vec<u8>,
    escaped: bool,
    place: Place,
    number: u64,
}

impl Last {
    fn text(&self) -> Cow<'_, [u8]> {
        match self.escaped {
            // Docker's lines keep their line feed.
            true => Cow::Owned(unescape(self.text.strip_suffix(b"\\n").unwrap_or(&self.text))),
            false => Cow::Borrowed(&self.text),
        }
    }
}

/// The crash that was told last.
#[derive(Clone, Copy, Debug)]
struct Closed {
    place: Place,
    number: u64,
}

/// Bytes of the line before a dump that are remembered.
const LAST_BYTES: usize = 4096;

/// Times that one line is looked at: it may end a trace, begin another, and belong to that.
const LOOKS: usize = 4;

/// Lines behind a crash in which a goroutine dump of its own is the rest of it, and never a new crash.
const SWALLOW_LINES: u64 = 1000;

impl Stream {
    /// Takes the next line; finished traces go to `told`.
    pub fn line(&mut self, line: Line<'_>, limits: &Limits, told: &mut Vec<Trace>) {
        if self.passes(line.text) {
            return self.pass(line.text, false, line.place);
        }
        self.lines += 1;
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
                    match traces {
                        Some(_) => self.forget_last(line.place),
                        None => self.keep_last(&clean, line.place),
                    }
                    return told.extend(traces.into_iter().flatten());
                }
                Verdict::Ends => self.close(told),
                Verdict::Drops => self.open = None,
            }
        }
    }

    /// True where `text` changes nothing but what the line before is; JSON's escapes may still be in it.
    #[inline]
    pub fn passes(&self, text: &[u8]) -> bool {
        self.open.is_none() && !self.speaks_of_panic && !may_begin(text)
    }

    /// Takes such a line.
    #[inline]
    pub fn pass(&mut self, text: &[u8], escaped: bool, place: Place) {
        self.lines += 1;
        self.last.escaped = escaped;
        self.remember(text, place);
    }

    /// Ends the stream.
    pub fn finish(&mut self, told: &mut Vec<Trace>) {
        self.close(told);
        self.speaks_of_panic = false;
        self.closed = None;
    }

    /// Ends the open trace.
    pub fn close(&mut self, told: &mut Vec<Trace>) {
        let Some(open) = self.open.take() else { return };
        let late = open.repeats || open.late && !open.shows_panic();
        let place = open.place();
        let Some(trace) = open.close() else { return };
        if late {
            self.swallowed += trace.source_lines();
        } else {
            self.closed = Some(Closed { place, number: self.lines });
            told.push(trace);
        }
    }

    /// Where the open trace began.
    pub fn open_at(&self) -> Option<Place> {
        self.open.as_ref().map(|open| open.place())
    }

    /// Nanoseconds that the open trace waits for its next line.
    pub fn wait(&self, limits: &Limits) -> Option<i64> {
        self.open.as_ref().map(|open| open.wait(limits))
    }

    /// Bytes that the open trace holds.
    pub fn open_bytes(&self) -> usize {
        self.open.as_ref().map_or(0, |open| open.trace.held_bytes())
    }

    /// Where the crash began whose late lines are swallowed.
    pub fn swallows(&self) -> Option<Place> {
        self.closed.filter(|closed| self.lines - closed.number < SWALLOW_LINES).map(|closed| closed.place)
    }

    /// Swallows no more.
    pub fn forget_closed(&mut self) {
        self.closed = None;
    }

    /// The open trace repeats one that was told.
    pub fn mark_repeated(&mut self) {
        if let Some(open) = &mut self.open {
            open.repeats = true;
        }
    }

    /// The line before, and where it was read.
    pub fn line_above(&self) -> (Vec<u8>, Place) {
        (self.last.text().into_owned(), self.last.place)
    }

    /// Lines that an open trace holds.
    pub fn open_lines(&self) -> u64 {
        self.open.as_ref().map_or(0, |open| open.trace.source_lines())
    }

    /// Says that lines of the open trace came before its head.
    pub fn mark_reordered(&mut self) {
        if let Some(open) = &mut self.open {
            open.trace.damage.reordered = true;
        }
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

    /// Keeps the line for a dump that may follow; nothing where it belongs to a trace already.
    fn remember(&mut self, text: &[u8], place: Place) {
        self.last.text.clear();
        self.last.text.extend_from_slice(text.get(..LAST_BYTES).unwrap_or(text));
        self.last.place = place;
        self.last.number = self.lines;
        self.speaks_of_panic = false;
    }

    fn keep_last(&mut self, clean: &[u8], place: Place) {
        self.last.escaped = false;
        self.remember(clean, place);
    }

    fn forget_last(&mut self, place: Place) {
        self.keep_last(b"", place);
    }

    /// A line outside of any trace; true where it has to be looked at again, inside the one it opened.
    fn idle(&mut self, clean: &[u8], line: Line<'_>, limits: &Limits, told: &mut Vec<Trace>) -> bool {
        if let Some(traces) = unfold::line(clean, line, limits) {
            told.extend(traces);
            self.forget_last(line.place);
            return false;
        }
        if let Some(head) = forms::find_head(clean) {
            self.open = Some(Box::new(self.begin(clean, head, line)));
            self.forget_last(line.place);
            return false;
        }
        self.open = self.begin_headless(clean, line).map(Box::new);
        if self.open.is_some() {
            self.forget_last(line.place);
            return true;
        }
        self.keep_last(clean, line.place);
        let frame = frame_line::bare_name(trim(clean)) || frame_line::place(clean).is_some();
        self.speaks_of_panic = !frame && loggers::announcement(clean).is_some();
        false
    }

    fn begin(&self, clean: &[u8], head: Found, line: Line<'_>) -> Open {
        let mut open = Open::new(head, clean, line);
        let last = self.last.text();
        if head.form.role == Role::Race && find(&last, b"==================").is_some() {
            let text = find(&last, b"=").map_or(&[][..], |at| rest(&last, at));
            open.trace.push(Is::Section, trim(text), 0, 0, self.last.place.offset);
            open.trace.position = self.last.place.position;
        }
        open.take_head(clean, head, line.place.offset);
        open
    }

    /// gorilla and others print the value alone, in the line above the dump.
    fn name_by_line_above(&self, open: &mut Open) {
        let last = self.last.text();
        let above = !last.is_empty() && self.last.number + 1 == self.lines;
        let plain = (above && !records::log_record(&last)).then_some(0);
        match find(&last, b"runtime error: ").or(plain) {
            Some(value) => self.head_above(open, value, last.len() - value),
            None => open.trace.damage.headless = true,
        }
    }

    /// The line above is the head; its value is `length` bytes from `value` on.
    fn head_above(&self, open: &mut Open, value: usize, length: usize) {
        open.trace.push(Is::Head, &self.last.text(), value, length as u64, self.last.place.offset);
        open.trace.position = self.last.place.position;
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
        let last = self.last.text();
        match loggers::announcement(&last).filter(|_| self.speaks_of_panic) {
            Some(value) => {
                let (value, length) = loggers::announced(&last, value);
                self.head_above(&mut open, value, length);
            }
            None => {
                open.late = self.swallows().is_some();
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
    const NEEDLES: [&str; 16] = [
        "anic", "ANIC", "goroutine ", "fatal", "throw: ", "SIG", "ignal ", "Exception 0x", "DATA RACE", "runtime: ",
        "runtime/cgo: ", "runtime\\/cgo: ", "runtime stack:", "fault address", "ecover", "freed user arena",
    ];
    WORDS.any_in(text) || text.first() == Some(&b'F')
}
