//! Texts that the Go runtime itself writes as panic values and fatal errors: what proves a head without a stack,
//! and how one bug's text changed over Go versions. Sources: `runtime/error.go`, `runtime/panic.go`, `runtime/map*.go`,
//! `runtime/chan.go`, `sync/*.go` of Go 1.0 to 1.27.

use crate::text::{after, find};

/// One family of texts.
#[derive(Debug)]
pub struct Wording {
    /// How the text begins, in any Go version, behind an optional `runtime error: `.
    pub starts: &'static str,
    /// The same words for all versions; the rest of the text is left as it is where this ends in `…`.
    pub canonical: &'static str,
    /// What people call it.
    pub short: &'static str,
}

const fn row(starts: &'static str, canonical: &'static str, short: &'static str) -> Wording {
    Wording { starts, canonical, short }
}

/// A text that all Go versions begin alike.
const fn kept(starts: &'static str, short: &'static str) -> Wording {
    row(starts, starts, short)
}

/// Panic values. `runtime error: ` was dropped from the plain ones in Go 1.7, so it is not part of a row.
pub static PANICS: [Wording; 34] = [
    kept("invalid memory address or nil pointer dereference", "nil pointer dereference"),
    row("call of nil func value", "invalid memory address or nil pointer dereference", "nil pointer dereference"),
    kept("index out of range", "index out of range"),
    kept("slice bounds out of range", "slice bounds out of range"),
    row("cannot convert slice with length", "cannot convert slice to array", "slice too short for its array"),
    kept("assignment to entry in nil map", "write to a nil map"),
    kept("deletion of entry in nil map", "delete from a nil map"),
    kept("hash of unhashable type", "unhashable map key"),
    kept("comparing uncomparable type", "comparing uncomparable types"),
    kept("close of closed channel", "close of closed channel"),
    kept("close of nil channel", "close of nil channel"),
    kept("send on closed channel", "send on closed channel"),
    kept("makechan: size out of range", "channel size out of range"),
    kept("makeslice: len out of range", "slice length out of range"),
    kept("makeslice: cap out of range", "slice capacity out of range"),
    row("growslice: ", "growslice: len out of range", "slice length out of range"),
    kept("makemap: size out of range", "map size out of range"),
    kept("integer divide by zero", "integer divide by zero"),
    kept("integer overflow", "integer overflow"),
    kept("floating point error", "floating point error"),
    kept("negative shift amount", "negative shift amount"),
    row("interface conversion: ", "interface conversion: …", "failed type assertion"),
    row("value method ", "value method …", "value method called on a nil pointer"),
    row("unsafe.Slice: ", "unsafe.Slice: …", "unsafe.Slice out of range"),
    row("unsafe.String: ", "unsafe.String: …", "unsafe.String out of range"),
    row("range function ", "range function …", "range function misuse"),
    kept("panic called with nil argument", "panic(nil)"),
    row(
        "cgo argument has Go pointer to",
        "cgo argument has Go pointer to unpinned Go pointer",
        "Go pointer passed to C",
    ),
    row(
        "argument of cgo function has Go pointer to",
        "cgo argument has Go pointer to unpinned Go pointer",
        "Go pointer passed to C",
    ),
    row("cgo result ", "cgo result has Go pointer", "Go pointer returned to C"),
    row("sync: negative WaitGroup count", "sync: negative WaitGroup counter", "negative WaitGroup counter"),
    row("sync: ", "sync: …", ""),
    row("test timed out after ", "test timed out", "test timed out"),
    kept("all goroutines in bubble are blocked", "deadlock in a synctest bubble"),
];

/// Fatal errors an operator meets; many more exist (`runtime.throw`), but come with a stack.
pub static FATALS: [Wording; 34] = [
    kept("all goroutines are asleep - deadlock!", "deadlock"),
    kept("no goroutines (main called runtime.Goexit) - deadlock!", "deadlock"),
    kept("concurrent map writes", "concurrent map writes"),
    kept("concurrent map read and map write", "concurrent map read and write"),
    kept("concurrent map iteration and map write", "concurrent map iteration and write"),
    kept("concurrent map clone and map write", "concurrent map clone and write"),
    row("small map with no empty slot", "concurrent map writes", "concurrent map writes"),
    kept("sync: unlock of unlocked mutex", "unlock of unlocked mutex"),
    kept("sync: Unlock of unlocked RWMutex", "unlock of unlocked RWMutex"),
    kept("sync: RUnlock of unlocked RWMutex", "unlock of unlocked RWMutex"),
    kept("sync: inconsistent mutex state", "inconsistent mutex state"),
    kept("go of nil func value", "go of nil func value"),
    kept("stack overflow", "stack overflow"),
    kept("out of memory", "out of memory"),
    row("runtime: out of memory", "out of memory", "out of memory"),
    row("runtime: cannot allocate memory", "out of memory", "out of memory"),
    kept("fault", "unexpected fault address"),
    kept("unexpected signal during runtime execution", "unexpected signal"),
    kept("found bad pointer in Go heap", "bad pointer in Go heap"),
    kept("invalid pointer found on stack", "bad pointer on stack"),
    row("checkptr: ", "checkptr: …", "unsafe pointer misuse"),
    kept("thread exhaustion", "thread exhaustion"),
    kept("newosproc", "thread creation failed"),
    row("runtime.newosproc", "newosproc", "thread creation failed"),
    row("pthread_create failed", "newosproc", "thread creation failed"),
    kept("morestack on g0", "stack overflow in the runtime"),
    kept("unknown caller pc", "broken stack"),
    row("traceback ", "traceback …", "broken stack"),
    kept("bad g->status in ready", ""),
    kept("panic while printing panic value", "panic while printing a panic value"),
    kept("panic on system stack", "panic on system stack"),
    kept("panic holding locks", "panic in the runtime"),
    row("panic during ", "panic during …", "panic in the runtime"),
    kept("cgo callback before cgo call", ""),
];

/// The family that a panic's value belongs to.
pub fn panic(value: &[u8]) -> Option<&'static Wording> {
    let bare = after(value, b"runtime error: ").unwrap_or(value);
    PANICS.iter().find(|row| bare.starts_with(row.starts.as_bytes()))
}

/// The family that the text of a fatal error belongs to.
pub fn fatal(text: &[u8]) -> Option<&'static Wording> {
    FATALS.iter().find(|row| text.starts_with(row.starts.as_bytes()))
}

/// True for values that only Go prints: runtime errors and typed values, `main.Code(7)`, `(*logrus.Entry) 0xc0000760e0`.
pub fn only_go(value: &[u8]) -> bool {
    value.starts_with(b"runtime error: ")
        || panic(value).is_some_and(|row| !row.starts.ends_with(": ") || row.starts == "interface conversion: ")
        || value.ends_with(b" [recovered]")
        || value.ends_with(b" [recovered, repanicked]")
        || typed(value).is_some()
}

/// Go type of a value that is printed with its type; Go 1.0 to 1.27, `runtime/error.go: printanycustomtype`.
pub fn typed(value: &[u8]) -> Option<&[u8]> {
    if value.starts_with(b"(") {
        let close = find(value, b") 0x").or_else(|| find(value, b") (0x"))?;
        return value.get(1..close);
    }
    let open = memchr::memchr(b'(', value)?;
    let name = value.get(..open)?;
    let dot = memchr::memchr(b'.', name)?;
    let plain = |part: &[u8]| !part.is_empty() && part.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
    (value.ends_with(b")") && plain(name.get(..dot)?) && plain(name.get(dot + 1..)?)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_values_tell_their_type() {
        assert_eq!(typed(b"main.Code(7)"), Some(&b"main.Code"[..]));
        assert_eq!(typed(b"(*logrus.Entry) 0xc0000760e0"), Some(&b"*logrus.Entry"[..]));
        assert_eq!(typed(b"(cart.Code) (0x488a40,0x4bf0c0)"), Some(&b"cart.Code"[..]));
        assert_eq!(typed(b"open (x)"), None);
    }
}
