//! Between the two lines of `==================` of a data race report.

use super::{Open, Phase, Verdict};
use crate::forms;
use crate::frame_line;
use crate::limits::Limits;
use crate::text::{number, trim, trim_left};
use crate::trace::Is;

impl Open {
    /// A line of a data race report, up to its second `==================`.
    pub(super) fn race(&mut self, text: &[u8], offset: i64, limits: &Limits) -> Verdict {
        let inner = trim(text);
        if inner.starts_with(b"==================") {
            self.take_sure(Is::Section, text, offset);
            self.natural = true;
            self.phase = Phase::Block;
            self.created = true;
            return Verdict::Taken;
        }
        if inner.is_empty() {
            return self.take(Is::Blank, text, 0, 0, offset);
        }
        if let Some(end) = frame_line::call(inner) {
            let indent = text.len() - trim_left(text).len();
            return self.take(Is::Func, text, indent + end, 0, offset);
        }
        if let Some(place) = frame_line::place(text) {
            self.take_file(text, place, offset);
            self.natural = false;
            return Verdict::Taken;
        }
        if race_section(inner) {
            self.blocks += 1;
            return self.take_sure(Is::Section, text, offset);
        }
        if forms::find_head(text).is_some_and(|head| head.at == 0) { self.over() } else { self.pass(limits) }
    }
}

/// `Previous write at 0x… by goroutine 7:`, `Goroutine 8 (running) created at:`, …
fn race_section(inner: &[u8]) -> bool {
    const STARTS: [&[u8]; 12] = [
        b"Read at ", b"Write at ", b"Read by ", b"Write by ", b"Previous ", b"Goroutine ", b"Heap block ",
        b"Global var", b"[failed to restore", b"Atomic ", b"As if synchronized", b"Mutex ",
    ];
    STARTS.iter().any(|start| inner.starts_with(start))
        || number(inner).is_some_and(|(_, tail)| tail == b" by main goroutine:")
}
