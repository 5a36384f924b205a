//! Any bytes, cut anywhere: no panic, well-formed documents, the same ones however the bytes come, lines add up.
#![no_main]

use _native::crash::Source;
use _native::limits::Limits;
use _native::scanner::Scanner;
use libfuzzer_sys::fuzz_target;

fn scanner() -> Scanner {
    let limits = Limits { trace_bytes: 4096, line_bytes: 1024, chain: 8, ..Limits::default() };
    Scanner::new(Source { topic: "fuzz".to_owned(), partition: 0 }, limits)
}

fuzz_target!(|bytes: &[u8]| {
    let mut whole = scanner();
    let mut documents = whole.feed(bytes);
    documents.extend(whole.finish());
    let size = bytes.first().map_or(1, |b| usize::from(*b) + 1);
    let mut cut = scanner();
    let mut again: Vec<Vec<u8>> = bytes.chunks(size).flat_map(|piece| cut.feed(piece)).collect();
    again.extend(cut.finish());
    assert_eq!(documents, again);
    assert!(whole.ordinary_lines() <= whole.lines());
    for document in &documents {
        let read: serde_json::Value = serde_json::from_slice(document).expect("a document is JSON");
        assert!(read["fingerprint"].as_str().is_some_and(|f| f.len() == 32));
    }
});
