//! A fingerprint as it is kept: tokens by number, sorted.

use super::described::{Described, Id, NAMELESS};
use super::kin;
use super::vocabulary::Vocabulary;
use super::weights::{FACTORS, Packed, number, pack};

/// Bits by which bounds are coarser than weights: sums of them fit into 16 bits.
pub const COARSE: u32 = 30;

/// One fingerprint.
#[derive(Debug)]
pub struct Row {
    /// Whose.
    pub id: Id,
    /// Packed tokens, sorted, then the words of the message.
    numbers: Box<[u32]>,
    /// How many of them are tokens.
    tokens: u32,
    /// Weight of all tokens of the stack that find others by rarity in the epoch but two; see `index`.
    pub common: u32,
    /// Weight of the stack in the epoch.
    pub total: u64,
    /// Equal for those that are one bug without a look in the epoch; see `kin`.
    pub kin: u64,
}

impl Row {
    /// Takes numbers for the tokens; weighs nothing yet.
    pub fn new(id: Id, described: &Described, vocabulary: &mut Vocabulary) -> Self {
        let tokens = described.tokens.iter().enumerate().filter(|(_, hash)| **hash != NAMELESS);
        let mut numbers: Vec<u32> = tokens.map(|(at, hash)| pack(vocabulary.take(*hash), at)).collect();
        numbers.sort_unstable();
        let tokens = numbers.len() as u32;
        numbers.extend(&described.words);
        let mut row = Self { id, numbers: numbers.into_boxed_slice(), tokens, common: 0, total: 0, kin: 0 };
        row.weigh(vocabulary);
        row
    }

    /// Packed tokens, sorted by number, then position.
    pub fn tokens(&self) -> &[Packed] {
        self.numbers.get(..self.tokens as usize).unwrap_or_default()
    }

    /// Words of the message, sorted.
    pub fn words(&self) -> &[u32] {
        self.numbers.get(self.tokens as usize..).unwrap_or_default()
    }

    /// Each token once.
    pub fn distinct(&self) -> impl Iterator<Item = u32> + '_ {
        let tokens = self.tokens();
        let before = std::iter::once(None).chain(tokens.iter().map(|t| Some(number(*t))));
        let named = tokens.iter().map(|t| number(*t)).zip(before);
        named.filter(|(token, before)| Some(*token) != *before).map(|(token, _)| token)
    }

    /// Weighs the stack in the current epoch.
    pub fn weigh(&mut self, vocabulary: &Vocabulary) {
        let (mut total, mut common) = (0, 0);
        for packed in self.tokens() {
            let token = number(*packed);
            let weight = FACTORS.weight(vocabulary.rarity(token), *packed);
            total += weight;
            common += if vocabulary.is_common(token) { weight } else { 0 };
        }
        self.total = total;
        self.common = (common >> COARSE) as u32 + 1;
        self.kin = kin::kin(self, vocabulary);
    }
}
