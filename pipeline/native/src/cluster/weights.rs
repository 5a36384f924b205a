//! What a token weighs at its position, in whole numbers: their sums are the same in any order.
//!
//! A token that stands in df of N fingerprints, kin counted as few (`kin`), weighs `ln(1 + N / (df + 0.5))² / position^1.2`. Two stacks
//! share it with `(weight in one + weight in the other) · exp(-0.05 · distance of the positions)`: FaST (Rodrigues and
//! others, MSR 2022) with squared idf in place of its exponential, so that no figure has to be tuned to a program.

use super::described::TOKENS;
use std::sync::LazyLock;

/// One, in the fixed point of rarities and factors.
const ONE: f64 = 65_536.0;

/// How fast weights fall with the depth. Of 1 to 1.4 the one that ranked duplicates best among labelled kernel crashes;
/// Go crashes show no difference.
const DEPTH: f64 = 1.2;

/// How much a frame counts less for each position that it moved.
const DRIFT: f64 = 0.05;

/// Bits of a position in a packed token.
pub const POSITION_BITS: u32 = 6;

/// A token's number above, its position from 0 below.
pub type Packed = u32;

/// Packs; numbers beyond 26 bits are not reached before memory ends.
pub fn pack(number: u32, position: usize) -> Packed {
    (number << POSITION_BITS) | (position as u32 % TOKENS as u32)
}

/// Where it stands, from 0.
#[inline]
pub fn position(packed: Packed) -> usize {
    packed as usize % TOKENS
}

/// The number of a packed token.
#[inline]
pub fn number(packed: Packed) -> u32 {
    packed >> POSITION_BITS
}

/// `ln(1 + N / (df + 0.5))²`
pub fn rarity(known: u64, frequency: u64) -> u32 {
    (ONE * (1.0 + known as f64 / (frequency as f64 + 0.5)).ln().powi(2)).round() as u32
}

/// Factors by both positions.
pub struct Factors {
    /// `(1/p^1.2 + 1/q^1.2) · (1 + exp(-0.05 · |p - q|))`: a shared token is counted once as shared, once as not missing.
    both: [u32; TOKENS * TOKENS],
    /// `1/p^1.2`
    one: [u32; TOKENS],
}

/// The only ones.
pub static FACTORS: LazyLock<Factors> = LazyLock::new(|| {
    let one: [u32; TOKENS] = std::array::from_fn(|at| (ONE / ((at + 1) as f64).powf(DEPTH)).round() as u32);
    let inverse = |at: usize| one.get(at).map_or(0.0, |n| f64::from(*n));
    let pair = |p: usize, q: usize| (inverse(p) + inverse(q)) * (1.0 + (-DRIFT * p.abs_diff(q) as f64).exp());
    Factors { both: std::array::from_fn(|at| pair(at / TOKENS, at % TOKENS).round() as u32), one }
});

impl Factors {
    /// What a token of that rarity adds where two stacks share it.
    #[inline]
    pub fn shared(&self, rarity: u32, one: Packed, other: Packed) -> u64 {
        let at = position(one) * TOKENS + position(other);
        u64::from(rarity) * u64::from(self.both.get(at).copied().unwrap_or(0))
    }

    /// What it weighs in one stack.
    #[inline]
    pub fn weight(&self, rarity: u32, packed: Packed) -> u64 {
        u64::from(rarity) * u64::from(self.one.get(position(packed)).copied().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_shares_with_itself_twice_what_it_weighs_twice() {
        for position in 0..TOKENS {
            let token = pack(7, position);
            assert_eq!(FACTORS.shared(1000, token, token), 4 * FACTORS.weight(1000, token));
        }
    }

    #[test]
    fn rare_tokens_and_inner_ones_weigh_more() {
        assert!(rarity(1000, 0) > rarity(1000, 1));
        assert!(rarity(1000, 999) > 0);
        assert!(FACTORS.weight(1000, pack(0, 3)) > FACTORS.weight(1000, pack(0, 4)));
        assert!(FACTORS.shared(1000, pack(0, 3), pack(0, 4)) < FACTORS.shared(1000, pack(0, 3), pack(0, 3)));
    }
}
