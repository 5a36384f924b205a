//! A kind of secret: the noun that the tables `tokens` and `secrets` share.

use crate::plausible;

/// What is looked for before the patterns are tried.
#[derive(Clone, Copy, Debug)]
pub enum Mark {
    /// One of these texts stands in each text that holds the secret, in any letter case.
    Texts(&'static [&'static str]),
    /// The sign that is in front of a host, and not of a module's version.
    At,
    /// As many digits as a card number has.
    Digits,
}

/// One row: a kind of secret.
#[derive(Debug)]
pub struct Rule {
    /// What stands in the mask, `[redacted:NAME]`.
    pub name: &'static str,
    /// What is looked for first.
    pub mark: Mark,
    /// What is masked.
    pub pattern: &'static str,
    /// True for what can be a secret, asked of each text that the pattern masks.
    pub plausible: fn(&[u8]) -> bool,
    /// A text with the secret; no real one.
    pub sample: &'static str,
    /// The same, masked.
    pub masked: &'static str,
}

/// A row that is looked for by texts.
pub const fn rule(
    name: &'static str,
    marks: &'static [&'static str],
    pattern: &'static str,
    sample: &'static str,
    masked: &'static str,
) -> Rule {
    Rule { name, mark: Mark::Texts(marks), pattern, plausible: plausible::always, sample, masked }
}

/// The row, looked for by something else.
pub const fn by(mark: Mark, rule: Rule) -> Rule {
    Rule { mark, ..rule }
}

/// The row, for texts that can be a secret.
pub const fn only(plausible: fn(&[u8]) -> bool, rule: Rule) -> Rule {
    Rule { plausible, ..rule }
}

impl Rule {
    /// The texts that are looked for.
    pub fn texts(&self) -> &'static [&'static str] {
        match self.mark {
            Mark::Texts(texts) => texts,
            Mark::At | Mark::Digits => &[],
        }
    }
}
