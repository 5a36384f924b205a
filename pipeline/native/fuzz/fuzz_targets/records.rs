//! Any bytes as records in any envelope: no panic, the same crashes one by one and as a batch, and after a restart.
#![no_main]

use _native::batch::Batch;
use _native::detector::{Detector, Input};
use _native::envelope::Record;
use _native::envelope::shippers::SHIPPERS;
use _native::limits::Limits;
use _native::redact::Redactor;
use _native::stream::marks::Cut;
use libfuzzer_sys::fuzz_target;

fn detector(envelope: u8) -> (Detector, usize) {
    let limits = Limits { trace_bytes: 4096, line_bytes: 1024, streams: 8, partition_bytes: 1 << 16, ..Limits::default() };
    let mut detector = Detector::new(limits, Redactor::default());
    let topic = detector.topic("fuzz");
    // Half of the inputs are read by their content.
    detector.name_envelope(topic, SHIPPERS.get(usize::from(envelope)));
    (detector, topic)
}

fn input(value: &[u8], topic: usize, offset: usize) -> Input<'_> {
    let record = Record { value: Some(value), key: value.get(..4), header_time: None };
    let timestamp = 1_795_220_445_000_000_000 + offset as i64 * 50_000_000;
    Input { topic, partition: 0, offset: offset as i64, timestamp, record }
}

fuzz_target!(|bytes: &[u8]| {
    let (envelope, cut) = (bytes.first().copied().unwrap_or(255), bytes.get(1).copied().unwrap_or(0));
    let values: Vec<&[u8]> = bytes.split(|b| *b == 0xfd).collect();
    let records = |topic| values.iter().enumerate().map(move |(at, value)| input(value, topic, at));

    let (mut whole, topic) = detector(envelope);
    let mut wanted = whole.feed(records(topic));
    wanted.append(whole.finish());

    let (mut single, topic) = detector(envelope);
    let mut told = Batch::default();
    records(topic).for_each(|record| told.append(single.feed([record])));
    told.append(single.finish());
    assert_eq!(told.crashes, wanted.crashes);

    let (mut first, topic) = detector(envelope);
    let mark = usize::from(cut) % (values.len() + 1);
    let mut crashes = first.feed(records(topic).take(mark)).crashes;
    let state = first.state(topic, 0);
    let (mut second, topic) = detector(envelope);
    let (open, swallowing) = (state.open.into_iter().collect(), state.swallowing.into_iter().collect());
    second.expect(topic, 0, Cut { mark: mark as i64, open, swallowing, silent: true });
    crashes.extend(second.feed(records(topic).filter(|record| record.offset >= state.first_offset)).crashes);
    crashes.extend(second.finish().crashes);
    for document in &crashes {
        let read: serde_json::Value = serde_json::from_slice(document).expect("a document is JSON");
        assert!(read["fingerprint"].as_str().is_some_and(|f| f.len() == 32));
    }
});
