//! Reads the line of one cycle.
//!
//! The runtime prints it piece by piece after the world goes on, so that the program's own text can stand in front of
//! it, behind it, or in its middle. A line that holds all of it is a cycle. Of one that is torn, two lines hold a part,
//! and only one of them its `@`: that one counts, the other is no gc line.

use super::layouts::{CLOCKS, LAYOUTS, Layout, OLD_ENDS, OLD_START};
use crate::text::{after, number, part, rest};
use memchr::{memchr_iter, memmem};
use serde::Serialize;

const MIB: u64 = 1 << 20;
const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;

/// What is larger is kept as this, so that every JSON reader takes it.
const LARGEST: u64 = i64::MAX as u64;

/// Go's heap has 48 address bits. With `GOGC=off` and no memory limit a larger goal is printed.
const HEAP_BYTES: u64 = 1 << 48;

/// What a line tells of the garbage collector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GcLine {
    /// One cycle, whole.
    Cycle(Box<Cycle>),
    /// A part of one that another line cut, or whose end is missing. Counted once for each torn gc line.
    Damaged,
}

/// One cycle as its line tells it; `None` is what that Go version does not print.
///
/// Phases and CPU times have the two digits that are printed, heap sizes are whole MiB, rounded down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Cycle {
    /// Cycles of the process up to this one, from 1.
    pub gc_number: u64,
    /// From the start of the program to that of the cycle, whole milliseconds; Go 1.5+.
    pub since_start_ns: Option<u64>,
    /// Share of the program's CPU time that its collector used since the start; Go 1.5+.
    pub gc_cpu_percent: Option<u64>,
    /// The world is stopped to end the last sweep; Go 1.5+.
    pub sweep_termination_ns: Option<u64>,
    /// Mark beside the program; Go 1.5+. In Go 1.5 with scan and the installing of write barriers.
    pub concurrent_mark_ns: Option<u64>,
    /// The world is stopped to end the mark; Go 1.5+.
    pub mark_termination_ns: Option<u64>,
    /// The world was stopped or being stopped: both terminations; up to Go 1.4 the whole cycle.
    pub pause_ns: u64,
    /// CPU time of marking that allocating goroutines had to do; Go 1.5+.
    pub assist_cpu_ns: Option<u64>,
    /// CPU time of the collector's own workers; Go 1.5+.
    pub background_cpu_ns: Option<u64>,
    /// CPU time of marking on processors that had nothing else to do; Go 1.5+.
    pub idle_cpu_ns: Option<u64>,
    /// Heap when the cycle began.
    pub heap_start_bytes: u64,
    /// Heap when the mark ended; up to Go 1.4 as at the start, for nothing is allocated in between.
    pub heap_end_bytes: u64,
    /// What the mark found alive; up to Go 1.2 the heap after the cycle; not in Go 1.3 and 1.4.
    pub heap_live_bytes: Option<u64>,
    /// Heap size that this cycle tried not to pass; Go 1.5+. None where the collector is off (`GOGC=off`).
    pub heap_goal_bytes: Option<u64>,
    /// Stacks to scan; Go 1.18+.
    pub stacks_bytes: Option<u64>,
    /// Global variables to scan; Go 1.18+.
    pub globals_bytes: Option<u64>,
    /// Goroutines; Go 1.4 alone.
    pub goroutines: Option<u64>,
    /// `GOMAXPROCS`; up to Go 1.4 the threads that marked.
    pub procs: u64,
    /// The program asked for it (Go 1.10+); Go 1.5 to 1.9: it did not run in the background.
    pub forced: bool,
}

/// Reads `text`, one line out of its envelope; `None` where it is no gc line. The first whole cycle wins.
#[inline]
pub fn read(text: &[u8]) -> Option<GcLine> {
    let mut found = None;
    for at in memchr_iter(b'@', text) {
        match clock(text, at) {
            Some(GcLine::Damaged) => found = Some(GcLine::Damaged),
            Some(cycle) => return Some(cycle),
            None => {}
        }
    }
    found.or_else(|| may_be_old(text).then(|| old(text)).flatten())
}

/// The gc line of Go 1.5 and later whose `@` stands at `at`.
#[inline]
fn clock(text: &[u8], at: usize) -> Option<GcLine> {
    let before = part(text, 0, at);
    if before.last().is_some_and(|byte| *byte != b' ') {
        return None;
    }
    match start(before) {
        Some(from) => Some(whole(rest(text, from))),
        None => CLOCKS.iter().any(|layout| fit(layout, rest(text, at)).is_some()).then_some(GcLine::Damaged),
    }
}

/// Where the `gc 7 ` at the end of `text` begins.
fn start(text: &[u8]) -> Option<usize> {
    let text = text.strip_suffix(b" ")?;
    let digits = text.iter().rev().take(20).take_while(|b| b.is_ascii_digit()).count();
    let name = part(text, 0, text.len() - digits).strip_suffix(b"gc ")?;
    (digits > 0).then_some(name.len())
}

/// True where `text` begins or ends as gc lines of Go 1.0 to 1.4 do.
#[inline]
fn may_be_old(text: &[u8]) -> bool {
    let begins = text.starts_with(b"gc") && text.get(2).is_some_and(u8::is_ascii_digit);
    begins || OLD_ENDS.iter().any(|end| text.ends_with(end))
}

/// A gc line of Go 1.0 to 1.4 in `text`.
fn old(text: &[u8]) -> Option<GcLine> {
    let mut starts = memmem::find_iter(text, b"gc").map(|at| rest(text, at));
    starts.find(|line| fit(OLD_START, line).is_some()).map(whole)
}

/// The gc line that begins where `line` does.
fn whole(line: &[u8]) -> GcLine {
    LAYOUTS
        .iter()
        .find_map(|layout| cycle(layout, line))
        .map_or(GcLine::Damaged, |cycle| GcLine::Cycle(Box::new(cycle)))
}

/// What the names of a row hold.
type Values = Vec<(&'static str, u64)>;

/// The cycle that `line` tells, if it has that layout.
fn cycle(layout: &Layout, line: &[u8]) -> Option<Cycle> {
    let (values, behind) = fit(layout.line, line)?;
    let sum = |names: &[&str]| {
        let named = values.iter().filter(|(name, _)| names.contains(name)).map(|(_, value)| *value);
        named.reduce(u64::saturating_add).map(|sum| sum.min(LARGEST))
    };
    let heap_start_bytes = sum(&["heap_start"])?;
    Some(Cycle {
        gc_number: sum(&["number"])?,
        since_start_ns: sum(&["since_start"]),
        gc_cpu_percent: sum(&["gc_cpu"]),
        sweep_termination_ns: sum(&["sweep_termination"]),
        concurrent_mark_ns: sum(&["concurrent_mark"]),
        mark_termination_ns: sum(&["mark_termination"]),
        pause_ns: sum(&["sweep_termination", "mark_termination", "pause"])?,
        assist_cpu_ns: sum(&["assist_cpu"]),
        background_cpu_ns: sum(&["background_cpu"]),
        idle_cpu_ns: sum(&["idle_cpu"]),
        heap_start_bytes,
        heap_end_bytes: sum(&["heap_end"]).unwrap_or(heap_start_bytes),
        heap_live_bytes: sum(&["heap_live"]),
        heap_goal_bytes: sum(&["heap_goal"]).filter(|goal| *goal < HEAP_BYTES),
        stacks_bytes: sum(&["stacks"]),
        globals_bytes: sum(&["globals"]),
        goroutines: sum(&["goroutines"]),
        procs: sum(&["procs"])?,
        forced: behind.starts_with(b" (forced)"),
    })
}

/// Reads `line` by a row of the table: the numbers with their names, and what follows.
fn fit<'t>(layout: &'static str, line: &'t [u8]) -> Option<(Values, &'t [u8])> {
    let mut values = Values::new();
    let mut pieces = layout.split('{');
    let mut tail = after(line, pieces.next()?.as_bytes())?;
    for piece in pieces {
        let (slot, text) = piece.split_once('}')?;
        let (name, unit) = slot.split_once(' ').unwrap_or((slot, ""));
        let (value, behind) = quantity(tail, unit)?;
        values.push((name, value));
        tail = after(behind, text.as_bytes())?;
    }
    Some((values, tail))
}

/// The number at the start of `text` in nanoseconds, bytes, or as it is.
fn quantity<'t>(text: &'t [u8], unit: &str) -> Option<(u64, &'t [u8])> {
    match unit {
        "s" => decimal(text, SECOND),
        "ms" => decimal(text, MILLISECOND),
        "us" => number(text).map(|(n, tail)| (n.saturating_mul(MICROSECOND), tail)),
        "MB" => number(text).map(|(n, tail)| (n.saturating_mul(MIB), tail)),
        _ => number(text),
    }
}

/// `0.61` or `17` times `unit`; not more than nine decimals.
fn decimal(text: &[u8], unit: u64) -> Option<(u64, &[u8])> {
    let (whole, tail) = number(text)?;
    let whole = whole.saturating_mul(unit);
    let Some(tail) = after(tail, b".") else {
        return Some((whole, tail));
    };
    let (digits, behind) = number(tail)?;
    let power = u32::try_from(tail.len() - behind.len()).ok().filter(|places| *places <= 9)?;
    Some((whole.saturating_add(digits * unit / 10u64.pow(power)), behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "2026/11/21 01:39:06 request 18 served";

    fn damaged(text: &str) -> bool {
        read(text.as_bytes()) == Some(GcLine::Damaged)
    }

    fn is_cycle(text: &str) -> bool {
        matches!(read(text.as_bytes()), Some(GcLine::Cycle(_)))
    }

    #[test]
    fn each_sample_is_read_by_its_own_row_alone() {
        for row in &LAYOUTS {
            let readers = LAYOUTS.iter().filter(|layout| cycle(layout, row.sample.as_bytes()).is_some());
            assert_eq!(readers.map(|layout| layout.since).collect::<Vec<_>>(), [row.since]);
            assert!(is_cycle(row.sample), "{}", row.sample);
        }
    }

    #[test]
    fn program_text_in_front_and_behind_is_not_read() {
        for row in &LAYOUTS {
            assert!(is_cycle(&format!("BenchmarkReverse-4 \t{}", row.sample)), "{}", row.since);
        }
        let sample = LAYOUTS[1].sample;
        assert_eq!(read(format!("{sample}{LOG}").as_bytes()), read(sample.as_bytes()));
    }

    #[test]
    fn a_line_torn_at_any_byte_is_damaged_once() {
        for row in LAYOUTS.iter().filter(|row| row.line.contains('@')) {
            let whole = row.sample.trim_end_matches(" (forced)");
            for cut in 1..whole.len() {
                let (head, tail) = whole.split_at(cut);
                let torn = [format!("{head}{LOG}"), tail.to_owned()];
                assert_eq!(torn.iter().filter(|text| damaged(text)).count(), 1, "{torn:?}");
                assert!(!torn.iter().any(|text| is_cycle(text)), "{torn:?}");
            }
        }
    }

    #[test]
    fn program_text_in_the_middle_is_damage() {
        for row in &LAYOUTS {
            let (head, tail) = row.sample.split_at(row.sample.len() / 2);
            assert!(damaged(&format!("{head}served {tail}")), "{}", row.since);
        }
    }

    #[test]
    fn a_whole_cycle_behind_a_torn_one_is_read() {
        assert!(is_cycle(&format!("gc 7 @0.071s 61%: 0.020+{}", LAYOUTS[1].sample)));
    }

    #[test]
    fn other_lines_of_the_runtime_and_of_programs_are_none() {
        for line in [
            "",
            "GC forced",
            "scvg0: GC forced",
            "scvg-1: 7 MB released",
            "scvg: inuse: 2, idle: 7, sys: 10, released: 7, consumed: 2 (MB)",
            "scav 1 992 KiB work, 1056 KiB total, 36% util (forced)",
            "scan: class 448B 16 objs",
            "pacer: sweep done at heap size 4MB; allocated 0MB during sweep; swept 12 pages at +1.502279e+000 pages/byte",
            "SCHED 103ms: gomaxprocs=2 idleprocs=0 threads=4 spinningthreads=0 idlethreads=1 runqueue=1 [0 1]",
            "init internal/bytealg @0.008 ms, 0 ms clock, 0 bytes, 0 allocs",
            "gc 14 images removed, 3 kept, 0.2s",
            "gc #3: compaction finished in 41ms, 0.5->0.2 GB",
            "mail to 5 @0.5 or ops@example.com",
        ] {
            assert_eq!(read(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn numbers_beyond_64_bits_are_kept_small_or_refused() {
        let sample = LAYOUTS[2].sample;
        let cycle = |from: &str, to: &str| match read(sample.replace(from, to).as_bytes()) {
            Some(GcLine::Cycle(cycle)) => Some(cycle.pause_ns),
            _ => None,
        };
        assert_eq!(cycle("0.055", "18446744073709"), Some(LARGEST));
        assert_eq!(cycle("0.055", "0.0123456789"), None);
        assert_eq!(cycle("0.055", "100000000000000000000"), None);
    }
}
