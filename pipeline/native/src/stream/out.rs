//! What records gave.

use crate::gc::process::GcCycle;
use crate::trace::Trace;

/// A crash that ended.
#[derive(Debug)]
pub struct Told {
    /// Its lines.
    pub trace: Trace,
    /// Which stream's it is.
    pub member: usize,
    /// Event time of its first line in nanoseconds since 1970; the record's timestamp where lines have none.
    pub time: i64,
}

/// A GC cycle.
#[derive(Clone, Copy, Debug)]
pub struct Cycled {
    /// What the line says.
    pub cycle: GcCycle,
    /// Which stream's it is.
    pub member: usize,
    /// Offset of its record.
    pub offset: i64,
    /// Event time in nanoseconds since 1970, 0 where unknown.
    pub time: i64,
}

/// What records gave.
#[derive(Debug, Default)]
pub struct Out {
    /// Crashes that ended.
    pub told: Vec<Told>,
    /// GC cycles.
    pub cycles: Vec<Cycled>,
    /// Lines that were taken.
    pub lines: u64,
    /// Crashes that somebody else told before.
    pub silent: u64,
    /// GC lines that another line cut.
    pub torn_cycles: u64,
}

impl Out {
    /// True where nothing is to be told.
    pub fn is_empty(&self) -> bool {
        self.told.is_empty() && self.cycles.is_empty()
    }
}
