//! A line among frames that is no frame: another dialect, a note of the runtime, a broken line, the next crash,
//! somebody else's.

use super::{Open, Phase, Verdict};
use crate::form::{Found, Kind, Role};
use crate::forms;
use crate::frame_line;
use crate::limits::Limits;
use crate::loggers;
use crate::prefix::Prefix;
use crate::records;
use crate::shape;
use crate::text::{find, part, rest, trim_left, trim_right};
use crate::trace::Is;

impl Open {
    /// A line among frames that is no frame: other dialects, the runtime's notes, a new crash, somebody else's.
    pub(super) fn not_a_frame(&mut self, text: &[u8], inner: &[u8], offset: i64, limits: &Limits) -> Verdict {
        if let Some(place) = frame_line::old_place(text) {
            return self.take_file(text, place, offset);
        }
        if self.threads && forms::find_head(text).is_some_and(|head| head.at == 0 && head.form.role == Role::SignalHead)
        {
            return self.take_sure(Is::Note, text, offset);
        }
        if let Some(verdict) = self.new_head(text, offset) {
            return verdict;
        }
        if inner == b"-----" {
            self.threads = true;
            return self.take(Is::Note, text, 0, 0, offset);
        }
        if shape::registers(trim_left(text)) && (self.threads || self.dumps_registers()) {
            self.phase = Phase::Registers;
            self.natural = true;
            return self.take_sure(Is::Register, text, offset);
        }
        if self.natural {
            return self.behind_the_end(text, inner, offset, limits);
        }
        if let Some(place) = frame_line::place(text).filter(|place| is_source(part(text, place.start, place.end))) {
            self.trace.damage.interleaved |= self.trace.last_is() == Some(Is::File);
            return self.take_file(text, place, offset);
        }
        if shape::note(inner) {
            return self.take_sure(Is::Note, text, offset);
        }
        self.odd_line(text, offset, limits)
    }

    fn dumps_registers(&self) -> bool {
        self.trace.lines.iter().any(|l| l.is == Is::Signal)
    }

    /// Behind the end of a stack only what can follow one is taken, and nothing for good: a frame that a file line
    /// confirms, a note between two threads of a dump.
    fn behind_the_end(&mut self, text: &[u8], inner: &[u8], offset: i64, limits: &Limits) -> Verdict {
        if self.threads && shape::note(inner) {
            return self.take(Is::Note, text, 0, 0, offset);
        }
        if loggers::announcement(text).is_some() {
            return self.over();
        }
        let bare = !self.created && frame_line::bare_name(inner) && self.trace.last_is() != Some(Is::Blank);
        if bare {
            self.wants_file = true;
            return self.take(Is::Func, text, frame_line::lead(text) + inner.len(), 0, offset);
        }
        self.pass(limits)
    }

    /// Other dialects, cuts, broken lines; else somebody else's.
    pub(super) fn odd_line(&mut self, text: &[u8], offset: i64, limits: &Limits) -> Verdict {
        let lead = frame_line::lead(text);
        let name = trim_right(rest(text, lead));
        if let Some(end) = frame_line::old_function(name).filter(|_| self.after_old_place()) {
            self.trace.push(Is::Func, text, lead + end, 1, offset);
            self.natural = part(name, 0, end) == b"goexit";
            self.keep();
            return Verdict::Taken;
        }
        if shape::snipped(name) {
            if self.wants_file && self.last_call() {
                self.keep();
            }
            self.wants_file = false;
            return self.take(Is::Elided, text, 0, 0, offset);
        }
        if frame_line::bare_name(name) {
            self.drop_bare();
            self.wants_file = true;
            return self.take(Is::Func, text, lead + name.len(), 0, offset);
        }
        if self.continues_wrapped(text, name) {
            return self.take_wrapped(text, offset);
        }
        if self.takes_back(name) {
            return self.take(Is::Text, text, 0, 0, offset);
        }
        self.pass(limits)
    }

    /// The line before is a place of the old dialect, whose function stands behind it.
    pub(super) fn after_old_place(&self) -> bool {
        self.trace.lines.last().is_some_and(|l| l.is == Is::File && self.trace.content(l).ends_with(b")"))
    }

    /// A bare name that no file line followed was none.
    pub(super) fn drop_bare(&mut self) {
        if self.wants_file && self.trace.last_is() == Some(Is::Func) && !self.last_call() {
            self.trace.truncate(self.sure);
        }
    }

    /// `exit status 2` in front of more goroutines: part of a value that imitates a trace. Kept if a header follows.
    pub(super) fn takes_back(&mut self, inner: &[u8]) -> bool {
        self.waiting += 1;
        !self.natural && !self.wants_file && self.waiting < 4 && records::trailer(inner)
    }

    /// A long line that a terminal or a mailer broke: `main.f(0x0, 0x0` + `, 0x0)`.
    pub(super) fn continues_wrapped(&self, text: &[u8], inner: &[u8]) -> bool {
        let opens = find(inner, b"(").is_some() && !inner.ends_with(b")") && frame_line::call_begins(inner);
        let goes_on = self.trace.last_is() == Some(Is::Func) && self.wants_file && frame_line::arguments_end(inner);
        let path = self.wants_file && frame_line::path_begins(trim_left(text));
        !self.natural && (opens || goes_on || path)
    }

    /// Takes a piece of a broken line: the beginning of a call names a frame, the rest is a note.
    pub(super) fn take_wrapped(&mut self, text: &[u8], offset: i64) -> Verdict {
        let inner = trim_left(text);
        if frame_line::call_begins(inner) && !self.wants_file {
            self.wants_file = true;
            let end = text.len() - inner.len() + frame_line::name_end(inner);
            return self.take(Is::Func, text, end, 0, offset);
        }
        self.take(Is::Note, text, 0, 0, offset)
    }

    /// Another announcement among the frames: the next crash, or the same one, first logged and then real.
    pub(super) fn new_head(&mut self, text: &[u8], offset: i64) -> Option<Verdict> {
        let head = forms::find_head(text)?;
        let certain = head.at == 0 || head.form.role == Role::Logger || self.natural;
        if !certain || head.form.role == Role::Preamble && !self.natural {
            return None;
        }
        if self.died_of_it(head, rest(text, head.value)) {
            self.becomes(text, head, offset);
            return Some(Verdict::Taken);
        }
        Some(self.over())
    }

    /// klog and controller-runtime log a panic and raise it again, and the process dies of it: one crash in two
    /// reports, the second of which says that the value was recovered.
    pub(super) fn died_of_it(&self, head: Found, value: &[u8]) -> bool {
        let logged = self.trace.form.kind == Kind::Recovered || self.weak();
        let told = self.trace.lines.iter().find(|l| l.is == Is::Head).filter(|_| logged);
        let again = find(value, b" [recovered").filter(|_| head.form.kind == Kind::Panic && head.at == 0);
        told.zip(again).is_some_and(|(told, at)| self.trace.value(told) == part(value, 0, at))
    }

    /// The logged report was the beginning of the real one.
    pub(super) fn becomes(&mut self, text: &[u8], head: Found, offset: i64) {
        self.trace.truncate(self.sure);
        self.trace.form = head.form;
        self.phase = Phase::Head;
        self.natural = false;
        self.head_prefix = Prefix::default();
        self.take_head(text, head, offset);
    }
}

/// A path of Go, C or assembly: a file line may have lost the function line in front of it.
fn is_source(path: &[u8]) -> bool {
    [&b".go"[..], b".s", b".c", b".h", b".cc", b".cpp"].iter().any(|ending| path.ends_with(ending))
}
