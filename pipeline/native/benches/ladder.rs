//! `cargo bench --bench ladder -- FILE`: MB/s of CPU for each step on the way from bytes to documents, each with the
//! steps before it, and the redactor alone. The step that costs most is where to look.

use _native::assemble::Stream;
use _native::batch::Batch;
use _native::crash::{self, About, Source};
use _native::detector::Detector;
use _native::envelope::origin::Origin;
use _native::limits::Limits;
use _native::parse;
use _native::redact::Redactor;
use _native::scanner::Scanner;
use _native::signature;
use _native::trace::{Line, Place, Trace};
use cpu_time::ProcessTime;
use std::hint::black_box;

const RUNS: usize = 5;

/// One step with all before it.
type Step = fn(&[u8]) -> Found;

/// What one run found: crashes, goroutines, frames, bytes written.
#[derive(Default)]
struct Found {
    crashes: usize,
    goroutines: u64,
    frames: usize,
    bytes: usize,
}

fn main() {
    let Some(path) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")) else {
        println!("0 passed, 0 failed: give a file, cargo bench --bench ladder -- dumps.txt");
        return;
    };
    let Ok(text) = std::fs::read(&path) else {
        println!("ladder: {path}: cannot be read");
        return;
    };
    let steps: [(&str, Step); 7] = [
        ("lines", lines),
        ("assembled", assembled),
        ("parsed", parsed),
        ("signed", signed),
        ("unredacted", unredacted),
        ("documents", documents),
        ("redactor", redactor),
    ];
    for (name, step) in steps {
        // What other programs take from the cache only adds to a run's time: the least is its own.
        let least = (0..RUNS).map(|_| timed(step, &text)).fold(f64::INFINITY, f64::min);
        let found = step(&text);
        println!(
            "{name:10} {:7.0} MB/s of CPU  {} crashes, {} goroutines, {} frames, {} bytes",
            text.len() as f64 / 1e6 / least,
            found.crashes,
            found.goroutines,
            found.frames,
            found.bytes
        );
    }
}

fn timed(step: Step, text: &[u8]) -> f64 {
    let start = ProcessTime::now();
    black_box(step(black_box(text)));
    start.elapsed().as_secs_f64()
}

fn lines(text: &[u8]) -> Found {
    Found { bytes: text.split(|b| *b == b'\n').map(|line| black_box(line).len()).sum(), ..Found::default() }
}

/// Feeds the lines to the assembler and each trace to `use_trace`.
fn assemble(text: &[u8], mut use_trace: impl FnMut(&Trace, &mut Found)) -> Found {
    let limits = Limits::default();
    let (mut stream, mut traces, mut found) = (Stream::default(), Vec::new(), Found::default());
    let mut from = 0;
    for (offset, end) in (0i64..).zip(memchr::memchr_iter(b'\n', text)) {
        let line = Line {
            text: text.get(from..end).unwrap_or_default(),
            place: Place { offset, position: 0 },
            time: 0,
            in_file: None,
        };
        stream.line(line, &limits, &mut traces);
        for trace in traces.drain(..) {
            found.crashes += 1;
            use_trace(&trace, &mut found);
        }
        from = end + 1;
    }
    stream.finish(&mut traces);
    for trace in traces {
        found.crashes += 1;
        use_trace(&trace, &mut found);
    }
    found
}

fn assembled(text: &[u8]) -> Found {
    assemble(text, |trace, _| {
        black_box(trace);
    })
}

fn parsed(text: &[u8]) -> Found {
    assemble(text, |trace, found| {
        let report = parse::report(trace);
        found.goroutines += report.count;
        found.frames += report.frames.len();
        black_box(&report);
    })
}

fn signed(text: &[u8]) -> Found {
    assemble(text, |trace, _| {
        let report = parse::report(trace);
        black_box(signature::sign(trace.form.kind, &report));
    })
}

/// Documents whose secrets are not masked.
fn unredacted(text: &[u8]) -> Found {
    let (source, origin) = (Source::new("ladder", 0), Origin::default());
    let about = About::new(&source, &origin);
    let (limits, off) = (Limits::default(), Redactor::off());
    assemble(text, |trace, found| found.bytes += crash::document(trace, &about, &limits, &off).0.len())
}

fn documents(text: &[u8]) -> Found {
    let mut scanner = Scanner::new("ladder", 0, None, Detector::default());
    let mut found = Found::default();
    let mut count = |batch: Batch| {
        found.crashes += batch.crashes.len();
        found.bytes += batch.crashes.iter().map(Vec::len).sum::<usize>();
    };
    text.chunks(1 << 20).for_each(|chunk| count(scanner.feed(chunk)));
    count(scanner.finish());
    found
}

/// The redactor alone, on pieces as large as a trace.
fn redactor(text: &[u8]) -> Found {
    let redactor = Redactor::default();
    Found { bytes: text.chunks(1 << 12).map(|part| black_box(redactor.redact(part)).len()).sum(), ..Found::default() }
}
