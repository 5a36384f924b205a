//! A fingerprint as it comes from outside: its hash, its tokens and the words of its message.

use rustc_hash::FxHasher;
use std::hash::Hasher;

/// Tokens that count: what stands deeper weighs next to nothing.
pub const TOKENS: usize = 64;

/// Stands for a frame without a name: it keeps its position, and is like no other.
pub const NAMELESS: u64 = 0;

/// Words of a message that count.
const WORDS: usize = 64;

/// The 16 bytes of a fingerprint; they sort as its hexadecimal digits do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(u64, u64);

impl Id {
    /// Reads 32 hexadecimal digits in any case.
    pub fn read(digits: &str) -> Option<Self> {
        let hexadecimal = digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        let number = u128::from_str_radix(digits, 16).ok().filter(|_| hexadecimal)?;
        Some(Self((number >> 64) as u64, number as u64))
    }

    /// Its 32 digits, in lower case.
    pub fn digits(self) -> String {
        format!("{:016x}{:016x}", self.0, self.1)
    }
}

/// A stack by the hashes of its tokens, and the message.
#[derive(Clone, Debug, Default)]
pub struct Described {
    /// Innermost first, at most `TOKENS`.
    pub tokens: Vec<u64>,
    /// Hashes of the words of the message, sorted, each once.
    pub words: Vec<u32>,
}

impl Described {
    /// Takes a message template; words are runs of letters, digits and `_`.
    pub fn new(template: &str) -> Self {
        let bare = template.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
        let mut words: Vec<u32> = bare.take(WORDS).map(|word| hash(word) as u32).collect();
        words.sort_unstable();
        words.dedup();
        Self { tokens: Vec::new(), words }
    }

    /// Takes the next token. False: no more count.
    pub fn token(&mut self, name: &str) -> bool {
        if self.tokens.len() < TOKENS {
            self.tokens.push(if name.is_empty() { NAMELESS } else { hash(name) });
        }
        self.tokens.len() < TOKENS
    }
}

/// Tokens are known by their hashes alone: two names of a million share one with a chance of one in 40 million.
pub fn hash(name: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(name.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_32_digits_in_any_case() {
        let digits = "00F00000000000000000000000000aBc";
        assert_eq!(Id::read(digits).map(Id::digits), Some(digits.to_lowercase()));
        for wrong in ["", "abc", "+0f00000000000000000000000000abc", "g0f00000000000000000000000000abc"] {
            assert_eq!(Id::read(wrong), None);
        }
    }

    #[test]
    fn words_count_once_whatever_stands_between_them() {
        let one = Described::new("index out of range [<n>] with length <n>");
        assert_eq!(one.words, Described::new("length with range of, n out: index").words);
        assert_eq!(one.words.len(), 7);
    }

    #[test]
    fn tokens_beyond_the_bound_do_not_count() {
        let mut deep = Described::new("");
        assert!((0..10_000).map(|n| deep.token(&n.to_string())).take_while(|more| *more).count() < TOKENS);
        assert_eq!(deep.tokens.len(), TOKENS);
    }
}
