//! Finds the fingerprints worth comparing: those that share a rare token, and of them those that share enough.
//!
//! A fingerprint is found by its tokens that are not common, and by its two rarest in any case: a function of it and
//! of the epoch, so two find each other or neither does. Nothing is cut off.

use super::row::{COARSE, Row};
use super::rows::Slot;
use super::vocabulary::Vocabulary;
use super::weights::{FACTORS, POSITION_BITS, Packed, number, position};

/// Rarest tokens that find a fingerprint however common they are.
const RAREST: usize = 2;

/// Of one slot, in few bytes: a search waits for nothing but these.
#[derive(Clone, Copy, Default)]
struct Sum {
    /// What two must share at least to be similar is the sum of what each needs.
    need: i16,
    /// What it shares with the one that was looked for in `search`.
    shared: u16,
    search: u16,
}

/// Tokens and who holds them.
#[derive(Default)]
pub struct Index {
    /// By token: slots and positions, packed.
    holders: Vec<Vec<u32>>,
    sums: Vec<Sum>,
    search: u16,
    found: Vec<Slot>,
    keys: Vec<Packed>,
    edge: f64,
}

impl Index {
    /// For those that are at least that similar.
    pub fn new(edge: f32) -> Self {
        Self { edge: f64::from(edge), ..Self::default() }
    }

    /// Takes a fingerprint in.
    pub fn insert(&mut self, slot: Slot, row: &Row, vocabulary: &Vocabulary) {
        if self.sums.len() <= slot as usize {
            self.sums.resize(slot as usize + 1, Sum::default());
        }
        if let Some(sum) = self.sums.get_mut(slot as usize) {
            sum.need = needed(row, self.edge);
        }
        self.choose(row, vocabulary);
        for key in &self.keys {
            let at = number(*key) as usize;
            if at >= self.holders.len() {
                self.holders.resize_with(at + 1, Vec::new);
            }
            if let Some(holders) = self.holders.get_mut(at) {
                holders.push(holder(slot, *key));
            }
        }
    }

    /// Takes it out.
    pub fn remove(&mut self, slot: Slot, row: &Row, vocabulary: &Vocabulary) {
        self.choose(row, vocabulary);
        for key in &self.keys {
            let Some(holders) = self.holders.get_mut(number(*key) as usize) else { continue };
            if let Some(at) = holders.iter().position(|one| *one == holder(slot, *key)) {
                holders.swap_remove(at);
            }
        }
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.holders.clear();
    }

    /// Those that share a token, and of them only the ones that can be similar where not `all`; the row itself, too,
    /// where it is known. And how many share a token.
    pub fn find(&mut self, row: &Row, vocabulary: &Vocabulary, all: bool) -> (&[Slot], usize) {
        self.choose(row, vocabulary);
        self.begin();
        let factors = &*FACTORS;
        let need = if all { i32::MIN / 2 } else { i32::from(needed(row, self.edge)) };
        let mut seen = 0;
        for key in &self.keys {
            let rarity = vocabulary.rarity(number(*key));
            for holder in self.holders.get(number(*key) as usize).map_or(&[][..], Vec::as_slice) {
                let slot = holder >> POSITION_BITS;
                let Some(sum) = self.sums.get_mut(slot as usize) else { continue };
                let more = (factors.shared(rarity, *key, *holder) >> COARSE) as u16 + 1;
                let known = sum.search == self.search;
                let before = if known { i32::from(sum.shared) } else { -1 };
                seen += usize::from(!known);
                sum.search = self.search;
                sum.shared = if known { sum.shared.saturating_add(more) } else { more };
                let enough = (need + i32::from(sum.need)).max(0);
                if before < enough && i32::from(sum.shared) >= enough {
                    self.found.push(slot);
                }
            }
        }
        (&self.found, seen)
    }

    /// Begins a search: what was added up in others does not count.
    fn begin(&mut self) {
        self.found.clear();
        self.search = self.search.wrapping_add(1);
        if self.search == 0 {
            self.search = 1;
            self.sums.iter_mut().for_each(|sum| sum.search = 0);
        }
    }

    /// The tokens by which a fingerprint is found.
    fn choose(&mut self, row: &Row, vocabulary: &Vocabulary) {
        let mut rarest = [None; RAREST];
        for token in row.distinct() {
            let mut rank = Some((vocabulary.rank(token), token));
            for place in &mut rarest {
                if rank.is_some() && (place.is_none() || rank < *place) {
                    std::mem::swap(place, &mut rank);
                }
            }
        }
        let is_rarest = |token| rarest.iter().flatten().any(|(_, rare)| *rare == token);
        let finds = |packed: &&Packed| !vocabulary.is_common(number(**packed)) || is_rarest(number(**packed));
        self.keys.clear();
        self.keys.extend(row.tokens().iter().filter(finds));
    }
}

/// Two of similarity `edge` share at least `(1 + edge)` of what both weigh; common tokens, by which nobody looks, add
/// at most twice what they weigh.
fn needed(row: &Row, edge: f64) -> i16 {
    let total = row.total as f64 / (1u64 << COARSE) as f64;
    ((1.0 + edge) * total - 2.0 * f64::from(row.common)).floor() as i16
}

fn holder(slot: Slot, key: Packed) -> u32 {
    (slot << POSITION_BITS) | position(key) as u32
}
