//! Before the first goroutine: runtime lines, the value and its further lines, the chain, the signal.

use super::{Open, Phase, Verdict};
use crate::form::{Found, Kind, Role};
use crate::forms;
use crate::frame_line;
use crate::limits::Limits;
use crate::prefix::Prefix;
use crate::records;
use crate::shape::{self, Header};
use crate::text::{find, part, rest, trim, trim_left, trim_right};
use crate::trace::{Is, TraceLine};

/// Lines that do not fit, behind a head that ordinary log lines may hold too.
const WEAK_LINES: usize = 8;

impl Open {
    /// A runtime line in front of a head, or the head: `runtime: out of memory: …`, then `fatal error: out of memory`.
    pub(super) fn preamble(&mut self, text: &[u8], offset: i64, limits: &Limits) -> Verdict {
        let heads = |head: &Found| head.at == 0 && !matches!(head.form.role, Role::Preamble | Role::Whole);
        if let Some(head) = forms::find_head(text).filter(heads) {
            self.trace.form = head.form;
            self.phase = Phase::Head;
            self.take_head(text, head, offset);
            return Verdict::Taken;
        }
        let inner = trim_left(text);
        let belongs = [
            &b"runtime"[..],
            b"stack: frame=",
            b"0x",
            b"object=",
            b"*(object",
            b"unexpected fault",
            b"goroutine stack",
            b"fatal: ",
        ]
        .iter()
        .any(|start| inner.starts_with(start));
        self.waiting += 1;
        match () {
            () if self.waiting > limits.head_lines * 4 => Verdict::Drops,
            () if belongs || inner.is_empty() => self.take(Is::Note, text, 0, 0, offset),
            () if frame_line::call(inner).is_some() || frame_line::place(inner).is_some() => {
                self.take(Is::Note, text, 0, 0, offset)
            }
            () => self.preamble_foreign(inner),
        }
    }

    /// Others log on while the runtime prints its preamble; much of it, and there is none.
    pub(super) fn preamble_foreign(&mut self, text: &[u8]) -> Verdict {
        self.foreign += 1;
        if self.foreign > 4 || !records::log_record(text) || forms::find_head(text).is_some() {
            Verdict::Drops
        } else {
            Verdict::Foreign
        }
    }

    /// A line behind a head: what leads to goroutines first, then the value and its chain.
    pub(super) fn head(&mut self, clean: &[u8], stripped: Option<&[u8]>, offset: i64, limits: &Limits) -> Verdict {
        let text = stripped.unwrap_or(clean);
        let inner = trim(text);
        if text.starts_with(b"\t") && self.trace.form.role == Role::Head && !self.wants_file && !self.chains(text) {
            return self.value_line(text, offset);
        }
        if let Some((header, at)) = self.header_in(clean, text) {
            let prefix = Prefix::learn(part(clean, 0, at));
            if self.is_other_writer(&prefix, clean) {
                return self.pass(limits);
            }
            self.prefix = prefix;
            if !self.prefix.is_blank() && !self.head_prefix.is_empty() {
                self.drop_unprefixed();
            }
            self.begin_block();
            return self.take_header(header, rest(clean, at), offset);
        }
        let place =
            if self.wants_file { frame_line::place(text).or_else(|| frame_line::old_place(text)) } else { None };
        if let Some(place) = place {
            self.begin_block();
            return self.take_file(text, place, offset);
        }
        self.wants_file &= records::log_record(inner);
        match inner.first() {
            None => self.take(Is::Blank, text, 0, 0, offset),
            Some(b'r') if inner == b"runtime stack:" => {
                self.begin_block();
                self.take_sure(Is::RuntimeStack, text, offset)
            }
            Some(b'[') if inner.starts_with(b"[signal ") => self.take_sure(Is::Signal, text, offset),
            Some(b'P' | b's' | b'i') if self.trace.form.role == Role::SignalHead && signal_detail(inner) => {
                self.take_sure(Is::Signal, text, offset)
            }
            Some(b'p' | b'f' | b't') if self.chains(text) => self.take_chain(text, offset),
            Some(b'c') if inner.starts_with(b"created by ") => {
                self.begin_block();
                self.take_created(text, offset)
            }
            Some(_) if self.new_record(clean, stripped) => self.pass(limits),
            Some(_) => self.head_line(text, stripped.is_some(), offset, limits),
        }
    }

    /// Anything else behind a head: the value goes on, frames without a header, or somebody else's line.
    pub(super) fn head_line(&mut self, text: &[u8], prefixed: bool, offset: i64, limits: &Limits) -> Verdict {
        let lead = frame_line::lead(text);
        let inner = trim_right(rest(text, lead));
        if self.trace.form.role == Role::SignalHead && shape::registers(trim_left(text)) {
            self.phase = Phase::Registers;
            return self.take_sure(Is::Register, text, offset);
        }
        if let Some(place) = frame_line::old_place(text) {
            self.begin_block();
            return self.take_file(text, place, offset);
        }
        if frame_line::call(inner).is_some() || frame_line::bare_name(inner) {
            self.wants_file = true;
            let end = lead + frame_line::call(inner).unwrap_or(inner.len());
            return self.take(Is::Func, text, end, 0, offset);
        }
        if shape::snipped(inner) {
            return self.take(Is::Elided, text, 0, 0, offset);
        }
        if let Some(verdict) = self.announces(text, offset) {
            return verdict;
        }
        if shape::note(inner) && self.trace.form.role == Role::SignalHead {
            return self.take_sure(Is::Note, text, offset);
        }
        if records::log_record(inner) {
            self.record_follows |= !self.odd_follows;
            return if self.foreign >= self.patience() { self.over() } else { self.pass(limits) };
        }
        self.odd_follows |= !self.record_follows && !records::trailer(inner);
        self.waiting += 1;
        let bound = if self.weak() && !prefixed { WEAK_LINES } else { limits.head_lines };
        if self.waiting > bound {
            return self.over();
        }
        self.take(Is::Text, text, 0, u64::from(!prefixed), offset)
    }

    /// Another announcement before any goroutine came.
    fn announces(&mut self, text: &[u8], offset: i64) -> Option<Verdict> {
        let head = forms::find_head(text)?;
        if head.form.role == Role::Preamble && self.trace.form.role == Role::SignalHead && head.at == 0 {
            return Some(self.take_sure(Is::Note, text, offset));
        }
        if self.died_of_it(head, rest(text, head.value)) {
            self.becomes(text, head, offset);
            return Some(Verdict::Taken);
        }
        (head.at == 0 || head.form.role == Role::Logger || self.weak()).then(|| self.over())
    }

    /// Foreign lines that may stand between a head and its goroutine. A panic stops the world before it prints; a
    /// fatal error does not, and others log on.
    fn patience(&self) -> usize {
        if self.trace.form.kind == Kind::Fatal { usize::MAX } else { WEAK_LINES }
    }

    /// Lines without the prefix of the head and of the goroutine are another writer's, and no part of the value.
    fn drop_unprefixed(&mut self) {
        let kept: Vec<(Vec<u8>, i64)> =
            self.tentative().filter(|(l, _)| l.b == 0).map(|(l, text)| (text, l.offset)).collect();
        self.trace.truncate(self.sure);
        for (text, offset) in kept {
            let is = if trim(&text).is_empty() { Is::Blank } else { Is::Text };
            self.trace.push(is, &text, 0, 0, offset);
        }
    }

    fn tentative(&self) -> impl Iterator<Item = (TraceLine, Vec<u8>)> + '_ {
        self.trace.lines.iter().skip(self.sure).map(|l| (*l, self.trace.content(l).to_vec()))
    }

    /// A logger puts its clock in front of each record, not of each line: a line that carries it is the next record.
    pub(super) fn new_record(&self, clean: &[u8], stripped: Option<&[u8]>) -> bool {
        self.trace.form.role == Role::Logger
            && !self.prefix.is_empty()
            && stripped.is_some()
            && records::log_record(clean)
    }

    /// Head and goroutine each behind a prefix, and neither begins with the other's: two writers in one stream.
    fn is_other_writer(&self, prefix: &Prefix, clean: &[u8]) -> bool {
        let both = !self.head_prefix.is_blank() && !prefix.is_blank();
        both && self.head_prefix.strip(clean).is_none() && !prefix.begins(&self.head_prefix)
    }

    /// Announced by words that ordinary log lines hold too.
    pub(super) fn weak(&self) -> bool {
        self.trace.form.role == Role::Head && !self.head_prefix.is_empty()
    }

    /// A goroutine header in the line, and where: behind the prefix, or behind one that shows only now.
    pub(super) fn header_in<'t>(&self, clean: &'t [u8], text: &'t [u8]) -> Option<(Header<'t>, usize)> {
        let indent = text.len() - trim_left(text).len();
        if let Some(header) = shape::header(rest(text, indent)) {
            return Some((header, clean.len() - text.len() + indent));
        }
        let at = find(clean, b"goroutine ")?;
        let quoted = matches!(at.checked_sub(1).and_then(|b| clean.get(b)), Some(b'"' | b'\'' | b'`'));
        shape::header(rest(clean, at)).filter(|_| !quoted).map(|header| (header, at))
    }

    /// Go 1.23+ puts a tab in front of each further line of a value, whatever it imitates.
    pub(super) fn value_line(&mut self, text: &[u8], offset: i64) -> Verdict {
        self.wants_file = false;
        self.take(Is::Text, text, 0, 0, offset)
    }

    /// A value or a chain that fills the trace: the rest is counted.
    pub(super) fn head_beyond(&mut self, text: &[u8], offset: i64) -> Verdict {
        self.trace.damage.limits = true;
        if !text.starts_with(b"\t") {
            return self.over();
        }
        self.trace.lines_beyond += 1;
        self.trace.last_beyond = offset;
        Verdict::Taken
    }

    /// A later panic of the chain: behind a tab or blanks, or at column 0 where tabs were eaten, a Goexit stands
    /// in the chain, or the runtime died while it panicked.
    pub(super) fn chains(&self, text: &[u8]) -> bool {
        let inner = trim(text);
        let head = [&b"panic: "[..], b"fatal error: ", b"throw: "].iter().any(|mark| inner.starts_with(mark))
            || inner == b"panic:";
        let indented = matches!(text.first(), Some(b' ' | b'\t'));
        head && matches!(self.trace.form.role, Role::Head) && (indented || self.follows_head(inner))
    }

    /// At column 0 a chain goes on only where nothing stands between, where a panic was recovered, or where two
    /// goroutines die of one fatal error.
    fn follows_head(&self, inner: &[u8]) -> bool {
        let last = self.trace.lines.last();
        let mut heads = self.trace.lines.iter().filter(|l| matches!(l.is, Is::Head | Is::Chain));
        let value = heads.next_back().map_or(&b""[..], |l| self.trace.value(l));
        let line_to_line =
            self.foreign == 0 && last.is_some_and(|l| matches!(l.is, Is::Head | Is::Chain | Is::Signal | Is::Note));
        let same = inner.ends_with(value) && inner.starts_with(b"fatal error: ");
        line_to_line && !self.weak() || value.ends_with(b" [recovered]") || same
    }

    /// A further panic of the chain.
    pub(super) fn take_chain(&mut self, text: &[u8], offset: i64) -> Verdict {
        let value = find(text, b": ").map_or(text.len(), |at| at + 2);
        self.trace.push(Is::Chain, text, value, (text.len() - value) as u64, offset);
        self.keep();
        Verdict::Taken
    }
}

fn signal_detail(inner: &[u8]) -> bool {
    [&b"PC=0x"[..], b"signal arrived during ", b"instruction bytes:"].iter().any(|start| inner.starts_with(start))
}
