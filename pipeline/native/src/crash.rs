//! `panic.v1`: a crash as the topic `panics` tells it. The schema is `schemas/panic.v1.json`.

use crate::classes::{self, Class};
use crate::form::{Kind, Role};
use crate::groups::groups;
use crate::limits::Limits;
use crate::panic_v1::{FrameV1, LinkV1, PanicV1};
use crate::parse;
use crate::report::{Frame, Goroutine, Report};
use crate::signature::{self, Signature};
use crate::text::{head, part, utf8};
use crate::trace::{Is, Trace};
use std::borrow::Cow;

/// Where a trace was read.
#[derive(Clone, Debug)]
pub struct Source {
    /// Topic, or path of a file.
    pub topic: String,
    /// Partition.
    pub partition: i32,
}

/// The JSON document of a trace.
pub fn document(trace: &Trace, source: &Source, limits: &Limits) -> Vec<u8> {
    let report = parse::report(trace);
    let signature = signature::sign(trace, &report);
    let crash = crash(trace, &report, &signature, source, limits);
    let mut document = Vec::with_capacity(trace.text.len() * 2 + 4096);
    // Structs of strings, numbers and lists into memory: nothing in them can fail to be written.
    let _ = serde_json::to_writer(&mut document, &crash);
    document
}

fn crash<'r>(
    trace: &'r Trace,
    report: &'r Report<'_>,
    signature: &'r Signature,
    source: &'r Source,
    limits: &Limits,
) -> PanicV1<'r> {
    let stack = report.crashed();
    let own = report.crashing.and_then(|at| report.goroutines.get(at));
    let culprit = signature.culprit.and_then(|at| stack.get(at));
    let package = culprit.map(|f| classes::package(f.name)).filter(|p| !p.is_empty());
    let message = report.message();
    let (first, last) = offsets(trace);
    let text = trace.text.strip_suffix(b"\n").unwrap_or(&trace.text);
    let raw = whole_lines(text, limits.raw_bytes);
    let (goroutines, stacks) = groups(report, limits);
    let (chain, chain_cut) = chain(report, limits);
    let left_out = chain_cut || raw.len() < text.len() || stack.len() > limits.frames || stacks > goroutines.len();
    let damage = damage(trace, report, left_out);
    let signal = report.signal.as_ref();
    let field = |value: Option<&'r [u8]>| value.filter(|v| !v.is_empty()).map(|v| utf8(head(v, limits.name_bytes)));
    PanicV1 {
        schema_version: 1,
        id: id(source, first, trace.position),
        fingerprint: &signature.fingerprint,
        fingerprint_version: signature::VERSION,
        trace_hash: &signature.trace_hash,
        shard: utf8(&signature.shard),
        kind: kind(trace, report).name(),
        title: &signature.title,
        message: utf8(head(message, limits.message_bytes)),
        message_template: utf8(&signature.template),
        exception_type: utf8(&signature.class),
        chain,
        signal_name: signal_name(report, trace),
        signal_code: field(signal.map(|s| s.code)),
        signal_address: field(signal.map(|s| s.address)),
        signal_pc: field(signal.map(|s| s.pc)),
        goroutine_id: own.and_then(|g| g.id),
        goroutine_state: field(own.map(|g| g.state)),
        goroutine_count: report.count,
        culprit_function: field(culprit.map(|f| f.name)),
        culprit_package: field(package),
        culprit_module: field(package.map(classes::module)),
        culprit_file: field(culprit.map(|f| f.file)),
        culprit_line: culprit.filter(|f| !f.file.is_empty()).map(|f| f.line),
        frames: stack
            .iter()
            .take(limits.frames)
            .zip(&signature.classes)
            .enumerate()
            .map(|(at, (f, class))| frame(f, *class, at < signature.cut, limits.name_bytes))
            .collect(),
        goroutines,
        raw: utf8(raw),
        raw_truncated: raw.len() < text.len() || trace.lines_beyond > 0,
        line_count: trace.lines.len() as u64 + trace.lines_beyond,
        abbreviated: false,
        complete: damage.is_empty(),
        damage,
        service_name: None,
        service_version: None,
        service_namespace: None,
        environment: None,
        host_name: None,
        k8s_namespace_name: None,
        k8s_pod_name: None,
        k8s_container_name: None,
        container_id: None,
        container_image: None,
        stream_id: None,
        log_stream: None,
        trace_id: None,
        span_id: None,
        trace_id_inferred: false,
        event_time: None,
        observed_time: None,
        source_topic: &source.topic,
        source_partition: source.partition,
        source_first_offset: first,
        source_last_offset: last,
    }
}

/// A panic whose process went on: a logger wrote it, or the stack shows who asked for it.
fn kind(trace: &Trace, report: &Report<'_>) -> Kind {
    let stack = report.crashed();
    let single = report.chain.len() <= 1 && !report.chain.iter().any(|l| l.recovered);
    let raised = stack.iter().skip(1).any(|f| classes::raises(f.name));
    let dies_later = report.goroutines.iter().filter(|g| g.state == b"running").count() > 1;
    let asked = !dies_later
        && stack.iter().take(3).any(|f| matches!(f.name, b"runtime/debug.Stack" | b"runtime/debug.PrintStack"));
    match trace.form.kind {
        Kind::Panic if report.embeds_stack() => Kind::Panic,
        Kind::Panic if single && (asked || raised && trace.logged) => Kind::Recovered,
        Kind::Panic if trace.form.role == Role::Head && chi(trace) => Kind::Recovered,
        kind => kind,
    }
}

/// Frames without arguments behind ` panic: `: chi's Recoverer.
fn chi(trace: &Trace) -> bool {
    let mut funcs = trace.lines.iter().filter(|l| l.is == Is::Func).peekable();
    trace.lines.iter().all(|l| l.is != Is::Goroutine) && funcs.peek().is_some() && funcs.all(|l| l.a >= l.end)
}

/// The chain within its bounds, and whether they cut it.
fn chain<'r>(report: &'r Report<'_>, limits: &Limits) -> (Vec<LinkV1<'r>>, bool) {
    let mut room = limits.message_bytes * 2;
    let mut cut = report.chain.len() > limits.chain;
    let mut told = Vec::with_capacity(report.chain.len().min(limits.chain));
    for link in report.chain.iter().take(limits.chain) {
        let message = head(&link.message, room.min(limits.message_bytes));
        room -= message.len();
        cut |= message.len() < link.message.len();
        told.push(LinkV1 { message: utf8(message), recovered: link.recovered, repanicked: link.repanicked });
    }
    (told, cut)
}

/// The first lines of `text` within so many bytes.
fn whole_lines(text: &[u8], bytes: usize) -> &[u8] {
    if text.len() <= bytes {
        return text;
    }
    let cut = head(text, bytes);
    part(cut, 0, memchr::memrchr(b'\n', cut).unwrap_or(cut.len()))
}

fn frame<'r>(frame: &Frame<'r>, class: Class, above_panic: bool, bytes: usize) -> FrameV1<'r> {
    let printed = !frame.file.is_empty();
    FrameV1 {
        function: utf8(head(frame.name, bytes)),
        package: utf8(head(classes::package(frame.name), bytes)),
        file: printed.then(|| utf8(head(frame.file, bytes))),
        line: printed.then_some(frame.line),
        class: class.name(),
        above_panic: above_panic && !frame.origin,
    }
}

/// Names of the signals that older Go and Windows print as numbers only.
static SIGNALS: [(&str, &str); 8] = [
    ("0x4", "SIGILL"),
    ("0x5", "SIGTRAP"),
    ("0x6", "SIGABRT"),
    ("0x7", "SIGBUS"),
    ("0x8", "SIGFPE"),
    ("0xa", "SIGBUS"),
    ("0xb", "SIGSEGV"),
    ("0xc0000005", "EXCEPTION_ACCESS_VIOLATION"),
];

fn signal_name<'r>(report: &'r Report<'_>, trace: &Trace) -> Option<Cow<'r, str>> {
    let printed = report.signal.as_ref().map_or(&[][..], |s| s.name);
    let name = if printed.is_empty() && trace.form.kind == Kind::Signal {
        signature::signal_name(report.message())
    } else {
        printed
    };
    let known = SIGNALS.iter().find(|(number, _)| number.as_bytes() == name);
    known.map(|(_, name)| Cow::Borrowed(*name)).or_else(|| (!name.is_empty()).then(|| utf8(name)))
}

fn offsets(trace: &Trace) -> (i64, i64) {
    let first = trace.lines.first().map_or(0, |l| l.offset);
    let last = trace.lines.last().map_or(first, |l| l.offset);
    (first, last.max(trace.last_beyond))
}

/// Derived, so that a crash read twice has one id.
fn id(source: &Source, first: i64, position: u32) -> String {
    let place = [source.partition.to_string(), first.to_string(), position.to_string()];
    signature::hash(&[source.topic.as_bytes()], place.iter().map(|text| text.as_bytes()))
}

/// Goroutine 1; in Go 1.3 it is 16. Others end with `created by`.
fn is_main(goroutine: &Goroutine<'_>) -> bool {
    matches!(goroutine.id, Some(1 | 16))
}

/// Frames of a stack that Go up to 1.20 cut without saying so: runtime/traceback.go prints 100, hidden ones included.
const UNSAID_CUT: std::ops::RangeInclusive<usize> = 96..=100;

/// A dump of all goroutines that stops between two of them: a signal's ends with the registers, a fatal error's shows
/// some goroutine of the program.
fn unfinished(trace: &Trace, report: &Report<'_>) -> bool {
    let stack = report.crashed();
    let own = stack.iter().any(|f| !f.origin && classes::class(f.name, f.file) != Class::Runtime);
    match trace.form.kind {
        Kind::Signal => !trace.lines.iter().any(|l| l.is == Is::Register),
        Kind::Fatal => !own && !report.goroutines.is_empty(),
        _ => false,
    }
}

fn damage(trace: &Trace, report: &Report<'_>, left_out: bool) -> Vec<&'static str> {
    let flags = trace.damage;
    let said = trace.lines.iter().any(|l| l.is == Is::Elided);
    let deep =
        !said && report.goroutines.last().is_some_and(|g| is_main(g) && UNSAID_CUT.contains(&(g.last - g.first)));
    [
        (flags.headless, "headless"),
        (flags.glued, "glued"),
        (flags.interleaved, "interleaved"),
        (flags.cut_off && !deep || unfinished(trace, report), "cut_off"),
        (flags.limits || left_out, "limits"),
    ]
    .into_iter()
    .filter_map(|(is, name)| is.then_some(name))
    .collect()
}
