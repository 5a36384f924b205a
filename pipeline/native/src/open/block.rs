//! Among goroutines: headers, functions and file lines in turn, blank lines, registers.

use super::{Open, Phase, Verdict};
use crate::form::Kind;
use crate::frame_line;
use crate::limits::Limits;
use crate::shape::{self, Header};
use crate::text::{find, trim, trim_left, trim_right};
use crate::trace::Is;

impl Open {
    /// A goroutine begins; what was tentative before it belongs.
    pub(super) fn begin_block(&mut self) {
        self.keep();
        self.phase = Phase::Block;
        self.blocks += 1;
        (self.wants_file, self.created, self.natural) = (false, false, false);
        (self.main, self.own) = (false, false);
    }

    pub(super) fn take_header(&mut self, header: Header<'_>, text: &[u8], offset: i64) -> Verdict {
        self.trace.push(Is::Goroutine, text, usize::try_from(header.id).unwrap_or(0), header.minutes, offset);
        self.keep();
        Verdict::Taken
    }

    /// A file line confirms the function in front of it, and may be the end of the stack.
    pub(super) fn take_file(&mut self, text: &[u8], place: frame_line::Place, offset: i64) -> Verdict {
        let last = self.trace.lines.last();
        let name = last.filter(|l| l.is == Is::Func).map_or(&b""[..], |l| self.trace.name(l));
        self.created |= last.is_some_and(|l| l.is == Is::Created);
        self.main |= name == b"main.main";
        self.own |= !name.starts_with(b"runtime.");
        self.natural = self.created || self.ends_stack(name);
        self.blocks = self.blocks.max(1);
        self.wants_file = false;
        self.trace.push(Is::File, text, place.end, u64::from(place.line), offset);
        self.keep();
        Verdict::Taken
    }

    /// Functions that no caller stands below. `runtime.goexit` is followed by `created by` where the goroutine is the
    /// program's own; dialects without arguments (zap, chi) never print that.
    fn ends_stack(&self, name: &[u8]) -> bool {
        match name {
            b"main.main" | b"runtime.runfinq" | b"runtime.runFinalizers" | b"runtime.runCleanups" => true,
            b"runtime.main" => !self.last_call(),
            b"runtime.goexit" => self.main || !self.own || !self.last_call(),
            b"main.init" => true,
            _ => name.strip_prefix(b"main.init.").is_some_and(|n| n.iter().all(u8::is_ascii_digit)),
        }
    }

    pub(super) fn take_created(&mut self, text: &[u8], offset: i64) -> Verdict {
        let end = find(text, b" in goroutine ").unwrap_or(trim_right(text).len());
        if self.wants_file && self.last_call() {
            self.keep();
        }
        self.wants_file = true;
        self.take(Is::Created, text, end, 0, offset)
    }

    /// The tentative function line had arguments: it is one even without a file line.
    pub(super) fn last_call(&self) -> bool {
        self.trace.lines.last().is_some_and(|l| l.is == Is::Func && l.a < l.end)
    }

    /// A line without the learnt prefix: only what is unmistakably of a trace belongs.
    pub(super) fn block_without_prefix(&mut self, clean: &[u8], offset: i64, limits: &Limits) -> Verdict {
        let text = trim(clean);
        let fits =
            frame_line::call(text).is_some() || frame_line::place(clean).is_some() || shape::header(text).is_some();
        if fits || text.starts_with(b"created by ") {
            return self.block(clean, offset, limits);
        }
        if text.is_empty() {
            return self.take(Is::Blank, clean, 0, 0, offset);
        }
        self.not_a_frame(clean, text, offset, limits)
    }

    /// A line among goroutines.
    pub(super) fn block(&mut self, text: &[u8], offset: i64, limits: &Limits) -> Verdict {
        if self.wants_file {
            if let Some(place) = frame_line::place(text) {
                return self.take_file(text, place, offset);
            }
        } else if let (Some(end), false) = (frame_line::call(text), self.created) {
            return self.take_call(text, end, offset);
        }
        let indent = text.len() - trim_left(text).len();
        let inner = trim(text);
        if self.natural && self.wants_file && !inner.starts_with(b"created by ") {
            self.trace.truncate(self.sure);
            self.wants_file = false;
        }
        match inner.first() {
            None => self.take_blank(text, offset),
            Some(b'g') if inner.starts_with(b"goroutine ") => match shape::header(inner) {
                Some(header) if self.is_another_dump(header) => self.over(),
                Some(header) => {
                    self.begin_block();
                    self.take_header(header, text, offset)
                }
                None => self.not_a_frame(text, inner, offset, limits),
            },
            Some(b'r') if inner == b"runtime stack:" => {
                self.begin_block();
                self.take_sure(Is::RuntimeStack, text, offset)
            }
            Some(b'c') if inner.starts_with(b"created by ") && !self.created => self.take_created(text, offset),
            Some(b'[') if inner.starts_with(b"[originating from goroutine ") => {
                self.created = false;
                self.take_sure(Is::Ancestor, text, offset)
            }
            Some(b'.') if shape::elided(inner) => self.take_sure(Is::Elided, text, offset),
            Some(_) => match (frame_line::call(inner), self.created) {
                (Some(end), false) => self.take_call(text, indent + end, offset),
                _ => self.not_a_frame(text, inner, offset, limits),
            },
        }
    }

    /// A function line is tentative until its file line; one without a dot was none if another follows.
    pub(super) fn take_call(&mut self, text: &[u8], end: usize, offset: i64) -> Verdict {
        if self.wants_file && self.last_call() {
            let name = self.trace.lines.last().map_or(&b""[..], |l| self.trace.name(l));
            match name == b"panic" || name.contains(&b'.') {
                true if !self.natural => self.keep(),
                _ => self.trace.truncate(self.sure),
            }
        }
        self.wants_file = true;
        self.take(Is::Func, text, end, 0, offset)
    }

    /// A recovered panic prints its own goroutine: behind other lines, a running one is the next panic's.
    fn is_another_dump(&self, header: Header<'_>) -> bool {
        let logged = self.trace.form.kind == Kind::Recovered || self.weak() && self.prefix.is_empty();
        self.natural && logged && self.foreign > 0 && header.state == b"running"
    }

    /// A blank line is part of the trace only if something of it follows.
    pub(super) fn take_blank(&mut self, text: &[u8], offset: i64) -> Verdict {
        if self.wants_file && self.last_call() {
            self.wants_file = false;
            self.keep();
        }
        self.waiting += 1;
        if self.waiting > 8 { self.over() } else { self.take(Is::Blank, text, 0, 0, offset) }
    }

    /// A trace that is full: its further lines and goroutines are counted, not kept.
    pub(super) fn beyond(&mut self, text: &[u8], offset: i64) -> Verdict {
        self.trace.damage.limits = true;
        let header = text.starts_with(b"goroutine ") && shape::header(text).is_some();
        let fits = header
            || text.is_empty()
            || text.starts_with(b"\t")
            || text.starts_with(b"created by ")
            || frame_line::call(text).is_some();
        if !fits {
            return self.over();
        }
        self.natural = true;
        self.trace.lines_beyond += 1;
        self.trace.last_beyond = offset;
        self.trace.goroutines_beyond += u64::from(header);
        Verdict::Taken
    }

    /// A line of or behind a register dump, which ends the report of one thread.
    pub(super) fn registers(&mut self, text: &[u8], offset: i64, limits: &Limits) -> Verdict {
        let inner = trim(text);
        if shape::registers(trim_left(text)) {
            return self.take_sure(Is::Register, text, offset);
        }
        if inner.is_empty() {
            return self.take_blank(text, offset);
        }
        self.natural = true;
        self.phase = Phase::Block;
        self.block(text, offset, limits)
    }
}
