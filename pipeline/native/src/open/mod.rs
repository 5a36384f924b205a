//! A trace that is being assembled: what each further line does to it.
//!
//! ```text
//! Preamble ──head──► Head ──header or frame──► Block ◄─header─┐
//!                     │                          │ └──────────┤
//!                     └──── PC=, registers ──────┴► Registers ┘        Race ──══════──► over
//! ```
//! Lines after the last one that certainly belongs (`sure`) are tentative: they are taken back when the next line
//! does not fit.

mod block;
mod head;
mod odd;
mod proof;
mod race;

use crate::form::{Found, Role};
use crate::limits::Limits;
use crate::loggers;
use crate::prefix::Prefix;
use crate::shape;
use crate::text::{find, part, rest, trim_right};
use crate::trace::{Is, Line, Place, Trace};

/// What a line did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It belongs to the trace, for now or for good.
    Taken,
    /// It belongs to somebody else; the trace goes on.
    Foreign,
    /// The trace ended before it.
    Ends,
    /// There never was a trace.
    Drops,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Runtime lines before a head: `runtime: out of memory: …`.
    Preamble,
    /// Behind a head: value, chain, signal, blank; `goroutine 1 [running]:` leads to `Block`.
    Head,
    /// Among frames: `main.main()` and `⇥/srv/main.go:10 +0x53` in turn.
    Block,
    /// `rax    0x0`
    Registers,
    /// Between two lines of `==================`.
    Race,
}

const SECOND: i64 = 1_000_000_000;

/// A trace being assembled.
#[derive(Debug)]
pub struct Open {
    /// Its lines so far.
    pub trace: Trace,
    /// The rest of a crash that was closed before: taken, and not told.
    pub late: bool,
    /// A crash that was told already comes again: taken, and not told.
    pub repeats: bool,
    phase: Phase,
    prefix: Prefix,
    head_prefix: Prefix,
    sure: usize,
    wants_file: bool,
    created: bool,
    natural: bool,
    main: bool,
    own: bool,
    blocks: usize,
    threads: bool,
    foreign: usize,
    waiting: usize,
    record_follows: bool,
    odd_follows: bool,
    last_time: i64,
    /// The line that opened it.
    pub first: Place,
}

impl Open {
    /// Opens a trace at `head`; the head's line itself is given with [`Open::take_head`].
    pub fn new(head: Found, clean: &[u8], line: Line<'_>) -> Self {
        let prefix = Prefix::learn(part(clean, 0, head.at));
        Self {
            trace: Trace { position: line.place.position, ..Trace::new(head.form, line.time) },
            late: false,
            repeats: false,
            phase: match head.form.role {
                Role::Preamble => Phase::Preamble,
                Role::Race => Phase::Race,
                _ => Phase::Head,
            },
            head_prefix: prefix.clone(),
            prefix,
            sure: 0,
            wants_file: false,
            created: false,
            natural: false,
            main: false,
            own: false,
            blocks: 0,
            threads: false,
            foreign: 0,
            waiting: 0,
            record_follows: false,
            odd_follows: false,
            last_time: line.time,
            first: line.place,
        }
    }

    /// Takes the line that announced the crash.
    pub fn take_head(&mut self, clean: &[u8], head: Found, offset: i64) {
        let logger = head.form.role == Role::Logger;
        let from = if logger { 0 } else { head.at };
        let is = if self.phase == Phase::Preamble { Is::Note } else { Is::Head };
        let behind = rest(clean, head.value);
        let dump = find(behind, b"goroutine ").filter(|at| shape::header(rest(behind, *at)).is_some());
        let front = trim_right(part(behind, 0, dump.unwrap_or(behind.len())));
        let value = match Prefix::learn(part(clean, 0, head.value)).opens_quote() && head.form.role == Role::Logger {
            true => loggers::quoted(front),
            false => loggers::value(head.form, front),
        };
        let start = head.value + (value.as_ptr() as usize).saturating_sub(behind.as_ptr() as usize);
        let end = dump.map_or(clean.len(), |at| head.value + at);
        self.trace.push(is, trim_right(part(clean, from, end)), start - from, value.len() as u64, offset);
        self.trace.damage.glued = !logger && glued(part(clean, 0, head.at));
        if self.phase != Phase::Preamble {
            self.keep();
        }
        if let Some((header, at)) = dump.and_then(|at| Some((shape::header(rest(behind, at))?, at))) {
            self.begin_block();
            self.take_header(header, rest(behind, at), offset);
        }
    }

    /// Opens at a dump without a head: the line is given to [`Open::step`] next.
    pub fn headless(&mut self) {
        self.phase = Phase::Block;
    }

    /// Nanoseconds that it waits for its next line.
    pub fn wait(&self, limits: &Limits) -> i64 {
        match () {
            () if self.natural => limits.settle_ns,
            () if self.blocks == 0 => limits.head_idle_ns,
            () => limits.idle_ns,
        }
    }

    /// Nanoseconds since its last line. Syslog daemons write whole seconds: between two, a millisecond may have passed.
    fn passed(&self, now: i64) -> i64 {
        let coarse = now % SECOND == 0 && self.last_time % SECOND == 0;
        now - self.last_time - if coarse { SECOND } else { 0 }
    }

    /// Where its first line was read.
    pub fn place(&self) -> Place {
        let offset = self.trace.lines.first().map_or(self.first.offset, |line| line.offset);
        Place { offset, position: self.trace.position }
    }

    /// Takes the next line of the stream.
    pub fn step(&mut self, clean: &[u8], line: Line<'_>, limits: &Limits) -> Verdict {
        if line.time != 0 && self.last_time != 0 && self.passed(line.time) >= self.wait(limits) {
            return self.over();
        }
        let beyond = self.trace.text.len() > limits.trace_bytes || self.trace.lines.len() > limits.trace_lines;
        let verdict = match (self.phase, self.prefix.strip(clean)) {
            (Phase::Head | Phase::Race, stripped) if beyond => {
                self.head_beyond(stripped.unwrap_or(clean), line.place.offset)
            }
            (Phase::Block, Some(text)) if beyond => self.beyond(text, line.place.offset),
            (Phase::Block | Phase::Registers, None) => self.block_without_prefix(clean, line.place.offset, limits),
            (Phase::Block, Some(text)) => self.block(text, line.place.offset, limits),
            (Phase::Registers, Some(text)) => self.registers(text, line.place.offset, limits),
            (Phase::Head, stripped) => self.head(clean, stripped, line.place.offset, limits),
            (Phase::Preamble, stripped) => self.preamble(stripped.unwrap_or(clean), line.place.offset, limits),
            (Phase::Race, stripped) => self.race(stripped.unwrap_or(clean), line.place.offset, limits),
        };
        if verdict == Verdict::Taken {
            self.last_time = self.last_time.max(line.time);
            self.foreign = 0;
        }
        verdict
    }

    /// The finished trace, if it is one.
    pub fn close(mut self) -> Option<Trace> {
        let torn = !self.natural && self.cut_piece();
        let keep = if torn { self.trace.lines.len() } else { self.sure };
        self.trace.truncate(keep);
        self.trace.damage.cut_off = !self.natural;
        self.trace.logged = !self.head_prefix.is_empty() && self.prefix.is_empty() && self.blocks > 0;
        self.is_crash().then_some(self.trace)
    }

    fn over(&self) -> Verdict {
        if self.is_crash() { Verdict::Ends } else { Verdict::Drops }
    }

    fn keep(&mut self) {
        self.sure = self.trace.lines.len();
        self.waiting = 0;
    }

    fn take(&mut self, is: Is, text: &[u8], a: usize, b: u64, offset: i64) -> Verdict {
        self.trace.push(is, text, a, b, offset);
        Verdict::Taken
    }

    fn take_sure(&mut self, is: Is, text: &[u8], offset: i64) -> Verdict {
        self.trace.push(is, text, 0, 0, offset);
        self.keep();
        Verdict::Taken
    }

    fn pass(&mut self, limits: &Limits) -> Verdict {
        self.foreign += 1;
        let bound = if self.natural { limits.settle_lines } else { limits.foreign_lines };
        if self.foreign > bound { self.over() } else { Verdict::Foreign }
    }
}

/// Program text without a line feed in front of the head: `progress: 41%panic: …`.
fn glued(front: &[u8]) -> bool {
    front.last().is_some_and(|b| !matches!(b, b' ' | b'\t' | b'|' | b'>' | b']' | b':'))
}
