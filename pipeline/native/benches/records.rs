//! `cargo bench --bench records -- FILE [STEP]`: M records/s of CPU for each step on the way from the records in
//! the file, one a line, to crashes.

use _native::detector::{Detector, Input};
use _native::envelope::memo::Memo;
use _native::envelope::{Record, undo};
use cpu_time::ProcessTime;
use std::hint::black_box;

const RUNS: usize = 5;

/// One step with all before it; gives something to count.
type Step = fn(&[&[u8]]) -> usize;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let Some(path) = arguments.next() else {
        println!("0 passed, 0 failed: give a file, cargo bench --bench records -- mixed.jsonl");
        return;
    };
    let Ok(text) = std::fs::read(&path) else {
        println!("records: {path}: cannot be read");
        return;
    };
    let records: Vec<&[u8]> = text.split(|b| *b == b'\n').filter(|record| !record.is_empty()).collect();
    let steps: [(&str, Step); 3] = [("bytes", bytes), ("decoded", decoded), ("detected", detected)];
    let only = arguments.next().unwrap_or_default();
    for (name, step) in steps.into_iter().filter(|(name, _)| only.is_empty() || *name == only) {
        // What other programs take from the cache only adds to a run's time: the least is its own.
        let least = (0..RUNS).map(|_| timed(step, &records)).fold(f64::INFINITY, f64::min);
        println!("{name:10} {:6.2} M records/s of CPU  {}", records.len() as f64 / 1e6 / least, step(&records));
    }
}

fn timed(step: Step, records: &[&[u8]]) -> f64 {
    let start = ProcessTime::now();
    black_box(step(black_box(records)));
    start.elapsed().as_secs_f64()
}

fn bytes(records: &[&[u8]]) -> usize {
    records.iter().map(|record| memchr::memchr_iter(b'"', record).count()).sum()
}

fn decoded(records: &[&[u8]]) -> usize {
    let (mut lines, mut memo) = (0, Memo::default());
    for record in records {
        let record = Record { value: Some(record), ..Record::default() };
        let _ =
            undo::lines(&record, None, &mut memo, &mut |entry| lines += usize::from(!black_box(entry).text.is_none()));
    }
    lines
}

fn detected(records: &[&[u8]]) -> usize {
    let mut detector = Detector::default();
    let topic = detector.topic("bench");
    let inputs = (0..).zip(records).map(|(offset, record)| Input {
        topic,
        offset,
        timestamp: 1_772_366_400_000_000_000 + offset * 50_000,
        record: Record { value: Some(record), ..Record::default() },
        ..Input::default()
    });
    detector.feed(inputs).crashes.len() + detector.finish().crashes.len()
}
