//! What programs of many Go versions printed with `GODEBUG=gctrace=1`: parts of their output, in `tests/gctrace`.

use _native::gc::line::{Cycle, GcLine, read};
use _native::gc::process::{GcCycle, Process};

const MIB: u64 = 1 << 20;

/// What one file holds.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    cycles: usize,
    damaged: usize,
    /// Sum over the cycles.
    pause_us: u64,
    /// Sum over the cycles that have it.
    alloc_mib: u64,
    /// Sum over the cycles that have it.
    interval_ms: u64,
}

/// The cycles of `text`, and how many are damaged.
fn cycles(text: &str) -> (Vec<GcCycle>, usize) {
    let (mut process, mut told, mut damaged) = (Process::default(), Vec::new(), 0);
    for line in text.lines() {
        match read(line.as_bytes()) {
            Some(GcLine::Cycle(cycle)) => told.extend(process.take(*cycle)),
            Some(GcLine::Damaged) => damaged += 1,
            None => {}
        }
    }
    (told, damaged)
}

fn told(text: &str) -> Told {
    let (cycles, damaged) = cycles(text);
    let sum = |value: fn(&GcCycle) -> Option<u64>| cycles.iter().filter_map(value).sum::<u64>();
    Told {
        cycles: cycles.len(),
        damaged,
        pause_us: sum(|told| Some(told.cycle.pause_ns)) / 1_000,
        alloc_mib: sum(|told| told.alloc_bytes) / MIB,
        interval_ms: sum(|told| told.interval_ns) / 1_000_000,
    }
}

fn expected(cycles: usize, damaged: usize, pause_us: u64, alloc_mib: u64, interval_ms: u64) -> Told {
    Told { cycles, damaged, pause_us, alloc_mib, interval_ms }
}

#[test]
fn every_cycle_of_every_go_version_is_found() {
    let rows = [
        ("1.0", include_str!("gctrace/go1.0.txt"), expected(29, 0, 14_000, 113, 0)),
        ("1.2", include_str!("gctrace/go1.2.txt"), expected(27, 0, 3_000, 84, 0)),
        ("1.3", include_str!("gctrace/go1.3.txt"), expected(27, 0, 967, 0, 0)),
        ("1.4", include_str!("gctrace/go1.4.txt"), expected(27, 0, 13_003, 0, 0)),
        ("1.5", include_str!("gctrace/go1.5.txt"), expected(24, 0, 19_702, 136, 76)),
        ("1.13, scvg", include_str!("gctrace/go1.13-scvg.txt"), expected(9, 0, 637, 44, 4)),
        ("1.17", include_str!("gctrace/go1.17.txt"), expected(29, 0, 1_627, 86, 90)),
        ("1.18, interleaved", include_str!("gctrace/go1.18-interleaved.txt"), expected(8, 4, 476, 16, 31)),
        ("1.26, scan", include_str!("gctrace/go1.26-scan.txt"), expected(2, 0, 254, 2, 18)),
        ("1.27", include_str!("gctrace/go1.27.txt"), expected(14, 0, 14_390, 247, 141)),
    ];
    for (go, text, expected) in rows {
        assert_eq!(told(text), expected, "Go {go}");
    }
}

#[test]
fn a_cycle_of_go_1_27_is_told_in_full() {
    let (cycles, _) = cycles(include_str!("gctrace/go1.27.txt"));
    let expected = GcCycle {
        cycle: Cycle {
            gc_number: 12,
            since_start_ns: Some(112_000_000),
            gc_cpu_percent: Some(2),
            sweep_termination_ns: Some(1_700_000),
            concurrent_mark_ns: Some(15_000_000),
            mark_termination_ns: Some(12_000),
            pause_ns: 1_712_000,
            assist_cpu_ns: Some(0),
            background_cpu_ns: Some(150_000),
            idle_cpu_ns: Some(0),
            heap_start_bytes: 44 * MIB,
            heap_end_bytes: 65 * MIB,
            heap_live_bytes: Some(25 * MIB),
            heap_goal_bytes: Some(51 * MIB),
            stacks_bytes: Some(0),
            globals_bytes: Some(0),
            goroutines: None,
            procs: 2,
            forced: false,
        },
        interval_ns: Some(15_000_000),
        alloc_bytes: Some(40 * MIB),
        alloc_bytes_per_second: Some(40 * MIB * 1_000 / 15),
    };
    assert_eq!(cycles.get(11), Some(&expected));
}

#[test]
fn go_1_4_tells_goroutines_and_no_live_heap() {
    let (cycles, _) = cycles(include_str!("gctrace/go1.4.txt"));
    let last = cycles.last().map(|told| &told.cycle);
    assert_eq!(last.map(|cycle| (cycle.gc_number, cycle.pause_ns, cycle.goroutines)), Some((165, 44_000, Some(4))));
    assert_eq!(last.map(|cycle| (cycle.heap_start_bytes, cycle.heap_live_bytes)), Some((2 * MIB, None)));
    assert_eq!(last.map(|cycle| (cycle.since_start_ns, cycle.heap_goal_bytes)), Some((None, None)));
}

#[test]
fn a_collector_that_is_off_has_no_goal() {
    let line = "gc 1 @0.000s 12%: 0.042+0.042+0.008 ms clock, 0.17+0/0.034/0.072+0.034 ms cpu, \
                0->0->0 MB, 17592186044415 MB goal, 4 P (forced)";
    let (cycles, _) = cycles(line);
    let goals: Vec<_> = cycles.iter().map(|told| (told.cycle.heap_goal_bytes, told.cycle.forced)).collect();
    assert_eq!(goals, [(None, true)]);
}

#[test]
fn a_file_delivered_twice_counts_once() {
    let text = include_str!("gctrace/go1.27.txt");
    assert_eq!(told(&[text, text].concat()), told(text));
}

#[test]
fn two_runs_in_one_stream_are_two_processes() {
    let (first, second) = (include_str!("gctrace/go1.17.txt"), include_str!("gctrace/go1.27.txt"));
    assert_eq!(told(&[first, second].concat()), expected(29 + 14, 0, 1_627 + 14_390, 86 + 247, 90 + 141));
}
