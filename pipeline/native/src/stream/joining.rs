//! Lines that come in pieces: CRI's `P` and `F`, Docker's 16 KiB, the runtime's writes of five bytes.

use crate::text::part;
use crate::trace::Place;

/// Bytes kept of a joined line.
const JOINED_BYTES: usize = 1 << 20;

/// Nanoseconds after which a piece waits no longer for the next.
const JOIN_NS: i64 = 5_000_000_000;

/// The pieces of a line so far.
#[derive(Debug)]
pub struct Pieces {
    text: Vec<u8>,
    /// Where the first piece was read.
    pub place: Place,
    /// Event time of the first piece, 0 where unknown.
    pub time: i64,
    /// Time of the partition at the last piece.
    pub since: i64,
}

impl Pieces {
    /// The first piece.
    pub fn new(place: Place, time: i64) -> Self {
        Self { text: Vec::new(), place, time, since: 0 }
    }

    /// The next piece; `now` is the partition's time.
    pub fn add(&mut self, text: &[u8], now: i64) {
        let room = JOINED_BYTES.saturating_sub(self.text.len());
        self.text.extend_from_slice(part(text, 0, room));
        self.since = now;
    }

    /// Until when it waits for its next piece.
    pub fn waits_until(&self) -> i64 {
        self.since + JOIN_NS
    }

    /// True where the next line, read now and written then, cannot be more of it.
    pub fn is_stale(&self, now: i64, time: i64) -> bool {
        now >= self.waits_until() || (time != 0 && self.time != 0 && time - self.time >= JOIN_NS)
    }

    /// The line.
    pub fn text(&self) -> &[u8] {
        &self.text
    }
}
