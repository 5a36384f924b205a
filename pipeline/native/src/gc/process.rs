//! What the cycles of one process say together.

use super::line::Cycle;
use rustc_hash::FxBuildHasher;
use serde::Serialize;
use std::collections::VecDeque;
use std::hash::BuildHasher;

/// Cycles that are remembered, so that one that is delivered again is known: a batch of a log shipper holds fewer.
const REMEMBERED: usize = 64;

/// A cycle and what it tells with the one before it; one flat JSON object.
///
/// The three derived values are `None` where the cycle before it was not seen: it is the first of its process, or a
/// line was lost or damaged. Rates over several cycles are the sum of `alloc_bytes` over the sum of `interval_ns`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct GcCycle {
    /// The line.
    #[serde(flatten)]
    pub cycle: Cycle,
    /// From the start of the cycle before it to its own.
    pub interval_ns: Option<u64>,
    /// Allocated since the mark of the cycle before it ended: `heap_end_bytes` less that one's `heap_live_bytes`. Both
    /// are rounded to MiB, so it may be 1 MiB off.
    pub alloc_bytes: Option<u64>,
    /// Both divided; `None` for an interval of 0 ms too.
    pub alloc_bytes_per_second: Option<u64>,
}

/// The collector of one process, or of one after the other where they share a stream.
#[derive(Debug, Default)]
pub struct Process {
    last: Option<Cycle>,
    /// Hashes of the cycles seen last, oldest first.
    seen: VecDeque<u64>,
}

impl Process {
    /// Takes the next cycle of the stream; `None` where it was told before.
    pub fn take(&mut self, cycle: Cycle) -> Option<GcCycle> {
        if !self.is_new(&cycle) {
            return None;
        }
        let before = self.last.replace(cycle).filter(|before| follows(before, &cycle));
        let interval_ns = before.and_then(|before| cycle.since_start_ns?.checked_sub(before.since_start_ns?));
        let live = before.and_then(|before| before.heap_live_bytes);
        let alloc_bytes = live.map(|live| cycle.heap_end_bytes.saturating_sub(live));
        let alloc_bytes_per_second = alloc_bytes.zip(interval_ns).and_then(|(bytes, ns)| per_second(bytes, ns));
        Some(GcCycle { cycle, interval_ns, alloc_bytes, alloc_bytes_per_second })
    }

    fn is_new(&mut self, cycle: &Cycle) -> bool {
        let hash = FxBuildHasher.hash_one(cycle);
        if self.seen.contains(&hash) {
            return false;
        }
        if self.seen.len() == REMEMBERED {
            self.seen.pop_front();
        }
        self.seen.push_back(hash);
        true
    }
}

/// The next number, and no earlier: else the process is another one, or cycles are missing in between.
fn follows(before: &Cycle, cycle: &Cycle) -> bool {
    cycle.gc_number == before.gc_number.saturating_add(1) && cycle.since_start_ns >= before.since_start_ns
}

fn per_second(bytes: u64, ns: u64) -> Option<u64> {
    let rate = (u128::from(bytes) * 1_000_000_000).checked_div(u128::from(ns))?;
    Some(u64::try_from(rate).unwrap_or(u64::MAX).min(i64::MAX as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gc::line::{GcLine, read};

    const FIRST: &str = "gc 8 @0.072s 57%: 0.055+3.6+0.006 ms clock, 0.11+0.055/0.039/0+0.012 ms cpu, \
                         8->9->3 MB, 8 MB goal, 0 MB stacks, 0 MB globals, 2 P";
    const SECOND: &str = "gc 9 @0.076s 57%: 0.045+0.69+0.001 ms clock, 0.091+0/0.13/0+0.002 ms cpu, \
                          5->8->8 MB, 6 MB goal, 0 MB stacks, 0 MB globals, 2 P";

    fn take(process: &mut Process, line: &str) -> Option<GcCycle> {
        match read(line.as_bytes()) {
            Some(GcLine::Cycle(cycle)) => process.take(*cycle),
            _ => None,
        }
    }

    /// What the last of `lines` derives: interval, bytes allocated, their rate.
    fn derived(lines: &[&str]) -> Option<(Option<u64>, Option<u64>, Option<u64>)> {
        let mut process = Process::default();
        let told = lines.iter().map(|line| take(&mut process, line)).last().flatten()?;
        Some((told.interval_ns, told.alloc_bytes, told.alloc_bytes_per_second))
    }

    const NOTHING: Option<(Option<u64>, Option<u64>, Option<u64>)> = Some((None, None, None));

    #[test]
    fn the_rate_is_what_was_allocated_since_the_live_heap_of_the_cycle_before() {
        let mib = 1 << 20;
        assert_eq!(derived(&[FIRST, SECOND]), Some((Some(4_000_000), Some(5 * mib), Some(5 * mib * 250))));
    }

    #[test]
    fn the_first_cycle_derives_nothing() {
        assert_eq!(derived(&[FIRST]), NOTHING);
    }

    #[test]
    fn a_cycle_behind_a_missing_one_derives_nothing() {
        assert_eq!(derived(&[FIRST, &SECOND.replace("gc 9", "gc 10")]), NOTHING);
    }

    #[test]
    fn a_restarted_process_derives_nothing() {
        assert_eq!(derived(&[FIRST, SECOND, &SECOND.replace("gc 9 @0.076s", "gc 1 @0.080s")]), NOTHING);
        assert_eq!(derived(&[FIRST, &SECOND.replace("@0.076s", "@0.071s")]), NOTHING);
    }

    #[test]
    fn cycles_in_one_millisecond_have_no_rate() {
        let mib = 1 << 20;
        assert_eq!(derived(&[FIRST, &SECOND.replace("@0.076s", "@0.072s")]), Some((Some(0), Some(5 * mib), None)));
    }

    #[test]
    fn a_cycle_is_told_once() {
        assert_eq!(derived(&[FIRST, FIRST]), None);
        assert_eq!(derived(&[FIRST, SECOND, FIRST]), None);
    }

    #[test]
    fn a_cycle_delivered_again_does_not_disturb_the_next() {
        assert_eq!(derived(&[FIRST, FIRST, SECOND]), derived(&[FIRST, SECOND]));
    }

    #[test]
    fn a_cycle_is_one_flat_json_object() {
        let told = take(&mut Process::default(), FIRST).map(|told| serde_json::to_string(&told).unwrap_or_default());
        let expected = concat!(
            r#"{"gc_number":8,"since_start_ns":72000000,"gc_cpu_percent":57,"sweep_termination_ns":55000,"#,
            r#""concurrent_mark_ns":3600000,"mark_termination_ns":6000,"pause_ns":61000,"assist_cpu_ns":55000,"#,
            r#""background_cpu_ns":39000,"idle_cpu_ns":0,"heap_start_bytes":8388608,"heap_end_bytes":9437184,"#,
            r#""heap_live_bytes":3145728,"heap_goal_bytes":8388608,"stacks_bytes":0,"globals_bytes":0,"#,
            r#""goroutines":null,"procs":2,"forced":false,"#,
            r#""interval_ns":null,"alloc_bytes":null,"alloc_bytes_per_second":null}"#,
        );
        assert_eq!(told.as_deref(), Some(expected));
    }
}
