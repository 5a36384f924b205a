//! What people said of two fingerprints, known or not: they are one bug, or they are not.

use super::described::Id;
use rustc_hash::FxHashMap;

/// Similarity of two that are one bug: more than any mean of others can take away.
pub const TOGETHER: f64 = 1e9;

/// Similarity of two that are not.
pub const APART: f64 = f64::NEG_INFINITY;

/// The words, by fingerprint.
#[derive(Default)]
pub struct Constraints {
    of: FxHashMap<Id, FxHashMap<Id, bool>>,
}

impl Constraints {
    /// Takes a word, or takes it back.
    pub fn set(&mut self, one: Id, other: Id, same: Option<bool>) {
        for (one, other) in [(one, other), (other, one)] {
            let words = self.of.entry(one).or_default();
            match same {
                Some(same) => words.insert(other, same),
                None => words.remove(&other),
            };
            if words.is_empty() {
                self.of.remove(&one);
            }
        }
    }

    /// All that was said of it.
    pub fn of(&self, id: Id) -> impl Iterator<Item = (Id, bool)> + '_ {
        self.of.get(&id).into_iter().flatten().map(|(other, same)| (*other, *same))
    }
}
