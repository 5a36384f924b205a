//! `panic.v1`: a crash as the topic `panics` tells it. The schema is `schemas/panic.v1.json`.

use crate::classes::{self, Class};
use crate::envelope::origin::Origin;
use crate::envelope::time;
use crate::form::{Kind, Role};
use crate::groups::groups;
use crate::limits::Limits;
use crate::panic_v1::{FrameV1, LinkV1, PanicV1};
use crate::parse;
use crate::redact::Redactor;
use crate::report::{Frame, Goroutine, Report};
use crate::signature::{self, Signature};
use crate::teller::{Teller, string};
use crate::text::{part, rest, trim, utf8};
use crate::trace::{Is, Trace};
use std::borrow::Cow;

/// Where a trace was read.
#[derive(Clone, Debug)]
pub struct Source {
    /// Topic, or path of a file.
    pub topic: String,
    /// What ids are derived from: the topic's id, its name where it has none.
    pub topic_id: String,
    /// Partition.
    pub partition: i32,
}

impl Source {
    /// A partition of a topic that has no id.
    pub fn new(topic: &str, partition: i32) -> Self {
        Self { topic: topic.to_owned(), topic_id: topic.to_owned(), partition }
    }
}

/// Whose trace it is, and when and where it was written.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// Where it was read.
    pub source: &'a Source,
    /// Who wrote it.
    pub origin: &'a Origin,
    /// Id of its stream, `None` where records do not say.
    pub stream_id: Option<&'a str>,
    /// `stdout` or `stderr`, where records say it.
    pub log_stream: Option<&'a str>,
    /// Trace id that the stream showed last, and whether it stood in the crash itself.
    pub trace_id: Option<(&'a str, bool)>,
    /// Event time in nanoseconds since 1970, 0 where unknown.
    pub time: i64,
    /// Lines of its stream came on several partitions.
    pub fragmented: bool,
}

impl<'a> About<'a> {
    /// Nothing is known but where it was read and who wrote it.
    pub fn new(source: &'a Source, origin: &'a Origin) -> Self {
        Self { source, origin, stream_id: None, log_stream: None, trace_id: None, time: 0, fragmented: false }
    }
}

/// The JSON document of a trace, its secrets masked, and whether it is complete.
pub fn document(trace: &Trace, about: &About<'_>, limits: &Limits, redactor: &Redactor) -> (Vec<u8>, bool) {
    let report = parse::report(trace);
    let signature = signature::sign(trace.form.kind, &report);
    let teller = Teller::new(trace, &report, limits, redactor);
    let crash = crash(trace, &report, &signature, about, &teller);
    let mut document = Vec::with_capacity(trace.text.len() * 2 + 4096);
    // Structs of strings, numbers and lists into memory: nothing in them can fail to be written.
    let _ = serde_json::to_writer(&mut document, &crash);
    (document, crash.complete)
}

fn crash<'r>(
    trace: &'r Trace,
    report: &'r Report<'_>,
    signature: &'r Signature,
    about: &About<'r>,
    teller: &'r Teller<'_>,
) -> PanicV1<'r> {
    let (source, origin, limits) = (about.source, about.origin, teller.limits);
    let stack = report.crashed();
    let own = report.crashing.and_then(|at| report.goroutines.get(at));
    let culprit = signature.culprit.and_then(|at| stack.get(at));
    let package = culprit.map(|f| classes::package(f.name)).filter(|p| !p.is_empty());
    let (first, last) = offsets(trace);
    let (goroutines, stacks) = groups(report, teller);
    let (chain, chain_cut) = chain(report, teller);
    let left_out = chain_cut || teller.raw_cut || stack.len() > limits.frames || stacks > goroutines.len();
    let mut damage = damage(trace, report, left_out);
    if about.fragmented {
        damage.push("fragmented");
    }
    let signal = report.signal.as_ref();
    let value = |text: &'r [u8]| string(teller.value(text, limits.message_bytes).0);
    let field = |name: Option<&'r [u8]>| name.filter(|n| !n.is_empty()).map(|n| teller.name(n));
    PanicV1 {
        schema_version: 1,
        id: id(source, first, trace.position),
        fingerprint: &signature.fingerprint,
        fingerprint_version: signature::VERSION,
        trace_hash: &signature.trace_hash,
        shard: utf8(&signature.shard),
        kind: kind(trace, report).name(),
        title: title(report, signature, teller),
        message: value(report.message()),
        message_template: value(&signature.template),
        exception_type: value(&signature.class),
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
            .map(|(at, (f, class))| frame(f, *class, at < signature.cut, teller))
            .collect(),
        goroutines,
        raw: utf8(&teller.raw),
        raw_truncated: teller.raw_cut || trace.lines_beyond > 0,
        line_count: trace.lines.len() as u64 + trace.lines_beyond,
        abbreviated: false,
        complete: damage.is_empty(),
        damage,
        service_name: origin.service_name.as_deref(),
        service_version: origin.service_version.as_deref(),
        service_namespace: origin.service_namespace.as_deref(),
        environment: origin.environment.as_deref(),
        host_name: origin.host_name.as_deref(),
        k8s_namespace_name: origin.k8s_namespace_name.as_deref(),
        k8s_pod_name: origin.k8s_pod_name.as_deref(),
        k8s_container_name: origin.k8s_container_name.as_deref(),
        container_id: origin.container_id.as_deref(),
        container_image: origin.container_image.as_deref(),
        stream_id: about.stream_id,
        log_stream: about.log_stream,
        trace_id: about.trace_id.map(|(id, _)| id),
        span_id: None,
        trace_id_inferred: about.trace_id.is_some_and(|(_, own)| !own),
        event_time: (about.time != 0).then(|| time::format(about.time)),
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
fn chain<'r>(report: &'r Report<'_>, teller: &Teller<'_>) -> (Vec<LinkV1<'r>>, bool) {
    let limits = teller.limits;
    let mut room = limits.message_bytes * 2;
    let mut cut = report.chain.len() > limits.chain;
    let mut told = Vec::with_capacity(report.chain.len().min(limits.chain));
    for link in report.chain.iter().take(limits.chain) {
        let (message, shortened) = teller.value(&link.message, room.min(limits.message_bytes));
        room -= message.len();
        cut |= shortened;
        told.push(LinkV1 { message: string(message), recovered: link.recovered, repanicked: link.repanicked });
    }
    (told, cut)
}

/// `nil pointer dereference in cart.(*Cart).Total`
fn title(report: &Report<'_>, signature: &Signature, teller: &Teller<'_>) -> String {
    let (short, _) = teller.value(trim(&signature.short), teller.limits.message_bytes);
    let mut title: String = utf8(&short).chars().filter(|c| !c.is_control()).take(120).collect();
    if title.is_empty() {
        title.push_str(if report.chain.is_empty() { "goroutine dump" } else { "panic" });
    }
    if let Some(frame) = signature.culprit.and_then(|at| report.crashed().get(at)) {
        title.push_str(" in ");
        title.push_str(&teller.name(symbol(frame.name)));
    }
    title
}

/// A function's name behind the last slash of its package; type arguments and receivers may hold slashes too.
fn symbol(name: &[u8]) -> &[u8] {
    let path = part(name, 0, memchr::memchr2(b'(', b'[', name).unwrap_or(name.len()));
    rest(name, memchr::memrchr(b'/', path).map_or(0, |at| at + 1))
}

fn frame<'r>(frame: &Frame<'r>, class: Class, above_panic: bool, teller: &Teller<'_>) -> FrameV1<'r> {
    let printed = !frame.file.is_empty();
    FrameV1 {
        function: teller.name(frame.name),
        package: teller.name(classes::package(frame.name)),
        file: printed.then(|| teller.name(frame.file)),
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
    signature::hash(&[source.topic_id.as_bytes()], place.iter().map(|text| text.as_bytes()))
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
        (flags.reordered, "reordered"),
        (flags.cut_off && !deep || unfinished(trace, report), "cut_off"),
        (flags.limits || left_out, "limits"),
    ]
    .into_iter()
    .filter_map(|(is, name)| is.then_some(name))
    .collect()
}
