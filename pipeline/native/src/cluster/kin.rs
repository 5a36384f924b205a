//! Stacks that are the same but for the rarest frame of each, the crash site apart: mostly one bug, through one more
//! route, or behind code that a generator or a compiler named.
//!
//! How rare a frame is should say in how few bugs it stands, and bugs are not known before they are told apart. So kin
//! count as few fingerprints, one for each doubling of them: else a bug of a thousand fingerprints made its own crash
//! site common, and the one frame that differs outweighed it.

use super::described::TOKENS;
use super::row::Row;
use super::rows::Slot;
use super::vocabulary::Vocabulary;
use super::weights::{FACTORS, Packed, number, position};
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::Hasher;

/// Share of its weight that the rarest frame of a stack has at most where kin are one bug without a look: they are
/// similar by a tenth then, and more.
const HELD: f64 = 0.45;

/// Who is whose kin, of those whose rarest frame does not outweigh the rest.
#[derive(Default)]
pub struct Kin {
    slots: FxHashMap<u64, Vec<Slot>>,
}

impl Kin {
    /// Takes a fingerprint in. One whose stack weighs nothing is like no other, and has no kin.
    pub fn insert(&mut self, slot: Slot, row: &Row) {
        if row.total > 0 {
            self.slots.entry(row.kin).or_default().push(slot);
        }
    }

    /// Takes it out.
    pub fn remove(&mut self, slot: Slot, row: &Row) {
        let Some(slots) = self.slots.get_mut(&row.kin) else { return };
        slots.retain(|one| *one != slot);
        if slots.is_empty() {
            self.slots.remove(&row.kin);
        }
    }

    /// The kin of a known one, itself, too; nobody where it has none.
    pub fn of(&self, row: &Row) -> &[Slot] {
        self.slots.get(&row.kin).filter(|_| row.total > 0).map_or(&[], Vec::as_slice)
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.slots.clear();
    }
}

/// Equal for kin; a stack whose rarest frame outweighs the rest has none but equal ones.
pub fn kin(row: &Row, vocabulary: &Vocabulary) -> u64 {
    let rarest = rarest(row, vocabulary);
    let others = row.tokens().iter().filter(|packed| Some(number(**packed)) == rarest);
    let weight: u64 = others.map(|packed| FACTORS.weight(vocabulary.rarity(number(*packed)), *packed)).sum();
    without(row, rarest.filter(|_| weight as f64 <= HELD * row.total as f64))
}

/// What all fingerprints of an epoch count as.
#[derive(Default)]
pub struct Census {
    /// Fingerprints, kin as few.
    pub counted: u64,
    /// In how many of them each token stands, by number.
    pub frequencies: FxHashMap<u32, u32>,
}

/// Counts; `vocabulary` has the frequencies of the epoch.
pub fn census<'r>(rows: impl Iterator<Item = &'r Row> + Clone, vocabulary: &Vocabulary) -> Census {
    let mut sizes: FxHashMap<u64, u32> = FxHashMap::default();
    let mut with: FxHashMap<(u64, u32), u32> = FxHashMap::default();
    for row in rows.clone() {
        let rarest = rarest(row, vocabulary);
        let kin = without(row, rarest);
        *sizes.entry(kin).or_default() += 1;
        rarest.into_iter().for_each(|token| *with.entry((kin, token)).or_default() += 1);
    }
    let mut census =
        Census { counted: sizes.values().map(|size| u64::from(doublings(*size))).sum(), ..Census::default() };
    for row in rows {
        let rarest = rarest(row, vocabulary);
        let kin = without(row, rarest);
        // What kin share is counted with the first of them, the frame that differs with the first that has it.
        let shared = sizes.remove(&kin).into_iter().flat_map(|size| row.distinct().map(move |token| (token, size)));
        let other = rarest.and_then(|token| Some((token, with.remove(&(kin, token))?)));
        for (token, size) in shared.filter(|(token, _)| Some(*token) != rarest).chain(other) {
            *census.frequencies.entry(token).or_default() += doublings(size);
        }
    }
    census
}

/// The rarest token but the crash site, ties by name; `None` where there is no other.
///
/// What every panic goes through on its way is no crash site: kin below it were as many bugs.
fn rarest(row: &Row, vocabulary: &Vocabulary) -> Option<u32> {
    let sites = row.tokens().iter().filter(|packed| !vocabulary.is_everywhere(number(**packed)));
    let site = sites.min_by_key(|packed| position(**packed)).map(|packed| number(*packed));
    row.distinct().filter(|token| Some(*token) != site).min_by_key(|token| vocabulary.rank(*token))
}

/// Equal for stacks that are equal without that token.
fn without(row: &Row, token: Option<u32>) -> u64 {
    let mut inward: [Option<Packed>; TOKENS] = [None; TOKENS];
    for packed in row.tokens().iter().filter(|packed| Some(number(**packed)) != token) {
        if let Some(place) = inward.get_mut(position(*packed)) {
            *place = Some(*packed);
        }
    }
    let mut hasher = FxHasher::default();
    inward.into_iter().flatten().for_each(|packed| hasher.write_u32(number(packed)));
    hasher.finish()
}

/// 1 and how often it was doubled to reach it.
fn doublings(size: u32) -> u32 {
    u32::BITS - size.leading_zeros()
}

#[cfg(test)]
mod tests {
    use super::super::described::{Described, Id};
    use super::*;

    /// What each token counts as, and all fingerprints, of stacks with a letter for each frame.
    fn counted(stacks: &[&str]) -> (u64, Vec<(char, u32)>) {
        let mut vocabulary = Vocabulary::default();
        let rows: Vec<Row> = stacks.iter().map(|stack| row(stack, &mut vocabulary)).collect();
        vocabulary.renew(rows.len() as u64, rows.iter().flat_map(Row::distinct));
        let census = census(rows.iter(), &vocabulary);
        let mut letters: Vec<char> = stacks.concat().chars().collect();
        letters.sort_unstable();
        letters.dedup();
        let mut frequency = |letter: char| row(&letter.to_string(), &mut vocabulary).distinct().next();
        let numbers: Vec<(char, Option<u32>)> = letters.iter().map(|letter| (*letter, frequency(*letter))).collect();
        let of = |number: Option<u32>| number.and_then(|number| census.frequencies.get(&number)).copied().unwrap_or(0);
        (census.counted, numbers.into_iter().map(|(letter, number)| (letter, of(number))).collect())
    }

    fn row(stack: &str, vocabulary: &mut Vocabulary) -> Row {
        let mut described = Described::default();
        stack.chars().all(|letter| described.token(&letter.to_string()));
        Row::new(Id::default(), &described, vocabulary)
    }

    #[test]
    fn kin_count_as_one_more_for_each_doubling() {
        let (all, tokens) = counted(&["s1m", "s2m", "s3m", "s4m"]);
        assert_eq!(all, 3);
        assert_eq!(tokens, [('1', 1), ('2', 1), ('3', 1), ('4', 1), ('m', 3), ('s', 3)]);
    }

    #[test]
    fn stacks_of_other_crash_sites_are_no_kin() {
        assert_eq!(
            counted(&["1ms", "2ms", "3ms", "4ms"]),
            (4, vec![('1', 1), ('2', 1), ('3', 1), ('4', 1), ('m', 4), ('s', 4)])
        );
    }

    #[test]
    fn stacks_that_differ_in_two_frames_are_no_kin() {
        assert_eq!(counted(&["s12", "s34", "t"]).0, 3);
    }

    #[test]
    fn what_stands_alone_is_its_own_kin() {
        assert_eq!(counted(&["", "s"]), (2, vec![('s', 1)]));
    }
}
