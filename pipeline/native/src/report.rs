//! A crash understood: panics, signal, goroutines and frames, still in the words of the trace.

use crate::classes::{self, Class};
use crate::text::trim_right;
use crate::wordings::{self, Wording};

/// One panic of a chain, oldest first.
#[derive(Debug, Default)]
pub struct Link {
    /// Its value, further lines behind line feeds.
    pub message: Vec<u8>,
    /// A deferred call recovered it.
    pub recovered: bool,
    /// And raised the same value again (Go 1.25+ says so).
    pub repanicked: bool,
    /// It is a fatal error.
    pub fatal: bool,
}

/// `[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4658a0]`, or the head of a signal dump.
#[derive(Debug, Default)]
pub struct Signal<'t> {
    /// `SIGSEGV`
    pub name: &'t [u8],
    /// As printed, hexadecimal or decimal.
    pub code: &'t [u8],
    /// Address of the fault.
    pub address: &'t [u8],
    /// Program counter.
    pub pc: &'t [u8],
}

/// One function of a stack.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'t> {
    /// As printed, without arguments; empty where only the file was printed.
    pub name: &'t [u8],
    /// As printed; empty where none was.
    pub file: &'t [u8],
    /// Line in the file.
    pub line: u32,
    /// `created by`
    pub origin: bool,
}

/// One stack: `frames[first..last]` of the report.
#[derive(Clone, Copy, Debug)]
pub struct Goroutine<'t> {
    /// Id; `None` without a header.
    pub id: Option<u64>,
    /// Status; the access of a race.
    pub state: &'t [u8],
    /// Minutes blocked.
    pub minutes: u32,
    /// First frame.
    pub first: usize,
    /// Behind the last frame.
    pub last: usize,
    /// `runtime stack:`
    pub system: bool,
}

/// A crash understood.
#[derive(Debug, Default)]
pub struct Report<'t> {
    /// Panics, oldest first.
    pub chain: Vec<Link>,
    /// The signal.
    pub signal: Option<Signal<'t>>,
    /// Stacks in the order printed.
    pub goroutines: Vec<Goroutine<'t>>,
    /// Frames of all stacks.
    pub frames: Vec<Frame<'t>>,
    /// The stack that crashed.
    pub crashing: Option<usize>,
    /// Goroutine headers printed.
    pub count: u64,
}

impl Link {
    /// The family of texts that the value belongs to.
    pub fn wording(&self) -> Option<&'static Wording> {
        if self.fatal { wordings::fatal(&self.message) } else { wordings::panic(&self.message) }
    }
}

impl<'t> Report<'t> {
    /// The value that a crash is known by: of the first panic, the fatal text, or the signal line.
    pub fn message(&self) -> &[u8] {
        self.chain.first().map_or(&[], |link| trim_right(&link.message))
    }

    /// True where the value holds a stack of its own, and it shows where the panic was raised.
    pub fn embeds_stack(&self) -> bool {
        self.goroutines.first().is_some_and(|g| g.id.is_none() && !g.system)
            && self.stack(0).iter().any(|f| classes::raises(f.name))
    }

    /// The stack that crashed; empty where none was printed.
    pub fn crashed(&self) -> &[Frame<'t>] {
        self.crashing.map_or(&[], |at| self.stack(at))
    }

    /// Frames of a stack.
    pub fn stack(&self, goroutine: usize) -> &[Frame<'t>] {
        self.goroutines.get(goroutine).map_or(&[], |g| self.frames_of(g))
    }

    /// Frames of a goroutine of this report.
    pub fn frames_of(&self, goroutine: &Goroutine<'_>) -> &[Frame<'t>] {
        self.frames.get(goroutine.first..goroutine.last).unwrap_or_default()
    }
}

/// Class of each frame.
pub fn classes_of(stack: &[Frame<'_>]) -> Vec<Class> {
    stack.iter().map(|f| if f.origin { Class::Origin } else { classes::class(f.name, f.file) }).collect()
}
