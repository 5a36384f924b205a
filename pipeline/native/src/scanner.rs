//! Bytes of one stream in, documents out: lines are cut here, whatever the pieces they come in.

use crate::assemble::Stream;
use crate::crash::{self, Source};
use crate::limits::Limits;
use crate::text::{part, rest};
use crate::trace::Line;
use crate::trace::Trace;

/// Finds the crashes of one stream of bytes.
#[derive(Debug)]
pub struct Scanner {
    source: Source,
    limits: Limits,
    stream: Stream,
    half: Vec<u8>,
    lines: u64,
    told: u64,
    next_position: (i64, u32),
}

impl Scanner {
    /// A scanner for the stream that is read from there.
    pub fn new(source: Source, limits: Limits) -> Self {
        Self { source, limits, stream: Stream::default(), half: Vec::new(), lines: 0, told: 0, next_position: (-1, 0) }
    }

    /// Takes the next bytes; returns the documents of the crashes that ended in them.
    pub fn feed(&mut self, chunk: &[u8]) -> Vec<Vec<u8>> {
        let (mut traces, mut documents) = (Vec::new(), Vec::new());
        let mut from = 0;
        for end in memchr::memchr_iter(b'\n', chunk) {
            let piece = part(chunk, from, end);
            if self.half.is_empty() {
                self.line(piece, &mut traces);
            } else {
                self.hold(piece);
                self.held_line(&mut traces);
            }
            // At once, not at the end: a trace's memory is then still warm for the next one.
            documents.extend(traces.drain(..).map(|trace| self.document(trace)));
            from = end + 1;
        }
        self.hold(rest(chunk, from));
        documents
    }

    /// Ends the stream.
    pub fn finish(&mut self) -> Vec<Vec<u8>> {
        let mut traces = Vec::new();
        if !self.half.is_empty() {
            self.held_line(&mut traces);
        }
        self.stream.finish(&mut traces);
        traces.into_iter().map(|trace| self.document(trace)).collect()
    }

    /// Lines read so far.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Lines that came after the end of the crash they belong to.
    pub fn swallowed_lines(&self) -> u64 {
        self.stream.swallowed()
    }

    /// Lines that belong to no crash, told or open.
    pub fn ordinary_lines(&self) -> u64 {
        self.lines - self.told - self.swallowed_lines() - self.stream.open_lines()
    }

    fn hold(&mut self, piece: &[u8]) {
        let room = (self.limits.line_bytes + 1).saturating_sub(self.half.len());
        self.half.extend_from_slice(part(piece, 0, room));
    }

    fn held_line(&mut self, traces: &mut Vec<Trace>) {
        let half = std::mem::take(&mut self.half);
        self.line(&half, traces);
        self.half = half;
        self.half.clear();
    }

    fn line(&mut self, text: &[u8], traces: &mut Vec<Trace>) {
        let offset = i64::try_from(self.lines).unwrap_or(i64::MAX);
        self.lines += 1;
        let cut = text.len() > self.limits.line_bytes;
        let line = Line { text: part(text, 0, self.limits.line_bytes), offset, time: 0 };
        let open = if cut { self.stream.open_lines() } else { 0 };
        self.stream.line(line, &self.limits, traces);
        if cut && self.stream.open_lines() > open {
            self.stream.mark_limits();
        }
    }

    fn document(&mut self, mut trace: Trace) -> Vec<u8> {
        let first = trace.lines.first().map_or(0, |l| l.offset);
        let (at, position) = self.next_position;
        trace.position = if at == first { position } else { 0 };
        self.next_position = (first, trace.position + 1);
        self.told += trace.source_lines();
        crash::document(&trace, &self.source, &self.limits)
    }
}
