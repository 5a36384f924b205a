//! The texts of a crash as they leave the core: secrets masked first, then cut to their bounds, so that no cut halves
//! a secret.

use crate::limits::Limits;
use crate::redact::Redactor;
use crate::report::Report;
use crate::text::{head, part, rest, utf8};
use crate::trace::Trace;
use std::borrow::Cow;

/// Masks and cuts the texts of one crash.
#[derive(Debug)]
pub struct Teller<'t> {
    /// The bounds.
    pub limits: &'t Limits,
    /// The trace, as many of its first lines as are told.
    pub raw: Cow<'t, [u8]>,
    /// `raw` ends before the trace does.
    pub raw_cut: bool,
    redactor: &'t Redactor,
    /// Trace and values hold no secret, so no piece of them does.
    clean: bool,
}

impl<'t> Teller<'t> {
    /// Masks the trace.
    pub fn new(trace: &'t Trace, report: &Report<'_>, limits: &'t Limits, redactor: &'t Redactor) -> Self {
        let text = trace.text.strip_suffix(b"\n").unwrap_or(&trace.text);
        let reached = past_line(text, limits.raw_bytes);
        let told = redactor.redact(reached);
        let kept = whole_lines(&told, limits.raw_bytes).len();
        let unmasked =
            |text: &[u8]| text.len() <= limits.message_bytes && matches!(redactor.redact(text), Cow::Borrowed(_));
        let clean = reached.len() == text.len() && matches!(told, Cow::Borrowed(_));
        Self {
            limits,
            raw_cut: reached.len() < text.len() || kept < told.len(),
            clean: clean && report.chain.iter().all(|link| unmasked(&link.message)),
            raw: shortened(told, kept),
            redactor,
        }
    }

    /// A text, at most so many bytes of it, and whether there were more.
    pub fn value<'r>(&self, text: &'r [u8], bytes: usize) -> (Cow<'r, [u8]>, bool) {
        let reached = past_line(text, bytes);
        let told = if self.clean { Cow::Borrowed(reached) } else { self.redactor.redact(reached) };
        let kept = head(&told, bytes).len();
        let cut = reached.len() < text.len() || kept < told.len();
        (shortened(told, kept), cut)
    }

    /// A piece of the trace: name of a function, path, state.
    pub fn name<'r>(&self, text: &'r [u8]) -> Cow<'r, str> {
        string(self.value(text, self.limits.name_bytes).0)
    }
}

/// See [`utf8`].
pub fn string(text: Cow<'_, [u8]>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => utf8(text),
        Cow::Owned(text) => Cow::Owned(utf8(&text).into_owned()),
    }
}

fn shortened(text: Cow<'_, [u8]>, bytes: usize) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(part(text, 0, bytes)),
        Cow::Owned(mut text) => {
            text.truncate(bytes);
            Cow::Owned(text)
        }
    }
}

/// The first lines of `text`, to the end of the one that the bound falls in.
fn past_line(text: &[u8], bytes: usize) -> &[u8] {
    let end = memchr::memchr(b'\n', rest(text, bytes)).map_or(text.len(), |at| bytes + at);
    part(text, 0, end)
}

/// The first lines of `text` within so many bytes.
fn whole_lines(text: &[u8], bytes: usize) -> &[u8] {
    if text.len() <= bytes {
        return text;
    }
    let cut = head(text, bytes);
    part(cut, 0, memchr::memrchr(b'\n', cut).unwrap_or(cut.len()))
}
