//! How alike two stacks are: 1 where they are equal, below 0 where most of their weight is not shared.

use super::row::Row;
use super::vocabulary::Vocabulary;
use super::weights::{FACTORS, Packed, number};
use std::cmp::Ordering;

/// What wholly different messages take off.
const MESSAGE: f64 = 0.3;

/// A stack, ready to be compared with many.
#[derive(Debug, Default)]
pub struct Query {
    tokens: Vec<Packed>,
    rarities: Vec<u32>,
    words: Vec<u32>,
    total: u64,
}

impl Query {
    /// Prepares the stack of `row`; keeps the memory of the one before.
    pub fn prepare(&mut self, row: &Row, vocabulary: &Vocabulary) {
        self.tokens.clear();
        self.tokens.extend_from_slice(row.tokens());
        self.rarities.clear();
        self.rarities.extend(row.tokens().iter().map(|t| vocabulary.rarity(number(*t))));
        self.words.clear();
        self.words.extend_from_slice(row.words());
        self.total = row.total;
    }

    /// Similarity with `row`, at most 1; the same with both exchanged.
    #[inline]
    pub fn similarity(&self, row: &Row) -> f32 {
        let total = self.total + row.total;
        let stack = if total == 0 { 0.0 } else { self.shared(row.tokens()) as f64 / total as f64 };
        (stack - 1.0 + MESSAGE * (jaccard(&self.words, row.words()) - 1.0)) as f32
    }

    /// Sum over the tokens of both, equal ones joined in the order of their positions.
    #[inline]
    fn shared(&self, others: &[Packed]) -> u64 {
        let factors = &*FACTORS;
        let mut others = others.iter().copied().peekable();
        let mut sum = 0;
        for (token, rarity) in self.tokens.iter().zip(&self.rarities) {
            while others.next_if(|other| number(*other) < number(*token)).is_some() {}
            match others.next_if(|other| number(*other) == number(*token)) {
                Some(other) => sum += factors.shared(*rarity, *token, other),
                None if others.peek().is_none() => break,
                None => {}
            }
        }
        sum
    }
}

/// Share of the words of two sorted lists that stand in both; 1 where there is none.
fn jaccard(one: &[u32], other: &[u32]) -> f64 {
    let (mut ones, mut others) = (one.iter().peekable(), other.iter().peekable());
    let mut both = 0;
    while let (Some(a), Some(b)) = (ones.peek(), others.peek()) {
        match a.cmp(b) {
            Ordering::Less => drop(ones.next()),
            Ordering::Greater => drop(others.next()),
            Ordering::Equal => {
                both += 1;
                ones.next();
                others.next();
            }
        }
    }
    let all = one.len() + other.len() - both;
    if all == 0 { 1.0 } else { both as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_as_sets() {
        assert_eq!(jaccard(&[], &[]), 1.0);
        assert_eq!(jaccard(&[1, 2, 3], &[1, 2, 3]), 1.0);
        assert_eq!(jaccard(&[1, 2, 3], &[2, 3, 4]), 0.5);
        assert_eq!(jaccard(&[1], &[]), 0.0);
    }
}
