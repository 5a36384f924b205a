//! What a batch of records gave.

use crate::envelope::Unread;

/// What a batch gave.
#[derive(Debug, Default)]
pub struct Batch {
    /// Crashes that ended, `panic.v1`, in order.
    pub crashes: Vec<Vec<u8>>,
    /// GC cycles, JSON, in order.
    pub cycles: Vec<Vec<u8>>,
    /// Records that hold no line: number in the batch, and why.
    pub unread: Vec<(usize, Unread)>,
    /// Records that were taken.
    pub records: u64,
    /// Records that had been taken before.
    pub repeated: u64,
    /// Lines in crashes that ended, those that are not told, too.
    pub crash_lines: u64,
    /// Pieces of crashes of which another partition has the head.
    pub fragments: u64,
    /// GC lines that another line cut.
    pub torn_cycles: u64,
}

impl Batch {
    /// Adds what came later.
    pub fn append(&mut self, later: Self) {
        self.crashes.extend(later.crashes);
        self.cycles.extend(later.cycles);
        self.unread.extend(later.unread);
        self.records += later.records;
        self.repeated += later.repeated;
        self.crash_lines += later.crash_lines;
        self.fragments += later.fragments;
        self.torn_cycles += later.torn_cycles;
    }
}
