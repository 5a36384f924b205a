//! A trace that is being assembled: what each further line does to it.
//!
//! ```text
//! Preamble ──head──► Head ──header or frame──► Block ◄─header─┐
//!                     │                          │ └──────────┤
//!                     └──── PC=, registers ──────┴► Registers ┘        Race ──══════──► over
//! ```
//! Lines after the last one that certainly belongs (`sure`) are tentative: they are taken back when the next line
//! does not fit.

use crate::assemble::Line;
use crate::forms::{self, Found, Kind, Role};
use crate::limits::Limits;
use crate::loggers;
use crate::prefix::Prefix;
use crate::shape::{self, Header};
use crate::text::{find, number, part, rest, trim, trim_left, trim_right};
use crate::trace::{Is, Trace};
use crate::wordings;

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

/// A trace being assembled.
#[derive(Debug)]
pub struct Open {
    /// Its lines so far.
    pub trace: Trace,
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
}

impl Open {
    /// Opens a trace at `head`; the head's line itself is given with [`Open::take_head`].
    pub fn new(head: Found, clean: &[u8], line: Line<'_>) -> Self {
        let prefix = Prefix::learn(part(clean, 0, head.at));
        Self {
            trace: Trace::new(head.form, line.time),
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
        }
    }

    /// Takes the line that announced the crash.
    pub fn take_head(&mut self, clean: &[u8], head: Found, offset: i64) {
        let logger = head.form.role == Role::Logger;
        let from = if logger { 0 } else { head.at };
        let is = if self.phase == Phase::Preamble { Is::Note } else { Is::Head };
        let value = loggers::value(head.form, rest(clean, head.value));
        let start = clean.len() - rest(clean, head.value).len() + offset_in(rest(clean, head.value), value);
        self.trace.push(is, rest(clean, from), start - from, value.len() as u64, offset);
        self.trace.damage.glued = !logger && glued(part(clean, 0, head.at));
        if self.phase != Phase::Preamble {
            self.keep();
        }
    }

    /// Opens at a dump without a head: the line is given to [`Open::step`] next.
    pub fn headless(&mut self) {
        self.phase = Phase::Block;
    }

    /// True when no further line can be expected; `now` in nanoseconds of event time.
    pub fn is_over(&self, now: i64, limits: &Limits) -> bool {
        let wait = match () {
            () if self.natural => limits.settle_ns,
            () if self.blocks == 0 => limits.head_idle_ns,
            () => limits.idle_ns,
        };
        now - self.last_time >= wait
    }

    /// Takes the next line of the stream.
    pub fn step(&mut self, clean: &[u8], line: Line<'_>, limits: &Limits) -> Verdict {
        if line.time != 0 && self.last_time != 0 && self.is_over(line.time, limits) {
            return self.over();
        }
        let beyond = self.trace.text.len() > limits.trace_bytes;
        let verdict = match (self.phase, self.prefix.strip(clean)) {
            (Phase::Block, Some(text)) if beyond => self.beyond(text, line.offset),
            (Phase::Block | Phase::Registers, None) => self.block_without_prefix(clean, line.offset, limits),
            (Phase::Block, Some(text)) => self.block(text, line.offset, limits),
            (Phase::Registers, Some(text)) => self.registers(text, line.offset, limits),
            (Phase::Head, stripped) => self.head(clean, stripped, line.offset, limits),
            (Phase::Preamble, stripped) => self.preamble(stripped.unwrap_or(clean), line.offset, limits),
            (Phase::Race, stripped) => self.race(stripped.unwrap_or(clean), line.offset, limits),
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

    fn is_crash(&self) -> bool {
        match self.trace.form.role {
            Role::Headless => self.blocks > 0 && (self.shows_panic() || self.old_stack()),
            Role::Race => self.trace.lines.iter().filter(|l| l.is == Is::Section).count() > 1,
            Role::Whole => true,
            Role::Preamble => false,
            _ if self.blocks > 0 => true,
            _ => self.stands_alone(),
        }
    }

    /// A head without any goroutine: `GOTRACEBACK=none`, or cut there.
    fn stands_alone(&self) -> bool {
        let head = self.trace.lines.iter().find(|l| l.is == Is::Head);
        let value = head.map_or(&[][..], |l| self.trace.value(l));
        let proven = self.trace.lines.iter().any(|l| matches!(l.is, Is::Signal | Is::Note | Is::Chain));
        match (self.trace.form.role, self.trace.form.kind) {
            (Role::SignalHead, _) => proven,
            (Role::Logger, kind) => kind == Kind::Recovered && !value.is_empty() && self.trace.form.mark != "testing.go:",
            (_, Kind::Fatal) => proven || (self.head_prefix.is_empty() && wordings::fatal(value).is_some()),
            _ if proven => true,
            _ if wordings::only_go(value) => !self.head_prefix.opens_quote(),
            _ => self.head_prefix.is_empty() && !self.odd_follows,
        }
    }

    /// debug.Stack of Go 1.0 to 1.3 behind a line that speaks of a panic: it shows no frame of the panic itself.
    fn old_stack(&self) -> bool {
        let mut lines = self.trace.lines.iter().map(|l| l.is);
        lines.next() == Some(Is::Head) && lines.next() == Some(Is::File)
    }

    fn shows_panic(&self) -> bool {
        let mut frames = self.trace.lines.iter().filter(|l| l.is == Is::Func);
        frames.any(|l| crate::classes::raises(self.trace.name(l)))
    }

    /// The last, half line of a trace that was cut: `main.`
    fn cut_piece(&self) -> bool {
        self.blocks > 0
            && self.trace.lines.len() == self.sure + 1
            && self.trace.lines.last().is_some_and(|l| matches!(l.is, Is::Func | Is::Created))
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

    // ---- before the first goroutine ------------------------------------------------------------------------

    fn preamble(&mut self, text: &[u8], offset: i64, limits: &Limits) -> Verdict {
        if let Some(head) = forms::find_head(text).filter(|head| head.at == 0) {
            if !matches!(head.form.role, Role::Preamble | Role::Whole) {
                self.trace.form = head.form;
                self.phase = Phase::Head;
                self.take_head(text, head, offset);
                return Verdict::Taken;
            }
        }
        let inner = trim_left(text);
        let belongs = [&b"runtime"[..], b"stack: frame=", b"0x", b"object=", b"*(object", b"unexpected fault", b"goroutine stack", b"fatal: "]
            .iter()
            .any(|start| inner.starts_with(start));
        self.waiting += 1;
        match () {
            () if self.waiting > limits.head_lines * 4 => Verdict::Drops,
            () if belongs || inner.is_empty() => self.take(Is::Note, text, 0, 0, offset),
            () if shape::call(inner).is_some() || shape::place(inner).is_some() => self.take(Is::Note, text, 0, 0, offset),
            () => self.preamble_foreign(inner),
        }
    }

    fn preamble_foreign(&mut self, text: &[u8]) -> Verdict {
        self.foreign += 1;
        if self.foreign > 4 || !shape::log_record(text) || forms::find_head(text).is_some() { Verdict::Drops } else { Verdict::Foreign }
    }

    fn head(&mut self, clean: &[u8], stripped: Option<&[u8]>, offset: i64, limits: &Limits) -> Verdict {
        let text = stripped.unwrap_or(clean);
        let inner = trim(text);
        if text.starts_with(b"\t") && self.trace.form.role == Role::Head && !self.wants_file && !self.chains(text) {
            return self.value_line(text, offset, limits);
        }
        if let Some((header, at)) = self.header_in(clean, text) {
            self.prefix = Prefix::learn(part(clean, 0, at));
            self.begin_block();
            return self.take_header(header, rest(clean, at), offset);
        }
        if self.wants_file {
            if let Some(place) = shape::place(text).or_else(|| old_place(text)) {
                self.begin_block();
                return self.take_file(text, place, offset);
            }
        }
        self.wants_file &= shape::log_record(inner);
        match inner.first() {
            None => self.take(Is::Blank, text, 0, 0, offset),
            Some(b'r') if inner == b"runtime stack:" => {
                self.begin_block();
                self.take_sure(Is::RuntimeStack, text, offset)
            }
            Some(b'[') if inner.starts_with(b"[signal ") => self.take_signal(text, offset),
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
    fn head_line(&mut self, text: &[u8], prefixed: bool, offset: i64, limits: &Limits) -> Verdict {
        let lead = shape::lead(text);
        let inner = trim_right(rest(text, lead));
        if self.trace.form.role == Role::SignalHead && shape::registers(trim_left(text)) {
            self.phase = Phase::Registers;
            return self.take_sure(Is::Register, text, offset);
        }
        if let Some(place) = old_place(text) {
            self.begin_block();
            return self.take_file(text, place, offset);
        }
        if shape::call(inner).is_some() || shape::bare_name(inner) {
            self.wants_file = true;
            let end = lead + shape::call(inner).unwrap_or(inner.len());
            return self.take(Is::Func, text, end, 0, offset);
        }
        if shape::snipped(inner) {
            return self.take(Is::Elided, text, 0, 0, offset);
        }
        let announces = forms::find_head(text).is_some_and(|head| head.at == 0 || head.form.role == Role::Logger || self.weak());
        if announces {
            return self.over();
        }
        if shape::log_record(inner) {
            self.record_follows |= !self.odd_follows;
            return if self.weak() && !prefixed { self.over() } else { self.pass(limits) };
        }
        self.odd_follows |= !self.record_follows && !shape::trailer(inner);
        self.waiting += 1;
        let bound = match () {
            () if self.weak() && !prefixed => 8,
            () => limits.head_lines,
        };
        if self.waiting > bound || self.trace.text.len() > limits.trace_bytes {
            return self.over();
        }
        self.take(Is::Text, text, 0, 0, offset)
    }

    /// A logger puts its clock in front of each record, not of each line: a line that carries it is the next record.
    fn new_record(&self, clean: &[u8], stripped: Option<&[u8]>) -> bool {
        self.trace.form.role == Role::Logger && !self.prefix.is_empty() && stripped.is_some() && shape::log_record(clean)
    }

    /// Announced by words that ordinary log lines hold too.
    fn weak(&self) -> bool {
        self.trace.form.role == Role::Head && !self.head_prefix.is_empty()
    }

    /// A goroutine header in the line, and where: behind the prefix, or behind one that shows only now.
    fn header_in<'t>(&self, clean: &'t [u8], text: &'t [u8]) -> Option<(Header<'t>, usize)> {
        let indent = text.len() - trim_left(text).len();
        if let Some(header) = shape::header(rest(text, indent)) {
            return Some((header, clean.len() - text.len() + indent));
        }
        let at = find(clean, b"goroutine ")?;
        let quoted = matches!(at.checked_sub(1).and_then(|b| clean.get(b)), Some(b'"' | b'\'' | b'`'));
        shape::header(rest(clean, at)).filter(|_| !quoted).map(|header| (header, at))
    }

    /// Go 1.23+ puts a tab in front of each further line of a value, whatever it imitates.
    fn value_line(&mut self, text: &[u8], offset: i64, limits: &Limits) -> Verdict {
        self.wants_file = false;
        if self.trace.text.len() > limits.trace_bytes {
            self.trace.damage.limits = true;
            self.trace.lines_beyond += 1;
            self.trace.last_beyond = offset;
            return Verdict::Taken;
        }
        self.take(Is::Text, text, 0, 0, offset)
    }

    /// A later panic of the chain: behind a tab or blanks, or at column 0 where tabs were eaten, a Goexit stands
    /// in the chain, or the runtime died while it panicked.
    fn chains(&self, text: &[u8]) -> bool {
        let inner = trim(text);
        if !matches!(text.first(), Some(b' ' | b'\t')) && self.weak() {
            return false;
        }
        let head = [&b"panic: "[..], b"fatal error: ", b"throw: "].iter().any(|mark| inner.starts_with(mark)) || inner == b"panic:";
        head && matches!(self.trace.form.role, Role::Head)
    }

    fn take_chain(&mut self, text: &[u8], offset: i64) -> Verdict {
        let value = find(text, b": ").map_or(text.len(), |at| at + 2);
        self.trace.push(Is::Chain, text, value, (text.len() - value) as u64, offset);
        self.keep();
        Verdict::Taken
    }

    fn take_signal(&mut self, text: &[u8], offset: i64) -> Verdict {
        self.take_sure(Is::Signal, text, offset)
    }

    // ---- among goroutines ----------------------------------------------------------------------------------

    fn begin_block(&mut self) {
        self.keep();
        self.phase = Phase::Block;
        self.blocks += 1;
        (self.wants_file, self.created, self.natural) = (false, false, false);
        (self.main, self.own) = (false, false);
    }

    fn take_header(&mut self, header: Header<'_>, text: &[u8], offset: i64) -> Verdict {
        self.trace.push(Is::Goroutine, text, usize::try_from(header.id).unwrap_or(0), header.minutes, offset);
        self.keep();
        Verdict::Taken
    }

    fn take_file(&mut self, text: &[u8], place: shape::Place, offset: i64) -> Verdict {
        let last = self.trace.lines.last();
        let name = last.filter(|l| l.is == Is::Func).map_or(&b""[..], |l| self.trace.name(l));
        self.created |= last.is_some_and(|l| l.is == Is::Created);
        self.main |= name == b"main.main";
        self.own |= !name.starts_with(b"runtime.");
        self.natural = self.created || name == b"main.main" || name == b"runtime.goexit" && (self.main || !self.own);
        self.blocks = self.blocks.max(1);
        self.wants_file = false;
        self.trace.push(Is::File, text, place.end, u64::from(place.line), offset);
        self.keep();
        Verdict::Taken
    }

    fn take_created(&mut self, text: &[u8], offset: i64) -> Verdict {
        let end = find(text, b" in goroutine ").unwrap_or(trim_right(text).len());
        if self.wants_file && self.last_call() {
            self.keep();
        }
        self.wants_file = true;
        self.take(Is::Created, text, end, 0, offset)
    }

    /// The tentative function line had arguments: it is one even without a file line.
    fn last_call(&self) -> bool {
        self.trace.lines.last().is_some_and(|l| l.is == Is::Func && l.a < l.end)
    }

    fn block_without_prefix(&mut self, clean: &[u8], offset: i64, limits: &Limits) -> Verdict {
        let text = trim(clean);
        let fits = shape::call(text).is_some() || shape::place(clean).is_some() || shape::header(text).is_some();
        if fits || text.starts_with(b"created by ") {
            return self.block(clean, offset, limits);
        }
        if text.is_empty() {
            return self.take(Is::Blank, clean, 0, 0, offset);
        }
        self.not_a_frame(clean, text, offset, limits)
    }

    fn block(&mut self, text: &[u8], offset: i64, limits: &Limits) -> Verdict {
        if self.wants_file {
            if let Some(place) = shape::place(text) {
                return self.take_file(text, place, offset);
            }
        } else if let (Some(end), false) = (shape::call(text), self.created) {
            return self.take_call(text, end, offset);
        }
        let indent = text.len() - trim_left(text).len();
        let inner = trim(text);
        match inner.first() {
            None => self.take_blank(text, offset),
            Some(b'g') if inner.starts_with(b"goroutine ") => match shape::header(inner) {
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
            Some(_) => match (shape::call(inner), self.created) {
                (Some(end), false) => self.take_call(text, indent + end, offset),
                _ => self.not_a_frame(text, inner, offset, limits),
            },
        }
    }

    fn take_call(&mut self, text: &[u8], end: usize, offset: i64) -> Verdict {
        if self.wants_file && self.last_call() {
            self.keep();
        }
        self.wants_file = true;
        self.natural = false;
        self.take(Is::Func, text, end, 0, offset)
    }

    fn take_blank(&mut self, text: &[u8], offset: i64) -> Verdict {
        if self.wants_file && self.last_call() {
            self.wants_file = false;
            self.keep();
        }
        self.waiting += 1;
        if self.waiting > 8 { self.over() } else { self.take(Is::Blank, text, 0, 0, offset) }
    }

    /// A line among frames that is no frame: other dialects, the runtime's notes, a new crash, somebody else's.
    fn not_a_frame(&mut self, text: &[u8], inner: &[u8], offset: i64, limits: &Limits) -> Verdict {
        if let Some(place) = old_place(text) {
            return self.take_file(text, place, offset);
        }
        if let Some(place) = shape::place(text) {
            self.trace.damage.interleaved |= self.trace.last_is() == Some(Is::File) && !self.natural;
            return if self.created { self.pass(limits) } else { self.take_file(text, place, offset) };
        }
        if self.threads && inner.starts_with(b"SIG") {
            return self.take_sure(Is::Note, text, offset);
        }
        if let Some(verdict) = self.new_head(text, offset) {
            return verdict;
        }
        if shape::note(inner) {
            self.threads |= inner == b"-----";
            return self.take_sure(Is::Note, text, offset);
        }
        if shape::registers(trim_left(text)) {
            self.phase = Phase::Registers;
            self.natural = true;
            return self.take_sure(Is::Register, text, offset);
        }
        if self.created {
            return self.pass(limits);
        }
        self.odd_line(text, offset, limits)
    }

    fn odd_line(&mut self, text: &[u8], offset: i64, limits: &Limits) -> Verdict {
        let lead = shape::lead(text);
        let name = trim_right(rest(text, lead));
        if let Some(end) = old_function(name).filter(|_| self.after_old_place()) {
            self.trace.push(Is::Func, text, lead + end, 1, offset);
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
        if self.bare(name) {
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

    fn after_old_place(&self) -> bool {
        self.trace.lines.last().is_some_and(|l| l.is == Is::File && self.trace.content(l).ends_with(b")"))
    }

    /// gccgo, zap, chi: names without arguments, each followed by its file line.
    fn bare(&self, name: &[u8]) -> bool {
        shape::bare_name(name) && !(self.natural && self.trace.last_is() == Some(Is::Blank))
    }

    /// A bare name that no file line followed was none.
    fn drop_bare(&mut self) {
        if self.wants_file && self.trace.last_is() == Some(Is::Func) && !self.last_call() {
            self.trace.truncate(self.sure);
        }
    }

    /// `exit status 2` in front of more goroutines: part of a value that imitates a trace. Kept if a header follows.
    fn takes_back(&mut self, inner: &[u8]) -> bool {
        self.waiting += 1;
        !self.natural && !self.wants_file && self.waiting < 4 && shape::trailer(inner)
    }

    /// A long line that a terminal or a mailer broke: `main.f(0x0, 0x0` + `, 0x0)`.
    fn continues_wrapped(&self, text: &[u8], inner: &[u8]) -> bool {
        let opens = find(inner, b"(").is_some() && !inner.ends_with(b")") && shape::call_begins(inner);
        let goes_on = self.trace.last_is() == Some(Is::Func) && self.wants_file && shape::arguments_end(inner);
        let path = self.wants_file && shape::path_begins(trim_left(text));
        !self.natural && (opens || goes_on || path)
    }

    fn take_wrapped(&mut self, text: &[u8], offset: i64) -> Verdict {
        let inner = trim_left(text);
        if shape::call_begins(inner) && !self.wants_file {
            self.wants_file = true;
            let end = text.len() - inner.len() + shape::name_end(inner);
            return self.take(Is::Func, text, end, 0, offset);
        }
        self.take(Is::Note, text, 0, 0, offset)
    }

    /// Another announcement among the frames: the next crash, or the same one, first logged and then real.
    fn new_head(&mut self, text: &[u8], offset: i64) -> Option<Verdict> {
        let head = forms::find_head(text)?;
        let certain = head.at == 0 || head.form.role == Role::Logger;
        if !certain || head.form.role == Role::Preamble && !self.natural {
            return None;
        }
        if head.form.kind == Kind::Panic && self.same_value(rest(text, head.value)) {
            self.trace.truncate(self.sure);
            self.trace.form = head.form;
            self.phase = Phase::Head;
            self.natural = false;
            self.head_prefix = Prefix::default();
            self.take_head(text, head, offset);
            return Some(Verdict::Taken);
        }
        Some(self.over())
    }

    /// klog logs a panic and lets the process die of it: one crash.
    fn same_value(&self, value: &[u8]) -> bool {
        let recovered = self.trace.form.kind == Kind::Recovered && self.blocks > 0;
        let Some(head) = self.trace.lines.iter().find(|l| l.is == Is::Head).filter(|_| recovered) else {
            return false;
        };
        let bare = find(value, b" [recovered").map_or(value, |at| part(value, 0, at));
        self.trace.value(head) == bare
    }

    fn beyond(&mut self, text: &[u8], offset: i64) -> Verdict {
        self.trace.damage.limits = true;
        let header = text.starts_with(b"goroutine ") && shape::header(text).is_some();
        let fits = header
            || text.is_empty()
            || text.starts_with(b"\t")
            || text.starts_with(b"created by ")
            || shape::call(text).is_some();
        if !fits {
            return self.over();
        }
        self.natural = true;
        self.trace.lines_beyond += 1;
        self.trace.last_beyond = offset;
        self.trace.goroutines_beyond += u64::from(header);
        Verdict::Taken
    }

    fn registers(&mut self, text: &[u8], offset: i64, limits: &Limits) -> Verdict {
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

    // ---- data races ----------------------------------------------------------------------------------------

    fn race(&mut self, text: &[u8], offset: i64, limits: &Limits) -> Verdict {
        let inner = trim(text);
        if inner.starts_with(b"==================") {
            self.take_sure(Is::Section, text, offset);
            self.natural = true;
            self.phase = Phase::Block;
            self.created = true;
            return Verdict::Taken;
        }
        if inner.is_empty() {
            return self.take(Is::Blank, text, 0, 0, offset);
        }
        if let Some(end) = shape::call(inner) {
            let indent = text.len() - trim_left(text).len();
            return self.take(Is::Func, text, indent + end, 0, offset);
        }
        if let Some(place) = shape::place(text) {
            self.take_file(text, place, offset);
            self.natural = false;
            return Verdict::Taken;
        }
        if race_section(inner) {
            self.blocks += 1;
            return self.take_sure(Is::Section, text, offset);
        }
        if forms::find_head(text).is_some_and(|head| head.at == 0) { self.over() } else { self.pass(limits) }
    }
}

/// A line of Go 1.0 to 1.5's debug.Stack and of gin: `/srv/app/main.go:15 (0x400de4)`.
pub fn old_place(text: &[u8]) -> Option<shape::Place> {
    let line = trim_right(text).strip_suffix(b")")?;
    let open = find(line, b" (0x")?;
    rest(line, open + 4).iter().all(u8::is_ascii_hexdigit).then(|| shape::place(part(line, 0, open)))?
}

/// `(*Order).CustomerName: func (o *Order) CustomerName() string {`, the line behind it; end of the name.
fn old_function(inner: &[u8]) -> Option<usize> {
    let end = find(inner, b": ")?;
    let name = part(inner, 0, end);
    let word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'(' | b')' | b'*' | b'/' | b'-') || *b >= 0x80;
    (!name.is_empty() && name.iter().all(word)).then_some(end)
}

/// Position of `inner`, a part of `whole`.
fn offset_in(whole: &[u8], inner: &[u8]) -> usize {
    find(whole, inner).unwrap_or(0)
}

fn signal_detail(inner: &[u8]) -> bool {
    [&b"PC=0x"[..], b"signal arrived during ", b"instruction bytes:"].iter().any(|start| inner.starts_with(start))
}

/// Program text without a line feed in front of the head: `progress: 41%panic: …`.
fn glued(front: &[u8]) -> bool {
    front.last().is_some_and(|b| !matches!(b, b' ' | b'\t' | b'|' | b'>' | b']' | b':'))
}

/// `Previous write at 0x… by goroutine 7:`, `Goroutine 8 (running) created at:`, …
fn race_section(inner: &[u8]) -> bool {
    const STARTS: [&[u8]; 12] = [
        b"Read at ", b"Write at ", b"Read by ", b"Write by ", b"Previous ", b"Goroutine ", b"Heap block ", b"Global var",
        b"[failed to restore", b"Atomic ", b"As if synchronized", b"Mutex ",
    ];
    STARTS.iter().any(|start| inner.starts_with(start)) || number(inner).is_some_and(|(_, tail)| tail == b" by main goroutine:")
}
