//! Bytes of one file in, documents out: lines are cut here, whatever the pieces they come in. Each line is a record.

use crate::batch::Batch;
use crate::detector::{Detector, Input};
use crate::envelope::Record;
use crate::envelope::shippers::Shipper;
use crate::text::{part, rest};

/// Finds the crashes of one file.
#[derive(Debug)]
pub struct Scanner {
    detector: Detector,
    topic: usize,
    partition: i32,
    line_bytes: usize,
    half: Vec<u8>,
    lines: u64,
    told: u64,
}

impl Scanner {
    /// A scanner for the file that is read from there, its lines in the envelope that is named, if one is.
    pub fn new(topic: &str, partition: i32, named: Option<&'static Shipper>, mut detector: Detector) -> Self {
        let line_bytes = detector.limits().line_bytes;
        let topic = detector.topic(topic);
        detector.name_envelope(topic, named);
        if named.is_none() {
            detector.name_file(topic);
        }
        Self { detector, topic, partition, line_bytes, half: Vec::new(), lines: 0, told: 0 }
    }

    /// Takes the next bytes; returns what ended in them.
    pub fn feed(&mut self, chunk: &[u8]) -> Batch {
        let mut batch = Batch::default();
        let whole = match memchr::memchr(b'\n', chunk) {
            None => 0,
            Some(_) if self.half.is_empty() => 0,
            Some(end) => {
                self.hold(part(chunk, 0, end));
                batch.append(self.held_line());
                end + 1
            }
        };
        let tail = rest(chunk, whole);
        let end = memchr::memrchr(b'\n', tail).map_or(0, |last| last + 1);
        if end > 0 {
            batch.append(self.whole_lines(part(tail, 0, end - 1)));
        }
        self.hold(rest(tail, end));
        self.told += batch.crash_lines;
        batch
    }

    /// Ends the file.
    pub fn finish(&mut self) -> Batch {
        let mut batch = if self.half.is_empty() { Batch::default() } else { self.held_line() };
        batch.append(self.detector.finish());
        self.told += batch.crash_lines;
        batch
    }

    /// Lines read so far.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Lines that came after the end of the crash they belong to.
    pub fn swallowed_lines(&self) -> u64 {
        self.detector.members().map(|member| member.stream.swallowed()).sum()
    }

    /// Lines that belong to no crash, told or open.
    pub fn ordinary_lines(&self) -> u64 {
        let open: u64 = self.detector.members().map(|member| member.stream.open_lines()).sum();
        self.lines - self.told - self.swallowed_lines() - open
    }

    fn hold(&mut self, piece: &[u8]) {
        let room = (self.line_bytes + 1).saturating_sub(self.half.len());
        self.half.extend_from_slice(part(piece, 0, room));
    }

    fn whole_lines(&mut self, text: &[u8]) -> Batch {
        let (begun, place) = (self.lines, (self.topic, self.partition));
        let mut count = 0;
        let records = text.split(|b| *b == b'\n').map(|line| {
            count += 1;
            input(line, place, begun + count - 1)
        });
        let batch = self.detector.feed(records);
        self.lines += count;
        batch
    }

    fn held_line(&mut self) -> Batch {
        let half = std::mem::take(&mut self.half);
        let batch = self.detector.feed([input(&half, (self.topic, self.partition), self.lines)]);
        self.lines += 1;
        self.half = half;
        self.half.clear();
        batch
    }
}

fn input<'r>(line: &'r [u8], (topic, partition): (usize, i32), number: u64) -> Input<'r> {
    let offset = i64::try_from(number).unwrap_or(i64::MAX);
    Input { topic, partition, offset, timestamp: 0, record: Record { value: Some(line), ..Record::default() } }
}
