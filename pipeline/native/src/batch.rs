//! What a batch of records gave.

use crate::envelope::Unread;
use crate::stream::out::Out;

/// How far a batch came in one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: i32,
    /// The offset behind its last record.
    pub next_offset: i64,
    /// Records of it.
    pub records: u64,
}

/// What a batch gave.
#[derive(Debug, Default)]
pub struct Batch {
    /// Crashes that ended, `panic.v1`, in order.
    pub crashes: Vec<Vec<u8>>,
    /// GC cycles, JSON, in order.
    pub cycles: Vec<Vec<u8>>,
    /// Records that hold no line: number in the batch, and why.
    pub unread: Vec<(usize, Unread)>,
    /// How far it came in each partition.
    pub ends: Vec<End>,
    /// Records that were taken.
    pub records: u64,
    /// Records that had been taken before.
    pub repeated: u64,
    /// Lines that were taken.
    pub lines: u64,
    /// Lines in crashes that ended, those that are not told, too.
    pub crash_lines: u64,
    /// Crashes that are damaged.
    pub damaged: u64,
    /// Crashes that somebody else told before.
    pub silent: u64,
    /// Pieces of crashes of which another partition has the head.
    pub fragments: u64,
    /// GC lines that another line cut.
    pub torn_cycles: u64,
}

impl Batch {
    /// Adds what was counted, and begins its count anew.
    pub fn count(&mut self, out: &mut Out) {
        self.lines += std::mem::take(&mut out.lines);
        self.silent += std::mem::take(&mut out.silent);
        self.torn_cycles += std::mem::take(&mut out.torn_cycles);
    }

    /// Adds what came later.
    pub fn append(&mut self, later: Self) {
        self.crashes.extend(later.crashes);
        self.cycles.extend(later.cycles);
        self.unread.extend(later.unread);
        self.ends.extend(later.ends);
        self.records += later.records;
        self.repeated += later.repeated;
        self.lines += later.lines;
        self.crash_lines += later.crash_lines;
        self.damaged += later.damaged;
        self.silent += later.silent;
        self.fragments += later.fragments;
        self.torn_cycles += later.torn_cycles;
    }
}
