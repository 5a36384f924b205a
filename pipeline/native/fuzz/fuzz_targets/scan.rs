//! Any bytes, cut anywhere: no panic, well-formed documents, the same ones however the bytes come, lines add up.
#![no_main]

use _native::detector::Detector;
use _native::limits::Limits;
use _native::redact::Redactor;
use _native::redact::Redactor;
use _native::scanner::Scanner;
use libfuzzer_sys::fuzz_target;

fn scanner() -> Scanner {
    let limits = Limits { trace_bytes: 4096, line_bytes: 1024, chain: 8, ..Limits::default() };
    Scanner::new("fuzz", 0, None, Detector::new(limits, Redactor::default()))
}

fuzz_target!(|bytes: &[u8]| {
    let mut whole = scanner();
    let mut documents = whole.feed(bytes).crashes;
    documents.extend(whole.finish().crashes);
    let size = bytes.first().map_or(1, |b| usize::from(*b) + 1);
    let mut cut = scanner();
    let mut again: Vec<Vec<u8>> = bytes.chunks(size).flat_map(|piece| cut.feed(piece).crashes).collect();
    again.extend(cut.finish().crashes);
    assert_eq!(documents, again);
    assert!(whole.ordinary_lines() <= whole.lines());
    let feeds = |text: &[u8]| text.iter().filter(|b| **b == b'\n').count();
    assert_eq!(feeds(&Redactor::default().redact(bytes)), feeds(bytes));
    for document in &documents {
        let read: serde_json::Value = serde_json::from_slice(document).expect("a document is JSON");
        assert!(read["fingerprint"].as_str().is_some_and(|f| f.len() == 32));
    }
});
