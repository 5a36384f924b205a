//! Tokens by number, and how rare each is in the current epoch.

use super::described::hash;
use super::kin::Census;
use super::prior;
use super::weights;
use rustc_hash::FxHashMap;

/// Share of the fingerprints, and number of them, in which a token may stand that still finds others.
const COMMON_SHARE: f64 = 0.15;
const COMMON: u64 = 400;

struct Token {
    hash: u64,
    /// Fingerprints of the epoch that hold it, those of the prior table included.
    frequency: u32,
    /// The same in the prior table alone.
    prior: u32,
    rarity: u32,
    /// Positions of known fingerprints at which it stands.
    uses: u32,
}

/// The tokens of all known fingerprints and of the epoch.
pub struct Vocabulary {
    numbers: FxHashMap<u64, u32>,
    tokens: Vec<Token>,
    free: Vec<u32>,
    epoch: u64,
    /// What the fingerprints of the epoch count as, those of the prior table included.
    counted: u64,
}

impl Default for Vocabulary {
    fn default() -> Self {
        let mut vocabulary =
            Self { numbers: FxHashMap::default(), tokens: Vec::new(), free: Vec::new(), epoch: 0, counted: 0 };
        vocabulary.renew(0, std::iter::empty());
        vocabulary.weigh(&Census::default());
        vocabulary
    }
}

impl Vocabulary {
    /// Fingerprints that the epoch counts.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The number of a token that a fingerprint holds from now on.
    pub fn take(&mut self, hash: u64) -> u32 {
        let number = self.number(hash);
        if let Some(token) = self.tokens.get_mut(number as usize) {
            token.uses += 1;
        }
        number
    }

    /// A fingerprint that held it is gone. What the epoch does not know either is forgotten.
    pub fn release(&mut self, number: u32) {
        let Some(token) = self.tokens.get_mut(number as usize) else { return };
        token.uses = token.uses.saturating_sub(1);
        if token.uses == 0 && token.frequency == 0 {
            self.numbers.remove(&token.hash);
            self.free.push(number);
        }
    }

    /// `ln(1 + N / (df + 0.5))²` in fixed point.
    #[inline]
    pub fn rarity(&self, number: u32) -> u32 {
        self.tokens.get(number as usize).map_or(0, |token| token.rarity)
    }

    /// Order in which tokens find others, the best first: by frequency, ties by name.
    pub fn rank(&self, number: u32) -> (u32, u64) {
        self.tokens.get(number as usize).map_or((0, 0), |token| (token.frequency, token.hash))
    }

    /// True where the prior table counts it.
    pub fn is_everywhere(&self, number: u32) -> bool {
        self.tokens.get(number as usize).is_some_and(|token| token.prior > 0)
    }

    /// True where too many hold it to find others by it.
    pub fn is_common(&self, number: u32) -> bool {
        let bound = (COMMON_SHARE * (self.epoch + prior::KNOWN) as f64).min(COMMON as f64);
        self.tokens.get(number as usize).is_some_and(|token| f64::from(token.frequency) > bound)
    }

    /// Counts anew, and knows no rarity before `weigh`: `holders` are the distinct tokens of `known` fingerprints, one
    /// after the other.
    pub fn renew(&mut self, known: u64, holders: impl Iterator<Item = u32>) {
        self.epoch = known;
        self.tokens.iter_mut().for_each(|token| (token.frequency, token.prior) = (0, 0));
        for number in holders {
            self.count(number, 1);
        }
        self.count_prior();
        self.forget();
    }

    /// Begins the epoch that was counted.
    pub fn weigh(&mut self, census: &Census) {
        self.counted = census.counted + prior::KNOWN;
        for (number, token) in (0..).zip(&mut self.tokens) {
            let frequency = token.prior + census.frequencies.get(&number).copied().unwrap_or(0);
            token.rarity = weights::rarity(self.counted, u64::from(frequency));
        }
    }

    fn count_prior(&mut self) {
        for (frequency, names) in &prior::FREQUENCIES {
            for name in *names {
                let number = self.number(hash(name));
                self.count(number, *frequency as u32);
                if let Some(token) = self.tokens.get_mut(number as usize) {
                    token.prior = *frequency as u32;
                }
            }
        }
    }

    fn count(&mut self, number: u32, more: u32) {
        if let Some(token) = self.tokens.get_mut(number as usize) {
            token.frequency += more;
        }
    }

    fn number(&mut self, hash: u64) -> u32 {
        if let Some(number) = self.numbers.get(&hash) {
            return *number;
        }
        let token = Token { hash, frequency: 0, prior: 0, rarity: weights::rarity(self.counted, 0), uses: 0 };
        let number = self.free.pop().unwrap_or(self.tokens.len() as u32);
        match self.tokens.get_mut(number as usize) {
            Some(place) => *place = token,
            None => self.tokens.push(token),
        }
        self.numbers.insert(hash, number);
        number
    }

    /// Frees the numbers of tokens that nobody holds and no table counts.
    fn forget(&mut self) {
        let tokens = &self.tokens;
        let kept = |number: u32| tokens.get(number as usize).is_some_and(|t| t.uses > 0 || t.frequency > 0);
        let free = &mut self.free;
        self.numbers.retain(|_, number| {
            let keep = kept(*number);
            if !keep {
                free.push(*number);
            }
            keep
        });
    }
}
