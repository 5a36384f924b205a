//! The lines of an open trace once more, by their own times: shippers send runs of lines twice, and swap lines.

use crate::assemble::Stream;
use crate::limits::Limits;
use crate::text::part;
use crate::trace::{Line, Place, Trace};

/// Bytes that are kept of one trace; in a longer one lines stay as they came.
const KEPT_BYTES: usize = 256 << 10;

#[derive(Clone, Copy, Debug)]
struct Kept {
    time: i64,
    in_file: Option<i64>,
    place: Place,
    start: usize,
    end: usize,
}

/// Lines in the order in which they came.
#[derive(Debug, Default)]
pub struct Order {
    text: Vec<u8>,
    lines: Vec<Kept>,
    newest: i64,
    disordered: bool,
    full: bool,
    /// Where in `lines` a repeated run goes on.
    again: Option<usize>,
}

/// True where a time is finer than the milliseconds in which one process writes many lines.
pub fn is_fine(time: i64) -> bool {
    time % 1_000_000 != 0
}

impl Order {
    /// Keeps a line.
    pub fn push(&mut self, line: Line<'_>) {
        self.full |= self.text.len() + line.text.len() > KEPT_BYTES;
        if self.full {
            return;
        }
        let start = self.text.len();
        self.text.extend_from_slice(line.text);
        self.lines.push(Kept {
            time: line.time,
            in_file: line.in_file,
            place: line.place,
            start,
            end: self.text.len(),
        });
        self.disordered |= line.time < self.newest && is_fine(line.time);
        self.newest = self.newest.max(line.time);
    }

    /// True where the line is one of a run that comes again: it is older than the newest, or has a place in a file, and
    /// is equal to one that is kept; or it follows such a line as it did then.
    pub fn repeats(&mut self, line: Line<'_>) -> bool {
        let next = self.again.filter(|at| self.lines.get(*at).is_some_and(|kept| self.equal(kept, line)));
        let found = match next {
            Some(at) => Some(at),
            None if line.time < self.newest || line.in_file.is_some() => {
                self.lines.iter().position(|kept| self.equal(kept, line))
            }
            None => None,
        };
        self.again = found.map(|at| at + 1);
        found.is_some()
    }

    fn equal(&self, kept: &Kept, line: Line<'_>) -> bool {
        kept.time == line.time && kept.in_file == line.in_file && part(&self.text, kept.start, kept.end) == line.text
    }

    /// Time, place in its file and text of the first line.
    pub fn head(&self) -> Option<(i64, Option<i64>, &[u8])> {
        self.lines.first().map(|kept| (kept.time, kept.in_file, part(&self.text, kept.start, kept.end)))
    }

    /// The trace as its lines were written, where they came in another order.
    pub fn sorted(&self, limits: &Limits) -> Option<Trace> {
        if !self.disordered || self.full {
            return None;
        }
        let mut lines = self.lines.clone();
        lines.sort_by_key(|kept| kept.time);
        let (mut stream, mut told) = (Stream::default(), Vec::new());
        for kept in lines {
            let text = part(&self.text, kept.start, kept.end);
            stream.line(Line { text, place: kept.place, time: kept.time, in_file: None }, limits, &mut told);
        }
        stream.finish(&mut told);
        told.into_iter().max_by_key(|trace| trace.lines.len())
    }

    /// Bytes held.
    pub fn held_bytes(&self) -> usize {
        self.text.capacity() + self.lines.capacity() * size_of::<Kept>()
    }
}
