//! Reads a trace: one pass over lines that assembly has classed.

use crate::classes;
use crate::form::{Kind, Role};
use crate::loggers;
use crate::report::{Frame, Goroutine, Link, Report};
use crate::text::{after, find, number, part, rest, trim};
use crate::trace::{Is, Trace, TraceLine};

/// Reads a trace.
pub fn report(trace: &Trace) -> Report<'_> {
    let mut reader =
        Reader { trace, report: Report::default(), in_value: false, blanks: 0, ancestor: false, imitated: None };
    for (at, line) in trace.lines.iter().enumerate() {
        reader.line(at, line);
    }
    reader.finish()
}

struct Reader<'t> {
    trace: &'t Trace,
    report: Report<'t>,
    in_value: bool,
    blanks: usize,
    ancestor: bool,
    imitated: Option<(usize, usize)>,
}

impl<'t> Reader<'t> {
    fn line(&mut self, at: usize, line: &'t TraceLine) {
        match line.is {
            Is::Func => self.func(line),
            Is::File => self.file(line),
            Is::Blank => self.blanks += 1,
            Is::Goroutine => self.goroutine(line),
            Is::Created => self.frame(after(self.name(line), b"created by ").unwrap_or(self.name(line)), true),
            Is::RuntimeStack => self.begin(None, b"", 0, true),
            Is::Head | Is::Chain => self.link(line),
            Is::Text if self.report.goroutines.is_empty() => self.value_goes_on(line),
            Is::Text if self.trace.form.kind == Kind::Panic => self.imitated = Some((at, self.report.goroutines.len())),
            Is::Signal => self.signal(line),
            Is::Ancestor => self.ancestor = true,
            Is::Section => self.section(line),
            Is::Text | Is::Note | Is::Elided | Is::Register => {}
        }
    }

    fn name(&self, line: &TraceLine) -> &'t [u8] {
        trim(part(&self.trace.text, line.start as usize, line.a as usize))
    }

    fn content(&self, line: &TraceLine) -> &'t [u8] {
        part(&self.trace.text, line.start as usize, line.end as usize)
    }

    fn link(&mut self, line: &TraceLine) {
        let value = self.trace.value(line);
        let fatal = if line.is == Is::Head {
            self.trace.form.kind == Kind::Fatal && !self.content(line).starts_with(b"panic: ")
        } else {
            !self.content(line).starts_with(b"panic: ")
        };
        self.report.chain.push(Link { message: value.to_vec(), fatal, ..Link::default() });
        self.in_value = true;
        self.blanks = 0;
    }

    fn value_goes_on(&mut self, line: &TraceLine) {
        let text = self.content(line);
        let blanks = std::mem::take(&mut self.blanks);
        let valued = matches!(self.trace.form.role, Role::Head | Role::Logger);
        if let (Some(link), true) = (self.report.chain.last_mut(), self.in_value && valued) {
            link.message.resize(link.message.len() + blanks, b'\n');
            link.message.push(b'\n');
            link.message.extend_from_slice(text);
        }
    }

    fn signal(&mut self, line: &TraceLine) {
        let text = self.content(line);
        let field = |mark: &[u8]| {
            find(text, mark).map_or(&[][..], |at| {
                let value = rest(text, at + mark.len());
                part(value, 0, value.iter().position(|b| matches!(b, b' ' | b']')).unwrap_or(value.len()))
            })
        };
        let signal = self.report.signal.get_or_insert_default();
        let set = |slot: &mut &'t [u8], value: &'t [u8]| {
            if slot.is_empty() && !value.is_empty() {
                *slot = value;
            }
        };
        if let Some(inside) = after(text, b"[signal ") {
            set(&mut signal.name, part(inside, 0, inside.iter().position(|b| matches!(b, b':' | b' ')).unwrap_or(0)));
        }
        set(&mut signal.code, field(b"code="));
        set(&mut signal.address, field(b"addr="));
        set(&mut signal.pc, field(b"pc="));
        set(&mut signal.pc, field(b"PC="));
    }

    fn goroutine(&mut self, line: &TraceLine) {
        let header = crate::shape::header(trim(self.content(line)));
        let (state, id) = header.map_or((&[][..], u64::from(line.a)), |h| (h.state, h.id));
        self.begin(Some(id), state, line.b, false);
        self.report.count += 1;
    }

    fn begin(&mut self, id: Option<u64>, state: &'t [u8], minutes: u32, system: bool) {
        let first = self.report.frames.len();
        self.report.goroutines.push(Goroutine { id, state, minutes, first, last: first, system });
        self.ancestor = false;
    }

    fn frame(&mut self, name: &'t [u8], origin: bool) {
        if self.ancestor {
            return;
        }
        if self.report.goroutines.is_empty() {
            self.begin(None, b"", 0, false);
        }
        self.report.frames.push(Frame { name, file: b"", line: 0, origin });
        if let Some(goroutine) = self.report.goroutines.last_mut() {
            goroutine.last = self.report.frames.len();
        }
    }

    fn func(&mut self, line: &TraceLine) {
        let name = self.name(line);
        let name =
            if name.starts_with(b"[fp=0x") { find(name, b"] ").map_or(name, |at| rest(name, at + 2)) } else { name };
        match self.report.frames.last_mut() {
            Some(frame) if line.b == 1 && frame.name.is_empty() => frame.name = name,
            _ => self.frame(name, false),
        }
    }

    fn file(&mut self, line: &TraceLine) {
        if self.ancestor {
            return;
        }
        let file = part(&self.trace.text, line.start as usize, line.a as usize);
        let named = self.report.frames.last().is_some_and(|f| f.file.is_empty() && f.line == 0);
        let own = self.report.goroutines.last().is_some_and(|g| g.last > g.first);
        if !(named && own) {
            self.frame(b"", false);
        }
        if let Some(frame) = self.report.frames.last_mut() {
            (frame.file, frame.line) = (file, line.b);
        }
    }

    /// A section of a race report: an access is a stack of its own, what created a goroutine is its origin.
    fn section(&mut self, line: &TraceLine) {
        let text = trim(self.content(line));
        let access = after(text, b"Previous ").unwrap_or(text);
        let kind: &[u8] = match access.first() {
            Some(b'R' | b'r') => b"read",
            Some(b'W' | b'w') => b"write",
            Some(b'A' | b'a') => b"atomic",
            _ => b"created",
        };
        if text.starts_with(b"====") || text.starts_with(b"[failed") || text.starts_with(b"WARNING") {
            return;
        }
        let id = find(text, b"oroutine ").and_then(|at| number(rest(text, at + 9))).map(|(n, _)| n);
        self.begin(id, kind, 0, kind == b"created");
        self.report.count += u64::from(text.starts_with(b"Goroutine "));
    }

    fn finish(mut self) -> Report<'t> {
        if let Some((line, goroutines)) = self.imitated {
            self.unmask(line, goroutines);
        }
        for link in &mut self.report.chain {
            link.message = loggers::settled(self.trace.form, &link.message).to_vec();
            marks(link);
        }
        let tabbed = self.trace.form.role == Role::Head && !self.plain_words();
        if tabbed {
            self.report.chain.iter_mut().for_each(untab);
        }
        self.report.count += self.trace.goroutines_beyond;
        self.stack_in_value();
        if self.trace.form.kind == Kind::Race {
            self.race();
        } else {
            self.report.crashing = crashing(&self.report, self.trace.form.kind);
        }
        self.report
    }

    /// A value that printed a goroutine dump of its own: those goroutines are text.
    fn unmask(&mut self, until: usize, goroutines: usize) {
        let own = goroutines.min(self.report.goroutines.len().saturating_sub(1));
        let head = self.trace.lines.iter().find(|l| l.is == Is::Head);
        let end = self.trace.lines.get(until).map_or(0, |l| l.end as usize);
        if let (Some(link), Some(head)) = (self.report.chain.first_mut(), head) {
            link.message = part(&self.trace.text, head.a as usize, end).to_vec();
        }
        let removed = self.report.goroutines.drain(..own).filter(|g| g.id.is_some()).count();
        self.report.count -= removed as u64;
    }

    /// Go 1.23+ indents the stack that a value holds (singleflight, conc): where it raised a panic, it is the crash's.
    fn stack_in_value(&mut self) {
        let first = self.report.frames.len();
        for line in self.trace.lines.iter().filter(|l| l.is == Is::Text) {
            let text = trim(self.content(line));
            if let Some(end) = crate::frame_line::call(text) {
                self.report.frames.push(Frame { name: part(text, 0, end), file: b"", line: 0, origin: false });
            } else if let (Some(place), Some(frame)) =
                (crate::frame_line::place(text), self.report.frames.get_mut(first..).and_then(<[_]>::last_mut))
            {
                (frame.file, frame.line) = (part(text, place.start, place.end), place.line);
            }
        }
        let last = self.report.frames.len();
        if self.report.frames.get(first..).unwrap_or_default().iter().any(|f| classes::raises(f.name)) {
            self.report
                .goroutines
                .insert(0, Goroutine { id: None, state: b"", minutes: 0, first, last, system: false });
        }
    }

    /// Arguments without a question mark: Go 1.17 and older, which indent no further lines of a value.
    fn plain_words(&self) -> bool {
        let calls = self.trace.lines.iter().filter(|l| l.is == Is::Func && l.a < l.end);
        let arguments = calls.map(|l| part(&self.trace.text, l.a as usize + 1, l.end as usize));
        let words: Vec<&[u8]> = arguments.filter(|a| find(a, b"0x").is_some()).collect();
        !words.is_empty() && !words.iter().any(|a| a.iter().any(|b| matches!(b, b'?' | b'_')))
    }

    fn race(&mut self) {
        let accesses = self.report.goroutines.iter().filter(|g| !g.system);
        let named = accesses.count() as u64;
        self.report.count = self.report.count.max(named);
        self.report.crashing = self.report.goroutines.iter().position(|g| !g.system && g.last > g.first);
        self.report.chain = vec![Link { message: b"DATA RACE".to_vec(), ..Link::default() }];
    }
}

/// ` [recovered]` and ` [recovered, repanicked]` at the end of a value are the runtime's words.
fn marks(link: &mut Link) {
    for (mark, repanicked) in [(&b"[recovered, repanicked]"[..], true), (b"[recovered]", false)] {
        if let Some(value) = link.message.strip_suffix(mark) {
            link.message = value.strip_suffix(b" ").or_else(|| value.strip_suffix(b"\n")).unwrap_or(value).to_vec();
            (link.recovered, link.repanicked) = (true, repanicked);
            return;
        }
    }
}

/// Go 1.23+ puts one tab in front of each further line of a value: runtime/print.go. Older ones do not, and nothing
/// else tells them apart; lists that open with `⇥* ` are indented by their own author (go-multierror).
fn untab(link: &mut Link) {
    let mut lines = link.message.split(|b| *b == b'\n').skip(1).peekable();
    let own = lines.peek().is_some_and(|line| line.starts_with(b"\t* "));
    if !own && lines.peek().is_some() && lines.all(|line| line.starts_with(b"\t")) {
        let lines: Vec<&[u8]> = link.message.split(|b| *b == b'\n').collect();
        let text = lines.iter().enumerate().map(|(n, line)| if n == 0 { *line } else { rest(line, 1) });
        link.message = text.collect::<Vec<_>>().join(&b'\n');
    }
}

/// The stack that crashed. Panics: the running one, or the one inside the value (singleflight). Fatal errors: the
/// running one, else one in a system call. Then, and for signals, the first that shows code of the program: the
/// first of all may be the scheduler's, and the runtime stack is the runtime's own.
fn crashing(report: &Report<'_>, kind: Kind) -> Option<usize> {
    let usable = |g: &Goroutine<'_>| report.frames_of(g).iter().any(|f| !f.origin);
    let find = |wanted: &dyn Fn(&Goroutine<'_>) -> bool| report.goroutines.iter().position(|g| usable(g) && wanted(g));
    let own = |g: &Goroutine<'_>| g.id.is_some_and(|id| id > 0);
    let shows_app = |g: &Goroutine<'_>| {
        (own(g) || g.id.is_none() && !g.system)
            && report.frames_of(g).iter().any(|f| !f.origin && classes::class(f.name, f.file) == classes::Class::App)
    };
    let running = || find(&|g| own(g) && g.state == b"running");
    let first = find(&|_| true).or_else(|| report.goroutines.iter().position(own));
    match kind {
        Kind::Signal => find(&shows_app).or_else(|| find(&own)).or(first),
        Kind::Fatal => running()
            .or_else(|| find(&|g| own(g) && g.state == b"syscall"))
            .or_else(|| find(&shows_app))
            .or_else(|| find(&own))
            .or(first),
        _ if report.embeds_stack() => Some(0),
        _ => running().or_else(|| find(&|g| !g.system)).or(first),
    }
}
