//! What a partition needs to be read on elsewhere without losing or repeating a crash.

use crate::trace::Place;
use rustc_hash::FxHashSet;

/// What is open in a partition after the records that were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The first record that is still needed.
    pub first_offset: i64,
    /// First lines of the traces that are open.
    pub open: Vec<Place>,
    /// First lines of the crashes whose late lines are being swallowed.
    pub swallowing: Vec<Place>,
}

/// A mark that reading will come to, with what is open there.
#[derive(Clone, Debug)]
pub struct Cut {
    /// The first offset behind it.
    pub mark: i64,
    /// First lines of the traces that stay open; all others are closed.
    pub open: FxHashSet<Place>,
    /// First lines of the crashes whose late lines go on being swallowed.
    pub swallowing: FxHashSet<Place>,
    /// What was told before the mark was told by somebody else: only what is open there is told again.
    pub silent: bool,
}
