//! What a record was understood as, line by line, for people who ask why their shipper's logs are not.

use crate::envelope::facts::{Facts, Slot};
use crate::envelope::json::Reader;
use crate::envelope::memo::Memo;
use crate::envelope::origin::{self, Origin};
use crate::envelope::shippers::{Shape, Shipper};
use crate::envelope::{Entry, Piece, Record, Unread, clean, json, recognise, time, trace_id, undo};
use crate::text::utf8;
use crate::unfold;
use rustc_hash::FxHashSet;
use serde::Serialize;

/// One line of a record; the names are those of the command `decode`.
#[derive(Debug, Default, Serialize)]
#[allow(missing_docs, reason = "README documents the fields")]
pub struct Decoded {
    pub envelope: &'static str,
    pub line: Option<String>,
    pub stream_id: Option<String>,
    pub timestamp: Option<String>,
    pub stream: Option<&'static str>,
    pub partial: Option<&'static str>,
    pub service: Option<Box<str>>,
    pub version: Option<Box<str>>,
    pub namespace: Option<Box<str>>,
    pub environment: Option<Box<str>>,
    pub host: Option<Box<str>>,
    pub pod: Option<Box<str>>,
    pub container: Option<Box<str>>,
    pub container_id: Option<Box<str>>,
    pub image: Option<Box<str>>,
    pub trace_id: Option<Box<str>>,
    pub span_id: Option<Box<str>>,
    pub message: Option<String>,
    pub exception_type: Option<String>,
    pub stack: Option<String>,
    pub damaged: Option<&'static str>,
}

/// Reads records one after the other; which piece of a line one holds depends on those before it.
#[derive(Debug, Default)]
pub struct Decoder {
    waiting: FxHashSet<Stream>,
}

/// Whose pieces belong together: id, stdout or stderr, envelope.
type Stream = (Option<String>, Option<&'static str>, &'static str);

/// Lines of which more was promised that are remembered.
const WAITING: usize = 10_000;

impl Decoder {
    /// The lines of a record; one without a line where it holds none.
    pub fn record(&mut self, record: &Record<'_>, named: Option<&'static Shipper>) -> Vec<Decoded> {
        let mut lines = Vec::new();
        let read =
            undo::lines(record, named, &mut Memo::default(), &mut |entry| lines.push(self.entry(entry, record, named)));
        if let Err(reason) = read {
            let told = |value| Reader::new(value).peek() == Some(b'{') && reason != Unread::Cut;
            let shape = if record.value.is_some_and(told) { Shape::Json } else { Shape::Plain };
            let envelope = match (named, shape) {
                (Some(row), _) => row.name,
                (None, Shape::Json) => recognise::name(record.value, shape),
                (None, _) => "unknown",
            };
            lines.push(Decoded { envelope, damaged: Some(reason.name()), ..lost(record) });
        }
        lines
    }

    fn entry(&mut self, entry: &Entry<'_>, record: &Record<'_>, named: Option<&'static Shipper>) -> Decoded {
        let envelope = named.map_or_else(|| recognise::name(record.value, entry.shape), |row| row.name);
        let told = about(entry.facts, record.key);
        let text = clean::text(entry);
        let told_trace = trace_id::find(&text).and_then(|id| origin::hex_id(id.to_vec().into(), 32));
        let own = unfold::parts(&text).map(|(value, stack)| (lossy(&value), lossy(&stack)));
        let fact = |slot| Some(lossy(&entry.facts.text(slot))).filter(|text| !text.is_empty());
        let (message, stack) = own.map_or((None, None), |(value, stack)| (Some(value), Some(stack)));
        Decoded {
            envelope,
            line: Some(clean::readable(&text)),
            partial: self.piece(entry.piece, (told.stream_id.clone(), told.stream, envelope)),
            trace_id: told.trace_id.clone().or(told_trace),
            message: fact(Slot::PanicValue).or_else(|| fact(Slot::ErrorText)).or(message).or_else(|| fact(Slot::Words)),
            stack: fact(Slot::Stack).or(stack),
            ..told
        }
    }

    fn piece(&mut self, piece: Piece, stream: Stream) -> Option<&'static str> {
        match piece {
            Piece::Head if self.waiting.len() < WAITING => {
                self.waiting.insert(stream);
                Some("head")
            }
            Piece::Head => Some("head"),
            Piece::Tail => {
                self.waiting.remove(&stream);
                Some("tail")
            }
            Piece::Whole => self.waiting.remove(&stream).then_some("tail"),
        }
    }
}

/// What can still be said of a record whose text the shipper lost.
fn lost(record: &Record<'_>) -> Decoded {
    let mut facts = Facts::default();
    match record.value {
        Some(value) if json::object(value, &mut facts, &mut Memo::default()).is_ok() => about(&facts, None),
        _ => Decoded::default(),
    }
}

fn about(facts: &Facts<'_>, key: Option<&[u8]>) -> Decoded {
    let (origin, mut id) = (Origin::of(facts), Vec::new());
    origin::stream_id(facts, key, &mut id);
    Decoded {
        stream_id: (!id.is_empty()).then(|| lossy(&id)),
        timestamp: time::of(facts).map(time::format),
        stream: origin::log_stream(facts),
        service: origin.service_name,
        version: origin.service_version,
        namespace: origin.k8s_namespace_name.or(origin.service_namespace),
        environment: origin.environment,
        host: origin.host_name,
        pod: origin.k8s_pod_name,
        container: origin.k8s_container_name,
        container_id: origin.container_id,
        image: origin.container_image,
        trace_id: origin::hex_id(facts.text(Slot::TraceId), 32),
        span_id: origin::hex_id(facts.text(Slot::SpanId), 16),
        exception_type: Some(lossy(&facts.text(Slot::ExceptionType))).filter(|text| !text.is_empty()),
        ..Decoded::default()
    }
}

fn lossy(text: &[u8]) -> String {
    utf8(text).into_owned()
}
