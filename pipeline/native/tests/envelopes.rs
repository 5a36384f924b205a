//! The decoders of batch and binary envelopes: each row's own sample, and any bytes at all.

use _native::envelope::facts::{Broken, Facts, Slot};
use _native::envelope::shippers::{SHIPPERS, Shape};
use _native::envelope::{journal_export, msgpack, otlp_json, otlp_proto, vector_native};

type Decoder = for<'r> fn(&'r [u8], &mut dyn FnMut(&Facts<'r>)) -> Result<(), Broken>;

/// Each decoder with its shape and a record of two lines with values of several kinds.
fn decoders() -> [(Shape, Decoder, Vec<u8>); 5] {
    [
        (Shape::OtlpJson, otlp_json::lines, OTLP_JSON.to_vec()),
        (Shape::OtlpProto, otlp_proto::lines, otlp_request()),
        (Shape::MsgPack, msgpack::lines, MSGPACK.to_vec()),
        (Shape::VectorNative, vector_native::lines, vector_events()),
        (Shape::JournalExport, journal_export::lines, JOURNAL.to_vec()),
    ]
}

const OTLP_JSON: &[u8] = br#"{"resourceLogs":[{
    "resource":{"attributes":[{"key":"container.image.tags","value":{"arrayValue":{"values":[{"stringValue":"1"}]}}}]},
    "scopeLogs":[{"logRecords":[
        {"timeUnixNano":"1791188130417203991","traceId":"2ff8bc76","body":{"stringValue":"panic: boom"}},
        {"body":{"kvlistValue":{"values":[{"key":"msg","value":{"bytesValue":"cGFuaWM="}}]}},
         "attributes":[{"key":"pid","value":{"intValue":7}}]}]}]}]}"#;

const MSGPACK: &[u8] =
    b"\x92\x92\xd7\0\x6a\xc3\x5c\xa2\x18\xde\x07\x17\x81\xa1a\x91\x01\x82\xa3log\xa5panic\xa3pid\xcd\x10\x92\
    \x84\xa4date\xcb\x41\xda\xb0\xd7\x28\x9a\xb4\xd0\xa3log\xc4\x02ab\xa2_p\xc3\xaakubernetes\x81\xa4host\xd9\x01a";

const JOURNAL: &[u8] =
    b"__REALTIME_TIMESTAMP=1791188130417203\n_PID=7\nMESSAGE\n\x06\0\0\0\0\0\0\0\tcart:\n\nMESSAGE=b\n\n";

/// A field of Protocol Buffers whose content is short.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2, content.len() as u8], content].concat()
}

fn entry(name: &str, value: &[u8]) -> Vec<u8> {
    [field(1, name.as_bytes()), field(2, value)].concat()
}

fn otlp_request() -> Vec<u8> {
    let tags = entry("container.image.tags", &field(5, &field(1, &field(1, b"1"))));
    let merged = field(6, &field(1, &entry("msg", &field(7, b"panic"))));
    let first = [field(5, &field(1, b"panic: boom")), b"\x09\x17\xdb\x69\x4f\x1d\x94\xdb\x18".to_vec()].concat();
    let second = [field(9, b"\x2f\xf8"), field(6, &entry("pid", b"\x18\x07")), field(5, &merged)].concat();
    let scope = [field(2, &first), field(2, &second)].concat();
    field(1, &[field(2, &scope), field(1, &field(1, &tags))].concat())
}

fn vector_events() -> Vec<u8> {
    let timestamp = field(2, b"\x08\xa2\xb9\x8d\xd6\x06\x10\x97\x8e\x01");
    let kubernetes = field(7, &field(1, &entry("pod_name", &field(8, &field(1, &field(1, b"a"))))));
    let members = [("message", field(1, b"panic: boom")), ("timestamp", timestamp), ("kubernetes", kubernetes)];
    let first: Vec<u8> = members.iter().flat_map(|(name, value)| field(1, &entry(name, value))).collect();
    field(1, &[field(1, &first), field(1, &field(2, &field(1, b"\tmain.go:3")))].concat())
}

fn texts(decoder: Decoder, record: &[u8]) -> (Result<(), Broken>, Vec<Vec<u8>>) {
    let mut lines = Vec::new();
    let read = decoder(record, &mut |facts| lines.push(facts.text(Slot::Text).into_owned()));
    (read, lines)
}

#[test]
fn each_sample_gives_its_line() {
    let decoders = decoders();
    for shipper in &SHIPPERS {
        let Some((_, decoder, _)) = decoders.iter().find(|(shape, ..)| *shape == shipper.shape) else { continue };
        let (record, line) = shipper.sample;
        assert_eq!(texts(*decoder, record), (Ok(()), vec![line.as_bytes().to_vec()]), "{}", shipper.name);
    }
}

/// Numbers of a linear congruential generator (Knuth's MMIX): equal in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }

    fn noise(&mut self) -> Vec<u8> {
        (0..self.below(64)).map(|_| self.below(256) as u8).collect()
    }

    /// `record` with bytes changed, left out or repeated, in up to four places.
    fn damage(&mut self, record: &[u8]) -> Vec<u8> {
        let mut bytes = record.to_vec();
        for _ in 0..=self.below(4) {
            let (from, length) = (self.below(bytes.len()), self.below(12));
            let to = bytes.len().min(from + length);
            match self.below(4) {
                0 => bytes.truncate(from),
                1 => bytes.extend_from_within(from..to),
                2 => drop(bytes.drain(from..to)),
                _ => bytes.iter_mut().skip(from).take(1).for_each(|byte| *byte = self.below(256) as u8),
            }
        }
        bytes
    }
}

#[test]
fn any_bytes_are_lines_or_broken() {
    let mut dice = Dice(1);
    for (shape, decoder, record) in decoders() {
        let (read, lines) = texts(decoder, &record);
        assert_eq!((read, lines.len()), (Ok(()), 2), "{shape:?}");
        let mut broken = 0;
        for _ in 0..5_000 {
            for bytes in [dice.noise(), dice.damage(&record)] {
                broken += usize::from(texts(decoder, &bytes).0.is_err());
            }
        }
        assert!((1..10_000).contains(&broken), "{shape:?}: {broken}");
    }
}
