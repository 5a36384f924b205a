//! What one record says besides its line, slot by slot: the values as they stand in the record, nothing copied.

use crate::escapes::unescape;
use data_encoding::{BASE64, HEXLOWER};
use std::borrow::Cow;

/// The bytes are no whole record of the format: cut, or something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

/// A fact that envelopes carry, whatever a shipper calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the fact that its name says; the shippers' rows say how it is spelled")]
pub enum Slot {
    /// What the program wrote.
    Text,
    /// The words of an application's own record, whose members a shipper moved to the top.
    Words,
    /// The level of such a record.
    Level,
    /// CRI's `P` and `F` where the shipper left the line as it was cut.
    Tag,
    /// `stdout` or `stderr`.
    Stream,
    /// Time of the line as the container runtime or the application wrote it.
    Time,
    /// Time of the line as the shipper wrote it.
    ShipperTime,
    ContainerId,
    ContainerName,
    Image,
    /// Tag of the image, where it stands apart.
    ImageTag,
    Pod,
    PodUid,
    /// How often the container was restarted.
    Restart,
    Namespace,
    Host,
    /// Path of the log file.
    File,
    /// Position of the line in that file.
    FileOffset,
    Service,
    ServiceNamespace,
    Version,
    Environment,
    /// OpenTelemetry's `service.instance.id`.
    Instance,
    /// Name in a syslog header.
    Program,
    Pid,
    /// systemd's unit.
    Unit,
    /// One start of a unit.
    Invocation,
    /// One connection of a unit's stdout to the journal.
    JournalStream,
    /// Fluentd's tag, which may hold a path.
    ForwardTag,
    /// Datadog's `env:prod,service:checkout`.
    TagList,
    /// Fluent Bit's `_p`: it joined the pieces of the line.
    Joined,
    /// Docker's log drivers: this is a piece of a line, and whether it is its last.
    Partial,
    PartialLast,
    TraceId,
    SpanId,
    /// A recovered panic's value in a field of its own.
    PanicValue,
    /// An error's text in a field of its own: a panic's, where the record speaks of one.
    ErrorText,
    ExceptionType,
    /// Its stack.
    Stack,
}

impl Slot {
    /// All of them, in order.
    const ALL: [Self; SLOTS] = [
        Self::Text,
        Self::Words,
        Self::Level,
        Self::Tag,
        Self::Stream,
        Self::Time,
        Self::ShipperTime,
        Self::ContainerId,
        Self::ContainerName,
        Self::Image,
        Self::ImageTag,
        Self::Pod,
        Self::PodUid,
        Self::Restart,
        Self::Namespace,
        Self::Host,
        Self::File,
        Self::FileOffset,
        Self::Service,
        Self::ServiceNamespace,
        Self::Version,
        Self::Environment,
        Self::Instance,
        Self::Program,
        Self::Pid,
        Self::Unit,
        Self::Invocation,
        Self::JournalStream,
        Self::ForwardTag,
        Self::TagList,
        Self::Joined,
        Self::Partial,
        Self::PartialLast,
        Self::TraceId,
        Self::SpanId,
        Self::PanicValue,
        Self::ErrorText,
        Self::ExceptionType,
        Self::Stack,
    ];
}

const SLOTS: usize = Slot::Stack as usize + 1;

/// A value as it stands in a record.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Value<'r> {
    /// Nothing, or null.
    #[default]
    None,
    /// Text, nothing to undo.
    Text(&'r [u8]),
    /// Text with JSON's escapes still in it.
    Escaped(&'r [u8]),
    /// A number as it is printed.
    Number(&'r [u8]),
    /// Bytes that are printed as hexadecimal digits: an id.
    Hex(&'r [u8]),
    /// Hexadecimal digits, large or small.
    Digits(&'r [u8]),
    /// Text in base64, perhaps with JSON's escapes in it.
    Base64(&'r [u8]),
    /// A number of a binary format.
    Integer(i64),
    /// A number of a binary format.
    Float(f64),
    /// A JSON array, brackets and all.
    Array(&'r [u8]),
}

impl<'r> Value<'r> {
    /// A time in nanoseconds since 1970; 0 says that it is not known.
    pub fn time(nanoseconds: u64) -> Self {
        i64::try_from(nanoseconds).ok().filter(|n| *n != 0).map_or(Value::None, Value::Integer)
    }

    /// The same in two numbers, as Protocol Buffers and Fluentd's forward protocol write it.
    pub fn time_of(seconds: i64, nanoseconds: i64) -> Self {
        let time = seconds.checked_mul(1_000_000_000).and_then(|n| n.checked_add(nanoseconds));
        time.map_or(Value::None, Value::Integer)
    }

    /// As JSON writes it.
    pub fn boolean(is: bool) -> Self {
        Value::Text(if is { b"true" } else { b"false" })
    }

    /// True where there is nothing.
    pub fn is_none(&self) -> bool {
        matches!(self, Value::None)
    }

    /// The text, escapes undone; a number as it is printed; what should be base64 and is not, as it stands.
    pub fn text(self) -> Cow<'r, [u8]> {
        match self {
            Value::None | Value::Array(_) => Cow::Borrowed(b""),
            Value::Text(text) | Value::Number(text) => Cow::Borrowed(text),
            Value::Escaped(text) => Cow::Owned(unescape(text)),
            Value::Hex(bytes) => Cow::Owned(HEXLOWER.encode(bytes).into_bytes()),
            Value::Digits(digits) => Cow::Owned(digits.to_ascii_lowercase()),
            Value::Base64(text) => BASE64.decode(&unescape(text)).map_or(Cow::Borrowed(text), Cow::Owned),
            Value::Integer(number) => Cow::Owned(number.to_string().into_bytes()),
            Value::Float(number) => Cow::Owned(number.to_string().into_bytes()),
        }
    }

    /// The bytes of a text as they stand in the record; empty for anything else.
    pub fn raw(self) -> &'r [u8] {
        match self {
            Value::Text(text) | Value::Escaped(text) => text,
            _ => b"",
        }
    }
}

/// The facts of one record, or of one line of it. Where a record says a fact twice, the better name wins.
#[derive(Clone, Debug)]
pub struct Facts<'r> {
    values: [Value<'r>; SLOTS],
    ranks: [u16; SLOTS],
    /// The number of an object that was read before, and the container's id in it.
    known: Option<(u64, &'r [u8])>,
}

impl Default for Facts<'_> {
    fn default() -> Self {
        Self { values: [Value::None; SLOTS], ranks: [u16::MAX; SLOTS], known: None }
    }
}

impl<'r> Facts<'r> {
    /// Says a fact; `rank` is the place of its name among the names of the slot, 0 the best.
    #[inline]
    pub fn put(&mut self, slot: Slot, rank: u16, value: Value<'r>) {
        let at = slot as usize;
        if let (Some(old), Some(place)) = (self.ranks.get_mut(at), self.values.get_mut(at))
            && rank <= *old
            && !value.is_none()
        {
            *old = rank;
            *place = value;
        }
    }

    /// Says a fact that nothing else overrides.
    pub fn set(&mut self, slot: Slot, value: Value<'r>) {
        self.put(slot, 0, value);
    }

    /// The container's id `id` stands in the object of that number, whose bytes are always the same.
    #[inline]
    pub fn know(&mut self, object: u64, id: &'r [u8]) {
        self.known = Some((object, id));
    }

    /// The number of the object that the container's id stands in, where that is known and no other fact won.
    #[inline]
    pub fn container(&self) -> Option<u64> {
        let (object, id) = self.known?;
        (!id.is_empty() && std::ptr::eq(id, self.get(Slot::ContainerId).raw())).then_some(object)
    }

    /// All that is known, each with the rank of its name.
    pub fn all(&self) -> impl Iterator<Item = (Slot, u16, Value<'r>)> {
        let known = self.values.iter().zip(self.ranks).zip(Slot::ALL);
        known.filter(|((value, _), _)| !value.is_none()).map(|((value, rank), slot)| (slot, rank, *value))
    }

    /// What is known.
    #[inline]
    pub fn get(&self, slot: Slot) -> Value<'r> {
        self.values.get(slot as usize).copied().unwrap_or_default()
    }

    /// These facts, and for what they do not say those of `outer`. The text is theirs.
    pub fn over<'s>(&self, outer: &Facts<'s>) -> Facts<'s>
    where
        'r: 's,
    {
        let mut both = outer.clone();
        for (at, (value, rank)) in self.values.iter().zip(self.ranks).enumerate().filter(|(_, (v, _))| !v.is_none()) {
            if let (Some(place), Some(old)) = (both.values.get_mut(at), both.ranks.get_mut(at)) {
                (*place, *old) = (*value, rank);
            }
        }
        both
    }

    /// Forgets a fact.
    pub fn clear(&mut self, slot: Slot) {
        if let Some(place) = self.values.get_mut(slot as usize) {
            *place = Value::None;
        }
    }

    /// How good the name was that said it.
    pub fn rank(&self, slot: Slot) -> Option<u16> {
        self.ranks.get(slot as usize).copied().filter(|rank| *rank != u16::MAX)
    }

    /// What is known, as text; empty where nothing is.
    pub fn text(&self, slot: Slot) -> Cow<'r, [u8]> {
        self.get(slot).text()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    type Decoder = for<'r> fn(&'r [u8], &mut dyn FnMut(&Facts<'r>)) -> Result<(), Broken>;

    /// The facts of all lines of a record; `Err` where it is broken.
    pub fn read(decoder: Decoder, bytes: &[u8]) -> Result<Vec<Facts<'_>>, Broken> {
        let mut lines = Vec::new();
        decoder(bytes, &mut |facts| lines.push(facts.clone()))?;
        Ok(lines)
    }

    /// What each line says of `slots`, with bars between.
    pub fn said(decoder: Decoder, bytes: &[u8], slots: &[Slot]) -> Result<Vec<String>, Broken> {
        let one = |facts: &Facts| {
            let texts = slots.iter().map(|slot| String::from_utf8_lossy(&facts.text(*slot)).into_owned());
            texts.collect::<Vec<_>>().join("|")
        };
        Ok(read(decoder, bytes)?.iter().map(one).collect())
    }

    #[test]
    fn ids_are_small_hexadecimal_digits() {
        assert_eq!(Value::Hex(b"\x2f\xf8\xbc\x76").text(), &b"2ff8bc76"[..]);
        assert_eq!(Value::Digits(b"2FF8bc76").text(), &b"2ff8bc76"[..]);
    }

    #[test]
    fn base64_is_text_and_what_is_none_stays() {
        assert_eq!(Value::Base64(b"cGFuaWM6IGJvb20=").text(), &b"panic: boom"[..]);
        assert_eq!(Value::Base64(b"8J+Ygi\\/wn5iC").text(), "\u{1f602}/\u{1f602}".as_bytes());
        assert_eq!(Value::Base64(b"panic: boom").text(), &b"panic: boom"[..]);
    }

    #[test]
    fn a_time_that_no_clock_shows_is_none() {
        assert_eq!(Value::time(0), Value::None);
        assert_eq!(Value::time(u64::MAX), Value::None);
        assert_eq!(Value::time_of(1_791_188_130, 417_203_991), Value::Integer(1_791_188_130_417_203_991));
        assert_eq!(Value::time_of(i64::MAX, 0), Value::None);
    }
}
