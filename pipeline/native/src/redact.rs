//! Masks secrets: those that [`secrets`](crate::secrets) knows, and users' own.

use crate::plausible;
use crate::secret::{Mark, Rule};
use crate::secrets::rules;
use crate::text::{part, rest};
use aho_corasick::{AhoCorasick, AhoCorasickKind, Match};
use regex::bytes::{Captures, Regex, RegexBuilder};
use std::borrow::Cow;
use std::sync::{LazyLock, OnceLock};

/// How every mask begins.
const MASK: &[u8] = b"[redacted:";

/// Masks secrets as `[redacted:NAME]`; the number of lines stays. The default knows the built-in rules.
///
/// Its time is linear in the text, apart from users' own patterns that look far ahead for each match.
#[derive(Debug)]
pub struct Redactor {
    own: Vec<Masker>,
    built_in: bool,
}

/// A rule of a user that cannot be used.
#[derive(Debug)]
pub struct RuleError {
    /// Name of the rule.
    pub rule: String,
    /// What is wrong with it.
    pub reason: String,
}

impl std::fmt::Display for RuleError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "rule {:?}: {}", self.rule, self.reason)
    }
}

impl std::error::Error for RuleError {}

impl Default for Redactor {
    fn default() -> Self {
        Self { own: Vec::new(), built_in: true }
    }
}

impl Redactor {
    /// Users' own rules in front of the built-in ones: name and pattern in the syntax of crate `regex`, on bytes, `^`
    /// and `$` at each line. Where a pattern has groups, only they are masked.
    ///
    /// # Errors
    /// A name that is not made of letters, digits, `-` and `_`; a pattern that cannot be compiled.
    pub fn new(own: &[(String, String)]) -> Result<Self, RuleError> {
        let own = own.iter().map(|(name, pattern)| Masker::of_user(name, pattern)).collect::<Result<_, _>>()?;
        Ok(Self { own, built_in: true })
    }

    /// Masks nothing.
    pub fn off() -> Self {
        Self { own: Vec::new(), built_in: false }
    }

    /// The text with its secrets masked; borrowed where it has none.
    pub fn redact<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        let suspects = if self.built_in { BUILT_IN.suspects(text) } else { 0 };
        let rules = self.own.iter().chain(BUILT_IN.ready(suspects));
        rules.fold(Cow::Borrowed(text), |text, rule| rule.mask(&text).map_or(text, Cow::Owned))
    }
}

/// A rule made ready.
#[derive(Debug)]
struct Masker {
    mask: Vec<u8>,
    pattern: Regex,
    plausible: fn(&[u8]) -> bool,
}

impl Masker {
    fn new(name: &str, pattern: &str, plausible: fn(&[u8]) -> bool) -> Result<Self, regex::Error> {
        let pattern = RegexBuilder::new(pattern).unicode(false).multi_line(true).build()?;
        Ok(Self { mask: [MASK, name.as_bytes(), b"]"].concat(), pattern, plausible })
    }

    fn of_user(name: &str, pattern: &str) -> Result<Self, RuleError> {
        let error = |reason: String| RuleError { rule: name.to_owned(), reason };
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
            return Err(error("a name is made of letters, digits, - and _".to_owned()));
        }
        Self::new(name, pattern, plausible::always).map_err(|bad| error(bad.to_string()))
    }

    /// The text with all that the rule finds masked; line feeds stay. `None` where it finds nothing.
    fn mask(&self, text: &[u8]) -> Option<Vec<u8>> {
        // Most find nothing, and this is known without memory for groups.
        if !self.pattern.is_match(text) {
            return None;
        }
        let mut out = Vec::new();
        let mut from = 0;
        for (start, end) in self.pattern.captures_iter(text).flat_map(|found| spans(&found)) {
            let secret = part(text, start, end);
            if start < from || masked(part(text, 0, start), secret) || !(self.plausible)(secret) {
                continue;
            }
            out.extend_from_slice(part(text, from, start));
            out.extend_from_slice(&self.mask);
            out.extend(secret.iter().filter(|b| **b == b'\n'));
            from = end;
        }
        (from > 0).then(|| [&out, rest(text, from)].concat())
    }
}

/// Where the groups of a match are that took part; the whole match where the pattern has none.
fn spans(found: &Captures<'_>) -> Vec<(usize, usize)> {
    let skipped = usize::from(found.len() > 1);
    found.iter().skip(skipped).flatten().filter(|group| !group.is_empty()).map(|g| (g.start(), g.end())).collect()
}

/// True for what another rule masked, with or without the bracket in front of it.
fn masked(before: &[u8], secret: &[u8]) -> bool {
    secret.starts_with(MASK) || secret.starts_with(part(MASK, 1, MASK.len())) || before.ends_with(MASK)
}

static BUILT_IN: LazyLock<BuiltIn> = LazyLock::new(BuiltIn::new);

/// A set of built-in rules, a bit each.
type Set = u64;

/// The built-in rules, and what is looked for before they are tried.
struct BuiltIn {
    rules: Vec<(&'static Rule, OnceLock<Option<Masker>>)>,
    /// All texts that are marks, at once and in any letter case.
    marks: Option<AhoCorasick>,
    /// The rule that each of them belongs to.
    owners: Vec<Set>,
    at: Set,
    digits: Set,
}

impl BuiltIn {
    fn new() -> Self {
        let bits = || rules().zip((0..Set::BITS).map(|bit| 1 << bit));
        let set =
            |mark: fn(Mark) -> bool| bits().filter(|(rule, _)| mark(rule.mark)).fold(0, |set, (_, bit)| set | bit);
        let texts = bits().flat_map(|(rule, bit)| rule.texts().iter().map(move |text| (bit, *text)));
        let (owners, texts): (Vec<Set>, Vec<&str>) = texts.unzip();
        let marks = AhoCorasick::builder().ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA)).build(texts);
        Self {
            rules: rules().map(|rule| (rule, OnceLock::new())).collect(),
            marks: marks.ok(),
            owners,
            at: set(|mark| matches!(mark, Mark::At)),
            digits: set(|mark| matches!(mark, Mark::Digits)),
        }
    }

    /// The rules whose mark stands in the text; all where it cannot be searched, so that nothing is missed.
    fn suspects(&self, text: &[u8]) -> Set {
        let Some(marks) = &self.marks else { return Set::MAX };
        let owner = |mark: Match| self.owners.get(mark.pattern().as_usize()).copied().unwrap_or(Set::MAX);
        let named = marks.find_overlapping_iter(text).fold(0, |set, mark| set | owner(mark));
        let at = plausible::at_host(text).map_or(0, |_| self.at);
        let digits = plausible::long_number(text).map_or(0, |_| self.digits);
        named | at | digits
    }

    /// The rules of a set. Each is made ready when it is asked for the first time.
    fn ready(&self, set: Set) -> impl Iterator<Item = &Masker> {
        let asked = self.rules.iter().enumerate().filter(move |(at, _)| set >> at & 1 == 1);
        asked.filter_map(|(_, (rule, ready))| {
            ready.get_or_init(|| Masker::new(rule.name, rule.pattern, rule.plausible).ok()).as_ref()
        })
    }
}
