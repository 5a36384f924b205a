//! How each Go version prints a gc line. Sources: `runtime/mgc0.c` of Go 1.0 to 1.4, `runtime/mgc.go` of Go 1.5 to
//! 1.27.
//!
//! In a row, `{name unit}` is a number that [`super::line`] keeps by that name: `s`, `ms`, `us` and `MB` (2^20 bytes,
//! rounded down) are its unit, none is a plain number. Numbers of one name are added up, those named `_` dropped. All
//! else stands in the line as it stands here. A forced cycle has ` (forced)` behind it, from Go 1.5 on.

/// One way to print a cycle.
pub struct Layout {
    /// The first Go version that prints it.
    pub since: &'static str,
    /// The whole line.
    pub line: &'static str,
    /// A line that was printed; that of Go 1.26 was made from one without the words in parentheses.
    pub sample: &'static str,
}

/// Every layout, the newest first.
///
/// The clock of Go 1.5 has sweep termination, scan, the installing of write barriers, mark, and mark termination; the
/// world is stopped in the first and the last. Up to Go 1.4 it is stopped throughout. Go 1.3 and 1.4 sweep later: their
/// two heaps are an estimate of what was alive after the cycle before, and the heap as it is, garbage and all.
pub static LAYOUTS: [Layout; 8] = [
    Layout {
        since: "1.26",
        line: "gc {number} @{since_start s}s {gc_cpu}% (checking for goroutine leaks): \
               {sweep_termination ms}+{concurrent_mark ms}+{mark_termination ms} ms clock, \
               {_ ms}+{assist_cpu ms}/{background_cpu ms}/{idle_cpu ms}+{_ ms} ms cpu, \
               {heap_start MB}->{heap_end MB}->{heap_live MB} MB, {heap_goal MB} MB goal, \
               {stacks MB} MB stacks, {globals MB} MB globals, {procs} P",
        sample: "gc 34 @0.153s 3% (checking for goroutine leaks): 0.32+10+0.005 ms clock, \
                 0.65+0/2.5/0+0.010 ms cpu, 0->0->0 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P (forced)",
    },
    Layout {
        since: "1.18",
        line: "gc {number} @{since_start s}s {gc_cpu}%: \
               {sweep_termination ms}+{concurrent_mark ms}+{mark_termination ms} ms clock, \
               {_ ms}+{assist_cpu ms}/{background_cpu ms}/{idle_cpu ms}+{_ ms} ms cpu, \
               {heap_start MB}->{heap_end MB}->{heap_live MB} MB, {heap_goal MB} MB goal, \
               {stacks MB} MB stacks, {globals MB} MB globals, {procs} P",
        sample: "gc 38 @0.140s 7%: 0.031+2.3+0.001 ms clock, 0.062+0/0.14/0+0.002 ms cpu, \
                 22->33->14 MB, 26 MB goal, 0 MB stacks, 0 MB globals, 2 P",
    },
    Layout {
        since: "1.6",
        line: "gc {number} @{since_start s}s {gc_cpu}%: \
               {sweep_termination ms}+{concurrent_mark ms}+{mark_termination ms} ms clock, \
               {_ ms}+{assist_cpu ms}/{background_cpu ms}/{idle_cpu ms}+{_ ms} ms cpu, \
               {heap_start MB}->{heap_end MB}->{heap_live MB} MB, {heap_goal MB} MB goal, {procs} P",
        sample: "gc 83 @0.230s 3%: 0.055+0.25+0.001 ms clock, 0.11+0.014/0.061/0.075+0.002 ms cpu, \
                 8->8->4 MB, 9 MB goal, 2 P (forced)",
    },
    Layout {
        since: "1.5",
        line: "gc {number} @{since_start s}s {gc_cpu}%: {sweep_termination ms}+\
               {concurrent_mark ms}+{concurrent_mark ms}+{concurrent_mark ms}+{mark_termination ms} ms clock, \
               {_ ms}+{_ ms}+{_ ms}+{assist_cpu ms}/{background_cpu ms}/{idle_cpu ms}+{_ ms} ms cpu, \
               {heap_start MB}->{heap_end MB}->{heap_live MB} MB, {heap_goal MB} MB goal, {procs} P",
        sample: "gc 1 @0.006s 5%: 0.054+0.11+1.5+0.30+0.35 ms clock, 0.10+0.11+0+0.005/0.047/0.002+0.70 ms cpu, \
                 111->112->2 MB, 4 MB goal, 2 P",
    },
    Layout {
        since: "1.4",
        line: "gc{number}({procs}): {pause us}+{pause us}+{pause us}+{pause us} us, \
               {_ MB} -> {heap_start MB} MB, {_} ({_}-{_}) objects, {goroutines} goroutines, \
               {_}/{_}/{_} sweeps, {_}({_}) handoff, {_}({_}) steal, {_}/{_}/{_} yields",
        sample: "gc164(1): 0+58+43+0 us, 2 -> 2 MB, 114 (4109-3995) objects, 4 goroutines, 164/0/157 sweeps, \
                 0(0) handoff, 0(0) steal, 0/0/0 yields",
    },
    Layout {
        since: "1.3",
        line: "gc{number}({procs}): {pause us}+{pause us}+{pause us}+{pause us} us, \
               {_ MB} -> {heap_start MB} MB, {_} ({_}-{_}) objects, \
               {_}/{_}/{_} sweeps, {_}({_}) handoff, {_}({_}) steal, {_}/{_}/{_} yields",
        sample: "gc149(1): 0+0+20+0 us, 4 -> 7 MB, 203 (4114-3911) objects, 163/0/0 sweeps, \
                 0(0) handoff, 0(0) steal, 0/0/0 yields",
    },
    Layout {
        since: "1.1",
        line: "gc{number}({procs}): {pause ms}+{pause ms}+{pause ms} ms, \
               {heap_start MB} -> {heap_live MB} MB {_} -> {_} ({_}-{_}) objects, \
               {_}({_}) handoff, {_}({_}) steal, {_}/{_}/{_} yields",
        sample: "gc117(1): 0+0+0 ms, 9 -> 2 MB 244 -> 141 (4177-4036) objects, 0(0) handoff, 0(0) steal, 0/0/0 yields",
    },
    Layout {
        since: "1.0",
        line: "gc{number}({procs}): {pause ms}+{pause ms}+{pause ms} ms \
               {heap_start MB} -> {heap_live MB} MB {_} -> {_} ({_}-{_}) objects {_} handoff",
        sample: "gc118(1): 5+0+0 ms 10 -> 3 MB 226 -> 115 (4066-3951) objects 0 handoff",
    },
];

/// How a gc line of Go 1.0 to 1.4 begins.
pub const OLD_START: &str = "gc{number}({procs}): ";

/// How it ends.
pub const OLD_ENDS: [&[u8]; 2] = [b" yields", b" handoff"];

/// How a gc line of Go 1.5 and later goes on from its `@`, far enough that nothing else is like it.
pub const CLOCKS: [&str; 2] =
    ["@{since_start s}s {gc_cpu}%: {_ ms}+", "@{since_start s}s {gc_cpu}% (checking for goroutine leaks): "];
