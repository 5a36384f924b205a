//! The lines of one crash, each with what it is.

use crate::form::Form;
use crate::text::part;

/// One line of a stream.
#[derive(Clone, Copy, Debug, Default)]
pub struct Line<'t> {
    /// Without its line feed.
    pub text: &'t [u8],
    /// Where it was read.
    pub place: Place,
    /// Event time in nanoseconds since 1970, 0 where unknown.
    pub time: i64,
    /// Where it stands in its log file, where the shipper says so.
    pub in_file: Option<i64>,
}

/// Where a line was read: a record may hold many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Offset of its record, or its number in a file.
    pub offset: i64,
    /// Its number in the record.
    pub position: u32,
}

/// What a line of a trace is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    /// Empty.
    Blank,
    /// The line that announces the crash; the value starts at `a` and is `b` bytes long.
    Head,
    /// A further panic of the chain, `⇥panic: …`, or a fatal error raised while panicking; `a` and `b` as above.
    Chain,
    /// A further line of a panic's value.
    Text,
    /// `[signal SIGSEGV: … ]`, or `PC=…` of a signal dump.
    Signal,
    /// A runtime line that belongs to the report and says nothing of frames.
    Note,
    /// A goroutine header; `a` is the id, `b` the minutes.
    Goroutine,
    /// `runtime stack:`
    RuntimeStack,
    /// `[originating from goroutine 7]:`
    Ancestor,
    /// A function line; `a` is the end of the name.
    Func,
    /// A file line; `start..a` is the path, `b` the line number.
    File,
    /// `created by main.run in goroutine 1`; `start..a` is the name.
    Created,
    /// A marker of frames left out.
    Elided,
    /// One line of a register dump.
    Register,
    /// A line that opens a section of a data race report.
    Section,
}

/// One line of a trace: positions in `Trace::text`.
#[derive(Clone, Copy, Debug)]
pub struct TraceLine {
    /// What it is.
    pub is: Is,
    /// Start of its content, behind prefix and indentation.
    pub start: u32,
    /// End of the line.
    pub end: u32,
    /// See [`Is`].
    pub a: u32,
    /// See [`Is`].
    pub b: u32,
    /// Its offset in the source.
    pub offset: i64,
}

/// Reasons why a trace is not what the program wrote.
#[derive(Clone, Copy, Debug, Default)]
pub struct Damage {
    /// It stops in the middle.
    pub cut_off: bool,
    /// Its first line was never seen.
    pub headless: bool,
    /// Program text stands in front of its head.
    pub glued: bool,
    /// A bound cut it.
    pub limits: bool,
    /// Lines of another writer tore a frame apart.
    pub interleaved: bool,
    /// Lines came in another order than they were written, and could not be put back.
    pub reordered: bool,
}

/// The lines of one crash. Lines stand in `text` as the program wrote them, each with a line feed.
#[derive(Debug)]
pub struct Trace {
    /// How it was announced.
    pub form: &'static Form,
    /// All lines.
    pub text: Vec<u8>,
    /// Their borders and meaning.
    pub lines: Vec<TraceLine>,
    /// Lines beyond the bounds, counted only.
    pub lines_beyond: u64,
    /// Goroutines beyond the bounds, counted only.
    pub goroutines_beyond: u64,
    /// What is wrong with it.
    pub damage: Damage,
    /// Event time of the first line in nanoseconds, 0 where unknown.
    pub time: i64,
    /// A log prefix stood in front of the head and of no other line: a logger wrote it.
    pub logged: bool,
    /// Offset of the last line beyond the bounds.
    pub last_beyond: i64,
    /// Position in its record of its first line.
    pub position: u32,
}

impl Trace {
    /// An empty trace of that form.
    pub fn new(form: &'static Form, time: i64) -> Self {
        Self {
            form,
            text: Vec::with_capacity(1024),
            lines: Vec::with_capacity(32),
            lines_beyond: 0,
            goroutines_beyond: 0,
            damage: Damage::default(),
            time,
            logged: false,
            last_beyond: 0,
            position: 0,
        }
    }

    /// Appends a line; `a` and `b` count from the start of `content`.
    pub fn push(&mut self, is: Is, content: &[u8], a: usize, b: u64, offset: i64) {
        let start = self.text.len();
        self.text.extend_from_slice(content);
        let end = self.text.len();
        self.text.push(b'\n');
        let indent = match is {
            Is::Text | Is::Blank => 0,
            _ => crate::frame_line::lead(content),
        };
        let a = match is {
            Is::Goroutine => a,
            _ => start + a,
        };
        self.lines.push(TraceLine {
            is,
            start: small(start + indent),
            end: small(end),
            a: small(a),
            b: u32::try_from(b).unwrap_or(u32::MAX),
            offset,
        });
    }

    /// Takes the lines from `keep` on back.
    pub fn truncate(&mut self, keep: usize) {
        let end = match keep.checked_sub(1).and_then(|last| self.lines.get(last)) {
            Some(line) => line.end as usize + 1,
            None => 0,
        };
        if self.lines.len() > keep {
            self.lines.truncate(keep);
            self.text.truncate(end);
        }
    }

    /// Where its first line was read.
    pub fn place(&self) -> Place {
        Place { offset: self.lines.first().map_or(0, |line| line.offset), position: self.position }
    }

    /// Bytes that it holds, as far as they grow with its lines.
    pub fn held_bytes(&self) -> usize {
        self.text.capacity() + self.lines.capacity() * size_of::<TraceLine>()
    }

    /// Lines of the source that it took; a line that holds value and goroutine header is one.
    pub fn source_lines(&self) -> u64 {
        let mut last = None;
        let own = self.lines.iter().filter(|line| last.replace(line.offset) != Some(line.offset)).count();
        own as u64 + self.lines_beyond
    }

    /// Content of a line.
    pub fn content(&self, line: &TraceLine) -> &[u8] {
        part(&self.text, line.start as usize, line.end as usize)
    }

    /// What the last line is.
    pub fn last_is(&self) -> Option<Is> {
        self.lines.last().map(|line| line.is)
    }

    /// Value of a head or chain line.
    pub fn value(&self, line: &TraceLine) -> &[u8] {
        part(&self.text, line.a as usize, line.a as usize + line.b as usize)
    }

    /// Name of a function line or of a `created by` line.
    pub fn name(&self, line: &TraceLine) -> &[u8] {
        part(&self.text, line.start as usize, line.a as usize)
    }
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
