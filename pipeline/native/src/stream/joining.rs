//! Lines that come in pieces: CRI's `P` and `F`, Docker's 16 KiB, the runtime's writes of five bytes.

use crate::text::part;
use crate::trace::Place;

/// Bytes kept of a joined line.
const JOINED_BYTES: usize = 1 << 20;

/// Nanoseconds after which a piece waits no longer for the next.
const JOIN_NS: i64 = 5_000_000_000;

/// Nanoseconds after its first piece in which a line is to be whole.
const WHOLE_NS: i64 = 60_000_000_000;

/// The pieces of a line so far.
#[derive(Debug)]
pub struct Pieces {
    text: Vec<u8>,
    /// Where the first piece was read.
    pub place: Place,
    /// Event time of the first piece, 0 where unknown.
    pub time: i64,
    /// Time of the partition at the first piece and at the last.
    since: (i64, i64),
}

impl Pieces {
    /// A line of which the first piece comes; `now` is the partition's time.
    pub fn new(place: Place, time: i64, now: i64) -> Self {
        Self { text: Vec::new(), place, time, since: (now, now) }
    }

    /// The next piece; `now` is the partition's time.
    pub fn add(&mut self, text: &[u8], now: i64) {
        let room = JOINED_BYTES.saturating_sub(self.text.len());
        self.text.extend_from_slice(part(text, 0, room));
        self.spoke_at(now);
    }

    /// The last piece came at that time of the partition.
    pub fn spoke_at(&mut self, now: i64) {
        self.since.1 = now;
    }

    /// Until when it waits for its next piece.
    pub fn waits_until(&self) -> i64 {
        (self.since.1 + JOIN_NS).min(self.since.0 + WHOLE_NS)
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
