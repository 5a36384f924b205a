//! Crashes of the past, of which a tracker kept no more than kind, value and frames.

use crate::form::Kind;
use crate::report::{Frame, Goroutine, Link, Report};
use crate::signature::{self, Signature};

/// Kinds by the names that trackers give them; signals go by their own.
static KINDS: [(&str, Kind); 6] = [
    ("fatal", Kind::Fatal),
    ("fatal error", Kind::Fatal),
    ("recovered", Kind::Recovered),
    ("log_fatal", Kind::LogFatal),
    ("signal", Kind::Signal),
    ("SIG", Kind::Signal),
];

/// The kind of that name; what is not known is a panic.
fn kind(name: &str) -> Kind {
    let named = |known: &str| name == known || known == "SIG" && name.starts_with(known);
    KINDS.iter().find(|(known, _)| named(known)).map_or(Kind::Panic, |(_, kind)| *kind)
}

/// Signs such a crash as one that was read from a log.
pub fn sign(kind_name: &str, value: &[u8], frames: Vec<Frame<'_>>) -> Signature {
    let kind = kind(kind_name);
    let signal = [kind_name.as_bytes(), b": ", value].concat();
    let message = if kind_name.starts_with("SIG") { signal } else { value.to_vec() };
    let link = Link { message, fatal: kind == Kind::Fatal, ..Link::default() };
    let stack = Goroutine { id: Some(1), state: b"running", minutes: 0, first: 0, last: frames.len(), system: false };
    let report = Report { chain: vec![link], goroutines: vec![stack], frames, crashing: Some(0), ..Report::default() };
    signature::sign(kind, &report)
}
