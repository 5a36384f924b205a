//! How log shippers wrap lines, undone: the bytes of a record in, its lines and what is known of them out.
//!
//! The table is [`shippers`]; [`names`] makes one tree of it, by which [`json`] and the binary readers put what they
//! find into [`facts`]. [`forms`] are the envelopes that are text. [`undo`] says in which order they are tried.

pub mod clean;
pub mod facts;
pub mod forms;
pub mod journal_export;
pub mod json;
pub mod memo;
pub mod msgpack;
pub mod name_table;
pub mod names;
pub mod origin;
pub mod otlp_json;
pub mod otlp_proto;
pub mod pairs;
pub mod path;
pub mod recognise;
pub mod shippers;
pub mod time;
pub mod trace_id;
pub mod undo;
pub mod vector_native;
pub mod wire;

use facts::{Broken, Facts, Slot, Value};
use shippers::Shape;

/// One record, as far as its lines depend on it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Record<'r> {
    /// The bytes; `None` is a tombstone.
    pub value: Option<&'r [u8]>,
    /// The key.
    pub key: Option<&'r [u8]>,
    /// CloudEvents' time in the header `ce_time`, where there is one.
    pub header_time: Option<&'r [u8]>,
}

/// Why a record holds no line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// Its value is null.
    Tombstone,
    /// JSON that is cut or broken.
    Cut,
    /// Bytes that are no text.
    Binary,
    /// A JSON array.
    Array,
    /// The shipper lost the text.
    NoText,
    /// It is not what its topic's setting says.
    OtherEnvelope,
}

impl Unread {
    /// The reason's name, as dead letters and counts carry it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tombstone => "tombstone",
            Self::Cut => "cut_json",
            Self::Binary => "binary",
            Self::Array => "json_array",
            Self::NoText => "no_text",
            Self::OtherEnvelope => "other_envelope",
        }
    }
}

impl From<Broken> for Unread {
    fn from(_: Broken) -> Self {
        Self::Cut
    }
}

/// Whether a record holds a whole line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A line, or the last piece of one: the stream knows.
    Whole,
    /// More of the line follows.
    Head,
    /// The last piece of a line that began before.
    Tail,
}

/// One line of a record.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'r> {
    /// What is known of it.
    pub facts: &'r Facts<'r>,
    /// The line as the record holds it; [`clean`] undoes what is left. It may hold line feeds.
    pub text: Value<'r>,
    /// Whether it is a whole line.
    pub piece: Piece,
    /// What its bytes were taken for.
    pub shape: Shape,
}

impl Entry<'_> {
    /// Event time in nanoseconds since 1970; `None` where the record does not say.
    pub fn time(&self) -> Option<i64> {
        time::of(self.facts)
    }

    /// Where the line stands in its log file.
    pub fn file_offset(&self) -> Option<i64> {
        std::str::from_utf8(&self.facts.text(Slot::FileOffset)).ok()?.parse().ok()
    }

    /// True where a syslog daemon escaped control bytes and put a blank in front.
    pub fn is_syslog(&self) -> bool {
        let has = |slot| !self.facts.get(slot).is_none();
        let journal = has(Slot::Unit) || has(Slot::Invocation) || has(Slot::JournalStream);
        let container = has(Slot::ContainerId) || has(Slot::Pod);
        !container && ((has(Slot::Program) && !journal) || (has(Slot::ForwardTag) && has(Slot::File)))
    }
}
