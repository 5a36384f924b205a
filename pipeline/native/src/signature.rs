//! What makes two crashes alike: class, words and frames of the crashing goroutine, without anything that changes
//! between two occurrences, two builds or two Go versions. The frames are chosen in `key`.

use crate::classes::{self, Class};
use crate::form::Kind;
use crate::key::{self, Kept};
use crate::message;
use crate::report::{Frame, Link, Report, classes_of};
use crate::symbol;
use crate::text::{find, first_line, part, rest};
use crate::wordings;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// Version of the key; a new one never makes a bug new, because `trace_hash` links both.
pub const VERSION: u32 = 1;

/// What a crash is known by.
#[derive(Debug)]
pub struct Signature {
    /// Exception class or Go type.
    pub class: Vec<u8>,
    /// Masked value.
    pub template: Vec<u8>,
    /// What people call it, or the first line of its value.
    pub short: Vec<u8>,
    /// Hash of the key.
    pub fingerprint: String,
    /// Hash over all frames.
    pub trace_hash: String,
    /// Root module of the first frame of the program.
    pub shard: Vec<u8>,
    /// Index of the blamed frame in the crashing stack.
    pub culprit: Option<usize>,
    /// Frames above this index belong to recovering or re-panicking code.
    pub cut: usize,
    /// Class of each frame of the crashing stack.
    pub classes: Vec<Class>,
}

/// Signs a crash.
pub fn sign(kind: Kind, report: &Report<'_>) -> Signature {
    let stack = report.crashed();
    let fatal = report.chain.iter().any(|link| link.fatal);
    let cut = if fatal { 0 } else { cut(stack) };
    let words = words(kind, report);
    let classes = classes_of(stack);
    let frames = match kind {
        Kind::Race => key::of_race(report),
        _ => below(stack, &classes, cut),
    };
    let culprit = culprit(stack, &classes, cut);
    let key = key::of(&frames, words.known_fatal);
    Signature {
        fingerprint: hash(&[&words.class, &words.template], key.iter().map(|f| &f.name)),
        trace_hash: hash(&[&words.class], frames.iter().map(|f| &f.name)),
        shard: shard(stack, &classes, cut),
        class: words.class,
        template: words.template,
        short: words.short,
        culprit,
        cut,
        classes,
    }
}

struct Words {
    class: Vec<u8>,
    template: Vec<u8>,
    short: Vec<u8>,
    /// A fatal error that its text alone explains.
    known_fatal: bool,
}

/// The frames of a crashing stack that two occurrences share: those below the deepest panic.
pub fn kept<'t>(stack: &[Frame<'t>], classes: &[Class]) -> Vec<Kept<'t>> {
    below(stack, classes, cut(stack))
}

fn below<'t>(stack: &[Frame<'t>], classes: &[Class], cut: usize) -> Vec<Kept<'t>> {
    key::normalised(rest_of(stack, cut), classes.get(cut..).unwrap_or_default())
}

fn rest_of<'s, 't>(stack: &'s [Frame<'t>], from: usize) -> &'s [Frame<'t>] {
    stack.get(from..).unwrap_or_default()
}

/// Index of the first frame below the deepest panic: what stands above recovered it or panicked again. A fatal error
/// is raised above: nothing is cut.
fn cut(stack: &[Frame<'_>]) -> usize {
    let below = stack.iter().rposition(|f| !f.origin && classes::raises(f.name)).map_or(0, |at| at + 1);
    if rest_of(stack, below).iter().any(|f| !f.origin) { below } else { 0 }
}

fn words(kind: Kind, report: &Report<'_>) -> Words {
    let link = report.chain.iter().rev().find(|l| l.fatal).or(report.chain.first());
    let value = link.map_or(&[][..], |l| &l.message);
    let family = link.and_then(Link::wording);
    let class = match (kind, family) {
        (Kind::Signal, _) => signal_name(value).to_vec(),
        (Kind::Race, _) => b"DATA RACE".to_vec(),
        (Kind::LogFatal, _) => b"log fatal".to_vec(),
        _ if link.is_some_and(|l| l.fatal) => b"fatal error".to_vec(),
        (_, Some(row)) if !row.starts.starts_with("sync") && !row.starts.starts_with("test ") => {
            b"runtime error".to_vec()
        }
        _ if value.starts_with(b"runtime error: ") => b"runtime error".to_vec(),
        _ => wordings::typed(value).unwrap_or(b"panic").to_vec(),
    };
    let bare = value.strip_prefix(b"runtime error: ").unwrap_or(value);
    let template = match family.map(|row| row.canonical) {
        Some(canonical) if !canonical.ends_with('…') => canonical.as_bytes().to_vec(),
        _ if let Some(of) = wordings::typed(value) => [of, "(…)".as_bytes()].concat(),
        _ => message::template(conversions(bare)),
    };
    let first = first_line(value);
    let named = if first.starts_with(b"Exception ") { part(first, 0, 10 + signal_name(first).len()) } else { first };
    let short = family.map(|row| row.short.as_bytes()).filter(|s| !s.is_empty()).unwrap_or(named).to_vec();
    let known_fatal = family.is_some() && link.is_some_and(|l| l.fatal);
    Words { class, template, short, known_fatal }
}

/// `SIGSEGV` of `SIGSEGV: segmentation violation`, `0xc0000005` of `Exception 0xc0000005 0x0 0x0 0x45f2c1`.
pub fn signal_name(head: &[u8]) -> &[u8] {
    let name = head.strip_prefix(b"Exception ").unwrap_or(head);
    part(name, 0, memchr::memchr2(b':', b' ', name).unwrap_or(name.len()))
}

/// `interface conversion: interface is string, not int` is `interface {}` from Go 1.11 on; both lose that word.
fn conversions(value: &[u8]) -> &[u8] {
    match find(value, b" is ").filter(|_| value.starts_with(b"interface conversion: ")) {
        Some(at) => rest(value, at + 1),
        None => value,
    }
}

/// The frame to blame: the first of the program's own below the cut, else the first outside the runtime, else the first.
fn culprit(stack: &[Frame<'_>], classes: &[Class], cut: usize) -> Option<usize> {
    let frames = || stack.iter().zip(classes).enumerate().skip(cut);
    let candidates = || frames().filter(|(_, (f, _))| !f.origin && !f.name.is_empty());
    let of = |wanted: &dyn Fn(Class) -> bool| {
        candidates()
            .find(|(_, (f, class))| wanted(**class) && !classes::throws(f.name) && !cgo_stub(f))
            .map(|(at, _)| at)
    };
    of(&|class| class == Class::App)
        .or_else(|| of(&|class| class != Class::Runtime))
        .or_else(|| candidates().next().map(|(at, _)| at))
}

/// `main._Cfunc_die` is generated by cgo.
fn cgo_stub(frame: &Frame<'_>) -> bool {
    find(frame.name, b"._Cfunc_").is_some()
        || find(frame.name, b"._cgoexp").is_some()
        || find(frame.name, b"._C2func_").is_some()
}

/// What near-twins share: the root module of the program's first frame, else the first package at all.
fn shard(stack: &[Frame<'_>], classes: &[Class], cut: usize) -> Vec<u8> {
    let own = || stack.iter().zip(classes).skip(cut).filter(|(_, class)| **class == Class::App);
    let named = own().map(|(f, _)| classes::package(f.name)).find(|p| *p != b"main" && !p.is_empty());
    let std = || stack.iter().skip(cut).map(|f| classes::package(f.name)).find(|p| !p.is_empty() && *p != b"runtime");
    let package = named.or_else(|| own().next().map(|_| &b"main"[..])).or_else(std).unwrap_or(b"runtime");
    symbol::canonical(&[classes::module(package), b".x"].concat(), b"").strip_suffix(b".x").unwrap_or(package).to_vec()
}

/// The first 16 bytes of a SHA-256 in hexadecimal digits; parts are kept apart by NUL.
pub fn hash<T: AsRef<[u8]>>(parts: &[&[u8]], more: impl Iterator<Item = T>) -> String {
    let mut sha = Sha256::new();
    let mut add = |part: &[u8]| {
        sha.update(part);
        sha.update([0]);
    };
    parts.iter().for_each(|part| add(part));
    more.for_each(|part| add(part.as_ref()));
    HEXLOWER.encode(part(&sha.finalize(), 0, 16))
}
