//! The order in which envelopes are tried on a record, and the facts of one layer put over those of another.

use super::facts::{Broken, Facts, Slot, Value};
use super::json::{self, Next, Reader};
use super::memo::Memo;
use super::shippers::{Shape, Shipper};
use super::{Entry, Piece, Record, Unread};
use super::{forms, journal_export, msgpack, names, otlp_json, otlp_proto, path, vector_native};
use crate::escapes::unescape;
use crate::text::{Finder, after, part, rest};
use std::borrow::Cow;

/// Docker cuts lines into pieces of so many bytes.
const DOCKER_PIECE: usize = 16 << 10;

/// Gives each line of the record to `emit`. `named` is the row that the topic's setting names, if it does.
pub fn lines(
    record: &Record<'_>,
    named: Option<&Shipper>,
    memo: &mut Memo,
    emit: &mut dyn FnMut(&Entry<'_>),
) -> Result<(), Unread> {
    let value = unframed(record.value.ok_or(Unread::Tombstone)?);
    let shape = named.map_or_else(|| shape(value), |row| row.shape);
    match (shape, named) {
        (Shape::Json, _) => object(value, memo, emit),
        (Shape::OtlpJson, _) => batch(otlp_json::lines, value, shape, emit),
        (Shape::OtlpProto, _) => batch(otlp_proto::lines, value, shape, emit),
        (Shape::MsgPack, _) => batch(msgpack::lines, value, shape, emit),
        (Shape::VectorNative, _) => batch(vector_native::lines, value, shape, emit),
        (Shape::JournalExport, _) => batch(journal_export::lines, value, shape, emit),
        (Shape::JsonString, _) => {
            string(value).map(|text| bare(text, shape, record, emit)).ok_or(Unread::OtherEnvelope)
        }
        (Shape::Plain, Some(_)) => {
            bare(Value::Text(value), Shape::Plain, record, emit);
            Ok(())
        }
        (Shape::Plain, None) => text(value, record, emit),
        (_, _) if text_form(shape, value, emit) => Ok(()),
        (_, _) => Err(Unread::OtherEnvelope),
    }
}

/// Without what may stand in front of JSON: the five bytes of schema registry framing (0 and a schema's number), a byte
/// order mark, white space.
pub(super) fn unframed(value: &[u8]) -> &[u8] {
    let tail = if value.first() == Some(&0) && value.get(5) == Some(&b'{') { rest(value, 5) } else { value };
    let tail = after(tail, b"\xef\xbb\xbf").unwrap_or(tail);
    let text = tail.trim_ascii_start();
    if text.first() == Some(&b'{') { text } else { tail }
}

/// What a value looks like.
fn shape(value: &[u8]) -> Shape {
    match value.first() {
        Some(b'{') if matches!(rest(value, 1).trim_ascii_start().first(), Some(b'"' | b'}')) => {
            if holds_batch(value) {
                Shape::OtlpJson
            } else {
                Shape::Json
            }
        }
        Some(b'"') if string(value).is_some() => Shape::JsonString,
        _ => Shape::Plain,
    }
}

/// True where one of the first members is that of an OTLP batch.
fn holds_batch(value: &[u8]) -> bool {
    static NAME: Finder = Finder::new(|| memchr::memmem::Finder::new(b"\"resource"));
    let mut front = part(value, 0, FRONT);
    while let Some(at) = NAME.find(front) {
        front = rest(front, at + 9);
        if front.starts_with(b"Logs\"") || front.starts_with(b"_logs\"") {
            return true;
        }
    }
    false
}

/// Bytes in which a batch shows what it is.
const FRONT: usize = 128;

/// The string that the whole value is.
fn string(value: &[u8]) -> Option<Value<'_>> {
    let mut reader = Reader::new(value);
    match reader.value() {
        Ok(Next::Plain(text @ (Value::Text(_) | Value::Escaped(_)))) if value.first() == Some(&b'"') => {
            reader.ends().then_some(text)
        }
        _ => None,
    }
}

/// Text: with a header in front, or as the program wrote it.
fn text(value: &[u8], record: &Record<'_>, emit: &mut dyn FnMut(&Entry<'_>)) -> Result<(), Unread> {
    let shapes: &[Shape] = match value.first() {
        Some(b'0'..=b'9') => &[Shape::Cri, Shape::LogstashPlain, Shape::Syslog],
        Some(b'<' | b'A'..=b'S') => &[Shape::Syslog],
        Some(b'[') if matches!(value.get(1), Some(b'"' | b'{')) => return array(value, record, emit),
        _ => &[],
    };
    if shapes.iter().any(|shape| text_form(*shape, value, emit)) {
        return Ok(());
    }
    if binary(value) {
        return Err(Unread::Binary);
    }
    bare(Value::Text(value), Shape::Plain, record, emit);
    Ok(())
}

fn array(value: &[u8], record: &Record<'_>, emit: &mut dyn FnMut(&Entry<'_>)) -> Result<(), Unread> {
    let mut reader = Reader::new(value);
    if reader.skip().is_ok() && reader.ends() {
        return Err(Unread::Array);
    }
    bare(Value::Text(value), Shape::Plain, record, emit);
    Ok(())
}

/// No UTF-8, and a first byte or control bytes that no text has, or the journal's export format. Bytes that are no UTF-8
/// alone may be a program's own.
fn binary(value: &[u8]) -> bool {
    let control = |b: &u8| *b < 0x20 && !matches!(b, 0 | b'\t' | b'\n' | b'\r' | 0x1b);
    let foreign = || matches!(value.first(), Some(0x80..=0xc1 | 0xf5..)) || value.iter().any(control);
    value.starts_with(b"__CURSOR=") || (std::str::from_utf8(value).is_err() && foreign())
}

/// True where the value is of that form, and its line was given.
fn text_form(shape: Shape, value: &[u8], emit: &mut dyn FnMut(&Entry<'_>)) -> bool {
    let mut facts = Facts::default();
    let value = value.strip_suffix(b"\n").unwrap_or(value);
    let text = match shape {
        Shape::Cri => forms::cri(value, &mut facts),
        Shape::Syslog => forms::syslog(value, &mut facts),
        Shape::LogstashPlain => forms::logstash_plain(value, &mut facts),
        _ => None,
    };
    let Some(text) = text else { return false };
    let piece = if shape == Shape::Cri && facts.get(Slot::Tag).raw() == b"P" { Piece::Head } else { Piece::Whole };
    emit(&Entry { facts: &facts, text, piece, shape });
    true
}

/// Text without any header: only the record itself can say more.
fn bare(text: Value<'_>, shape: Shape, record: &Record<'_>, emit: &mut dyn FnMut(&Entry<'_>)) {
    let mut facts = Facts::default();
    facts.set(Slot::Time, record.header_time.map_or(Value::None, Value::Text));
    emit(&Entry { facts: &facts, text, piece: Piece::Whole, shape });
}

/// Gives the facts of each line of a record to a function.
type Lines = for<'r> fn(&'r [u8], &mut dyn FnMut(&Facts<'r>)) -> Result<(), Broken>;

/// A record that holds any number of lines. Those in front of a break are given, too.
fn batch(read: Lines, value: &[u8], shape: Shape, emit: &mut dyn FnMut(&Entry<'_>)) -> Result<(), Unread> {
    let read = read(value, &mut |facts| {
        let facts = completed(facts);
        let text = facts.get(Slot::Text);
        let text = if text.is_none() { facts.get(Slot::Words) } else { text };
        inner(&facts, text, shape, emit);
    });
    read.map_err(|Broken| if shape == Shape::OtlpJson { Unread::Cut } else { Unread::OtherEnvelope })
}

/// A JSON record.
fn object(value: &[u8], memo: &mut Memo, emit: &mut dyn FnMut(&Entry<'_>)) -> Result<(), Unread> {
    let mut facts = Facts::default();
    json::object(value, &mut facts, memo)?;
    complete(&mut facts);
    let bytes = match facts.get(Slot::Text) {
        Value::Array(array) => Some(json::byte_array(array).ok_or(Unread::NoText)?),
        _ => None,
    };
    let text = match &bytes {
        Some(bytes) => Value::Text(bytes),
        None => line_of(value, &facts)?,
    };
    inner(&facts, text, Shape::Json, emit);
    Ok(())
}

/// What the program wrote, of a JSON record.
fn line_of<'r>(value: &'r [u8], facts: &Facts<'r>) -> Result<Value<'r>, Unread> {
    let has = |slot| !facts.get(slot).is_none();
    let shipped = SHIPPED.iter().any(|slot| has(*slot));
    match (facts.get(Slot::Text), facts.get(Slot::Words)) {
        (Value::None, Value::None) if has(Slot::Unit) || has(Slot::Invocation) => Err(Unread::NoText),
        (Value::None, Value::None) if shipped && !has(Slot::Level) => Ok(Value::Text(b"")),
        (Value::None, words) if shipped => Ok(words),
        (Value::None, _) => Ok(Value::Text(value)),
        // An application's own record, shipped as text.
        (_, _) if !shipped && has(Slot::Level) => Ok(Value::Text(value)),
        (text, _) => Ok(text),
    }
}

/// What only a shipper says of a line.
const SHIPPED: [Slot; 13] = [
    Slot::Stream,
    Slot::Tag,
    Slot::Joined,
    Slot::ContainerId,
    Slot::ContainerName,
    Slot::Pod,
    Slot::Host,
    Slot::File,
    Slot::Program,
    Slot::Unit,
    Slot::Invocation,
    Slot::ForwardTag,
    Slot::TagList,
];

/// The facts with what paths and lists of tags say.
fn completed<'f, 'r>(facts: &'f Facts<'r>) -> Cow<'f, Facts<'r>> {
    let has = |slot| !facts.get(slot).is_none();
    if has(Slot::TagList) || !has(Slot::ContainerId) && (has(Slot::File) || has(Slot::ForwardTag)) {
        let mut more = facts.clone();
        complete(&mut more);
        return Cow::Owned(more);
    }
    Cow::Borrowed(facts)
}

/// Adds what paths and lists of tags say; a file without a folder is one of the program's sources.
fn complete(facts: &mut Facts<'_>) {
    if memchr::memchr2(b'/', b'\\', facts.get(Slot::File).raw()).is_none() {
        facts.clear(Slot::File);
    }
    if let Value::Text(list) = facts.get(Slot::TagList) {
        path::tag_list(list, facts);
    }
    if facts.get(Slot::ContainerId).is_none() {
        for slot in [Slot::File, Slot::ForwardTag] {
            if let Value::Text(text) = facts.get(slot) {
                path::read(text, facts);
            }
        }
    }
}

/// The line of a record may be an envelope again: a CRI line, or one of Docker's objects.
fn inner<'r>(facts: &Facts<'r>, text: Value<'r>, shape: Shape, emit: &mut dyn FnMut(&Entry<'_>)) {
    let raw = text.raw();
    match raw.first() {
        Some(b'{') if after(raw, br#"{\"log\":"#).is_some() => {
            let object = unescape(raw);
            let mut docker = Facts::default();
            if json::object(&object, &mut docker, &mut Memo::default()).is_ok() && !docker.get(Slot::Stream).is_none() {
                return entry(&docker.over(facts), docker.get(Slot::Text), shape, emit);
            }
        }
        Some(b'0'..=b'9') => {
            let mut cri = Facts::default();
            if let Some(line) = forms::cri(raw, &mut cri) {
                let line = if matches!(text, Value::Escaped(_)) { Value::Escaped(line.raw()) } else { line };
                return entry(&cri.over(facts), line, shape, emit);
            }
        }
        _ => {}
    }
    entry(facts, text, shape, emit);
}

fn entry<'r>(facts: &Facts<'r>, text: Value<'r>, shape: Shape, emit: &mut dyn FnMut(&Entry<'_>)) {
    let piece = piece(facts, text);
    emit(&Entry { facts, text, piece, shape });
}

/// True where the text is Docker's `log`; others that use the name join pieces, or say that they did not.
fn of_docker(facts: &Facts<'_>) -> bool {
    let log = names::target(names::ROOT, b"log").and_then(|target| target.slot);
    facts.rank(Slot::Text) == log.map(|(_, rank)| rank)
}

/// Whether more of the line follows. Fluent Bit's `_p` stays `P` on lines that it joined.
fn piece(facts: &Facts<'_>, text: Value<'_>) -> Piece {
    let raw = text.raw();
    match (facts.get(Slot::Tag).raw(), facts.get(Slot::Partial).raw(), facts.get(Slot::PartialLast).raw()) {
        (_, b"true", b"true") => Piece::Tail,
        (_, b"true", _) | (b"P", ..) => Piece::Head,
        (b"F", ..) if raw.is_empty() && facts.get(Slot::Text).raw().is_empty() => Piece::Tail,
        (b"F", ..) => Piece::Whole,
        _ if raw.len() < DOCKER_PIECE || !facts.get(Slot::Joined).is_none() || !of_docker(facts) => Piece::Whole,
        _ if text.text().len() == DOCKER_PIECE && !raw.ends_with(b"\\n") && !raw.ends_with(b"\n") => Piece::Head,
        _ => Piece::Whole,
    }
}
