//! Small readers of byte text, safe at any position.

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

/// What follows `mark` at the start of `text`.
#[inline]
pub fn after<'t>(text: &'t [u8], mark: &[u8]) -> Option<&'t [u8]> {
    text.strip_prefix(mark)
}

/// Position of `needle` in `text`.
#[inline]
pub fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, needle)
}

/// The decimal number at the start of `text` and what follows it.
pub fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 || digits > 19 {
        return None;
    }
    let value = part(text, 0, digits)
        .iter()
        .fold(0u64, |n, b| n.wrapping_mul(10).wrapping_add(u64::from(b - b'0')));
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
pub fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}
