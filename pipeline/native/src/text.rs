//! Small readers of byte text, safe at any position.

use std::borrow::Cow;
use std::sync::LazyLock;

/// The part `from..to` of `text`, empty where that is outside.
#[inline]
pub fn part(text: &[u8], from: usize, to: usize) -> &[u8] {
    text.get(from..to.min(text.len())).unwrap_or_default()
}

/// Everything from `from` on.
#[inline]
pub fn rest(text: &[u8], from: usize) -> &[u8] {
    text.get(from..).unwrap_or_default()
}

/// The text up to its first line feed.
pub fn first_line(text: &[u8]) -> &[u8] {
    part(text, 0, memchr::memchr(b'\n', text).unwrap_or(text.len()))
}

/// What follows `mark` at the start of `text`.
#[inline]
pub fn after<'t>(text: &'t [u8], mark: &[u8]) -> Option<&'t [u8]> {
    text.strip_prefix(mark)
}

/// Position of `needle` in `text`. Lines are short: looking for the first byte beats preparing a searcher.
#[inline]
pub fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    memchr::memchr_iter(first, text).find(|at| rest(text, *at).starts_with(needle))
}

/// A fixed text that is looked for often, prepared once.
pub struct Finder(LazyLock<memchr::memmem::Finder<'static>>);

impl Finder {
    /// Prepares the search; `make` is `|| Finder::of(b"…")`.
    pub const fn new(make: fn() -> memchr::memmem::Finder<'static>) -> Self {
        Self(LazyLock::new(make))
    }

    /// Position of the text in `line`.
    #[inline]
    pub fn find(&self, line: &[u8]) -> Option<usize> {
        self.0.find(line)
    }
}

/// The first `bytes` of `text` at most, no character cut in two.
pub fn head(text: &[u8], bytes: usize) -> &[u8] {
    let mut end = bytes.min(text.len());
    while end < text.len() && end > 0 && text.get(end).is_some_and(|b| b & 0xc0 == 0x80) {
        end -= 1;
    }
    part(text, 0, end)
}

/// Several fixed texts, looked for in one pass.
pub struct Words {
    searcher: LazyLock<Option<aho_corasick::packed::Searcher>>,
}

impl Words {
    /// Prepares the search for the texts that `words` gives.
    pub const fn new(make: fn() -> Option<aho_corasick::packed::Searcher>) -> Self {
        Self { searcher: LazyLock::new(make) }
    }

    /// True where `line` holds one of them; also where no searcher could be made, so that nothing is missed.
    #[inline]
    pub fn any_in(&self, line: &[u8]) -> bool {
        self.searcher.as_ref().is_none_or(|searcher| searcher.find(line).is_some())
    }
}

/// A searcher for `words`.
pub fn searcher(words: &[&str]) -> Option<aho_corasick::packed::Searcher> {
    aho_corasick::packed::Searcher::new(words)
}

/// The decimal number at the start of `text` and what follows it.
pub fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 || digits > 19 {
        return None;
    }
    let value = part(text, 0, digits).iter().fold(0u64, |n, b| n.wrapping_mul(10).wrapping_add(u64::from(b - b'0')));
    Some((value, rest(text, digits)))
}

/// `text` without the blanks and tabs in front.
#[inline]
pub fn trim_left(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    rest(text, blanks)
}

/// `text` without blanks, tabs and carriage returns at its end.
#[inline]
pub fn trim_right(text: &[u8]) -> &[u8] {
    let mut end = text.len();
    while end > 0 && matches!(text.get(end - 1), Some(b' ' | b'\t' | b'\r')) {
        end -= 1;
    }
    part(text, 0, end)
}

/// Both trims.
#[inline]
pub fn trim(text: &[u8]) -> &[u8] {
    trim_right(trim_left(text))
}

/// UTF-8 text with U+FFFD where the bytes are none, as JSON needs it.
#[inline]
pub fn utf8(text: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(text).map_or_else(|_| String::from_utf8_lossy(text), Cow::Borrowed)
}
