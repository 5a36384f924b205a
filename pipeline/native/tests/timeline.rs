//! When a trace ends, on a timeline of seconds.

use _native::assemble::Stream;
use _native::limits::Limits;
use _native::trace::{Line, Place, Trace};

const CRASH: [&str; 5] = ["panic: boom", "", "goroutine 1 [running]:", "main.main()", "\t/srv/app/main.go:10 +0x1d"];
const FURTHER: [&str; 4] = ["", "goroutine 7 [select]:", "main.wait()", "\t/srv/app/wait.go:3 +0x1d"];

/// One stream whose lines come at given seconds.
struct Timeline {
    stream: Stream,
    limits: Limits,
    told: Vec<Trace>,
    offset: i64,
    last: i64,
}

impl Timeline {
    fn new() -> Self {
        Self { stream: Stream::default(), limits: Limits::default(), told: Vec::new(), offset: 0, last: 0 }
    }

    fn at(&mut self, seconds: f64, lines: &[&str]) -> &mut Self {
        for text in lines {
            let line = Line {
                text: text.as_bytes(),
                place: Place { offset: self.offset, position: 0 },
                time: nanoseconds(seconds),
                in_file: None,
            };
            self.stream.line(line, &self.limits, &mut self.told);
            self.offset += 1;
            self.last = nanoseconds(seconds);
        }
        self
    }

    fn now(&mut self, seconds: f64) -> &mut Self {
        let wait = self.stream.wait(&self.limits);
        if wait.is_some_and(|wait| nanoseconds(seconds) - self.last >= wait) {
            self.stream.close(&mut self.told);
        }
        self
    }

    fn told(&self) -> Vec<usize> {
        self.told.iter().map(|trace| trace.lines.len()).collect()
    }
}

fn nanoseconds(seconds: f64) -> i64 {
    (seconds * 1e9) as i64
}

#[test]
fn a_finished_trace_is_told_after_it_settled() {
    let mut time = Timeline::new();
    assert_eq!(time.at(1.0, &CRASH).now(1.2).told(), Vec::<usize>::new());
    assert_eq!(time.now(1.3).told(), vec![5]);
}

#[test]
fn goroutines_that_come_while_it_settles_belong_to_it() {
    let mut time = Timeline::new();
    assert_eq!(time.at(1.0, &CRASH).at(1.2, &FURTHER).now(40.0).told(), vec![9]);
}

#[test]
fn goroutines_that_come_later_are_swallowed_and_no_new_crash() {
    let mut time = Timeline::new();
    assert_eq!(time.at(1.0, &CRASH).now(1.5).at(9.0, &FURTHER).now(60.0).told(), vec![5]);
    assert_eq!(time.stream.swallowed(), 3);
}

#[test]
fn an_unfinished_trace_waits_thirty_seconds_for_its_next_line() {
    let mut time = Timeline::new();
    time.at(1.0, &CRASH[..4]);
    assert_eq!(time.now(30.9).told(), Vec::<usize>::new());
    assert_eq!(time.now(31.0).told(), vec![4]);
    assert!(time.told.iter().all(|trace| trace.damage.cut_off));
}

#[test]
fn a_head_without_goroutines_waits_two_seconds() {
    let mut time = Timeline::new();
    time.at(1.0, &["panic: runtime error: integer divide by zero"]);
    assert_eq!(time.now(2.9).told(), Vec::<usize>::new());
    assert_eq!(time.now(3.0).told(), vec![1]);
}

#[test]
fn a_line_of_the_streams_own_time_ends_a_trace_that_waited_too_long() {
    let mut time = Timeline::new();
    assert_eq!(time.at(1.0, &CRASH).at(5.0, &["INFO listening on :8080"]).told(), vec![5]);
}

#[test]
fn a_foreign_line_inside_passes_and_the_trace_goes_on() {
    let mut time = Timeline::new();
    time.at(1.0, &CRASH[..3]).at(1.1, &["INFO listening on :8080"]).at(1.2, &CRASH[3..]);
    assert_eq!(time.now(9.0).told(), vec![5]);
}

#[test]
fn a_head_that_nothing_proves_gives_its_lines_back() {
    let mut time = Timeline::new();
    assert_eq!(time.at(1.0, &["panic: button pressed", "some normal log line"]).now(9.0).told(), Vec::<usize>::new());
    assert_eq!(time.stream.open_lines(), 0);
}

#[test]
fn the_next_crash_ends_the_one_before() {
    let mut time = Timeline::new();
    assert_eq!(time.at(1.0, &CRASH).at(1.1, &CRASH).now(9.0).told(), vec![5, 5]);
}

#[test]
fn a_value_that_is_a_record_with_a_stack_is_a_value() {
    let mut time = Timeline::new();
    time.at(1.0, &["panic: boom \"stack\":\"goroutine 1 [running]:\\nmain.main()\\n\\t/srv/app/main.go:10 +0x1d\""]);
    assert_eq!(time.at(1.1, &CRASH[1..]).now(9.0).told(), vec![5]);
}

#[test]
fn recovered_panics_one_after_the_other_are_two() {
    let dump = |value| {
        [value, "goroutine 7 [running]:", "panic({0x8, 0xb})", "\t/go/src/runtime/panic.go:770 +0x1", "main.work()"]
    };
    let end = ["\t/srv/app/work.go:3 +0x1d", "created by main.main in goroutine 1", "\t/srv/app/main.go:9 +0x1d"];
    let mut time = Timeline::new();
    for value in ["2024/03/01 10:00:00 panic: a", "2024/03/01 10:00:01 panic: b"] {
        time.at(1.0, &dump(value)).at(1.0, &end);
    }
    assert_eq!(time.now(9.0).told(), vec![8, 8]);
}

#[test]
fn a_record_with_a_whole_stack_is_told_while_another_trace_is_open() {
    let record = "{\"msg\":\"panic recovered\",\"panic\":\"boom\",\"stack\":\"goroutine 7 [running]:\\npanic({0x8})\\n\\t/go/src/runtime/panic.go:770\\nmain.main()\\n\\t/srv/app/main.go:9 +0x1\"}";
    let mut time = Timeline::new();
    assert_eq!(time.at(1.0, &CRASH).at(1.1, &[record]).now(9.0).told(), vec![5, 6]);
}

#[test]
fn lines_behind_the_end_of_a_trace_are_not_its_frames() {
    for line in ["run()", "worker.py:33", "total 0x10", "----------"] {
        let mut time = Timeline::new();
        assert_eq!(time.at(1.0, &CRASH).at(1.1, &[line]).now(9.0).told(), vec![5], "{line}");
        assert!(time.told.iter().all(|trace| !trace.damage.cut_off), "{line}");
    }
}

#[test]
fn a_head_without_goroutines_does_not_take_the_stack_of_the_next() {
    let mut time = Timeline::new();
    time.at(1.0, &["panic: runtime error: integer divide by zero"]).at(1.1, &["INFO restarted", "INFO ready"]);
    assert_eq!(time.at(1.5, &CRASH).now(9.0).told(), vec![1, 5]);
}

#[test]
fn another_writers_line_between_a_prefixed_head_and_its_goroutine_passes() {
    let mut time = Timeline::new();
    let crash = CRASH.map(|line| format!("2024-03-01T10:00:00.1Z stderr F {line}"));
    let lines: Vec<&str> = crash.iter().map(String::as_str).collect();
    let (head, rest) = lines.split_at(1);
    time.at(1.0, head).at(1.0, &["2024-03-01T10:00:00.1Z stdout F hi"]).at(1.0, rest);
    assert_eq!(time.now(9.0).told(), vec![5]);
}
