//! Bounds on what one stream may hold. Each cut they make is marked on the crash.

/// Bounds of one stream; the defaults hold every real crash that was ever measured.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes kept of one line; the rest of a longer line is dropped.
    pub line_bytes: usize,
    /// Bytes kept of one trace; goroutines beyond are counted, not kept.
    pub trace_bytes: usize,
    /// Lines kept of one trace.
    pub trace_lines: usize,
    /// Lines between a head and its first goroutine.
    pub head_lines: usize,
    /// Foreign lines in a row before an unfinished trace is given up.
    pub foreign_lines: usize,
    /// Foreign lines in a row that a finished trace still waits for further goroutines.
    pub settle_lines: usize,
    /// Nanoseconds that a finished trace waits for further goroutines.
    pub settle_ns: i64,
    /// Nanoseconds without a line of its own before an unfinished trace is given up.
    pub idle_ns: i64,
    /// The same for a head without any goroutine.
    pub head_idle_ns: i64,
    /// Nanoseconds since its first line before a trace is closed, whatever still comes.
    pub age_ns: i64,
    /// Panics of one chain that are kept.
    pub chain: usize,
    /// Frames of the crashing goroutine that are told.
    pub frames: usize,
    /// Groups of other goroutines that are told, and frames of each.
    pub groups: usize,
    /// Functions told of one group.
    pub group_frames: usize,
    /// Bytes of one function name or path.
    pub name_bytes: usize,
    /// Bytes of one value; a chain has twice as many.
    pub message_bytes: usize,
    /// Bytes of `raw`.
    pub raw_bytes: usize,
    /// Streams that are kept of one partition; beyond, those that spoke longest ago are forgotten.
    pub streams: usize,
    /// Bytes that the open traces of one partition may hold; beyond, the oldest is closed.
    pub partition_bytes: usize,
}

impl Limits {
    /// The defaults, but for what one partition may hold.
    pub fn of_partition(streams: Option<usize>, bytes: Option<usize>) -> Self {
        let known = Self::default();
        Self {
            streams: streams.unwrap_or(known.streams),
            partition_bytes: bytes.unwrap_or(known.partition_bytes),
            ..known
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line_bytes: 1 << 20,
            trace_bytes: 8 << 20,
            trace_lines: 1 << 18,
            head_lines: 64,
            foreign_lines: 100,
            settle_lines: 16,
            settle_ns: 300_000_000,
            idle_ns: 30_000_000_000,
            head_idle_ns: 2_000_000_000,
            age_ns: 300_000_000_000,
            chain: 100,
            frames: 200,
            groups: 100,
            group_frames: 30,
            name_bytes: 1024,
            message_bytes: 64 << 10,
            raw_bytes: 256 << 10,
            streams: 200_000,
            partition_bytes: 800 << 20,
        }
    }
}
