//! What a partition needs to be read on elsewhere without losing or repeating a crash.

use super::member::Member;
use crate::limits::Limits;
use crate::trace::{Place, Trace};
use rustc_hash::FxHashSet;

/// What is open in a partition after the records that were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The first record that is still needed.
    pub first_offset: i64,
    /// First lines of the traces that are open, and of the lines of which pieces are missing.
    pub open: Vec<Place>,
    /// First lines of the crashes whose late lines are being swallowed.
    pub swallowing: Vec<Place>,
}

/// A mark that reading will come to, with what is open there.
#[derive(Clone, Debug)]
pub struct Cut {
    /// The first offset behind it.
    pub mark: i64,
    /// What stays open until then, and there; all else is closed there.
    pub open: FxHashSet<Place>,
    /// First lines of the crashes whose late lines go on being swallowed.
    pub swallowing: FxHashSet<Place>,
    /// What was told before the mark was told by somebody else: only what is open there is told again.
    pub silent: bool,
}

impl Cut {
    /// Where a trace is known to begin with the next line, the one before is over.
    pub fn begin(&self, line: Place, member: &mut Member, limits: &Limits, told: &mut Vec<Trace>) {
        let begins = self.open.contains(&line) || self.swallowing.contains(&line);
        if begins && member.stream.open_at().is_some_and(|open| !self.open.contains(&open)) {
            member.close(limits, told);
        }
    }
}
