//! Every way a Go process announces a crash, a row each. A new form is a new row with its sample.
//! Sources: `runtime/panic.go`, `runtime/signal_unix.go`, `runtime/print.go` (Go 1.0 to 1.27), the race runtime.

use crate::form::{Form, Found, Kind, Role};
use crate::loggers;
use crate::text::{after, find, part, rest};

const fn form(mark: &'static str, kind: Kind, role: Role, sample: &'static str) -> Form {
    Form { mark, kind, role, sample }
}

use Kind::{Fatal, Panic, Race, Recovered, Signal};
use Role::{Head, Headless, Preamble, SignalHead, Whole};

/// The table. Order matters: the first row whose mark fits wins.
pub static FORMS: [Form; 26] = [
    form("WARNING: DATA RACE", Race, Role::Race, "WARNING: DATA RACE"),
    form("panic: ", Panic, Head, "panic: runtime error: integer divide by zero"),
    form("fatal error: ", Fatal, Head, "fatal error: concurrent map writes"),
    form("throw: ", Fatal, Head, "throw: all goroutines are asleep - deadlock!"),
    form("SIG", Signal, SignalHead, "SIGQUIT: quit"),
    form("Signal ", Signal, SignalHead, "Signal 35"),
    form("signal ", Signal, SignalHead, "signal 33"),
    form("Exception 0x", Signal, SignalHead, "Exception 0xc0000005 0x0 0x0 0x45f2c1"),
    form("fatal: morestack on g0", Fatal, Whole, "fatal: morestack on g0"),
    form("fatal: morestack on gsignal", Fatal, Whole, "fatal: morestack on gsignal"),
    form(
        "fatal: systemstack called from unexpected goroutine",
        Fatal,
        Whole,
        "fatal: systemstack called from unexpected goroutine",
    ),
    form(
        "runtime: panic before malloc heap initialized",
        Fatal,
        Whole,
        "runtime: panic before malloc heap initialized",
    ),
    form(
        "runtime: goroutine stack exceeds ",
        Fatal,
        Preamble,
        "runtime: goroutine stack exceeds 1000000000-byte limit",
    ),
    form(
        "runtime: out of memory: ",
        Fatal,
        Preamble,
        "runtime: out of memory: cannot allocate 8192-byte block (1048576 in use)",
    ),
    form("runtime: program exceeds ", Fatal, Preamble, "runtime: program exceeds 10000-thread limit"),
    form(
        "runtime: failed to create new OS thread",
        Fatal,
        Preamble,
        "runtime: failed to create new OS thread (have 5 already; errno=11)",
    ),
    form("runtime: pointer 0x", Fatal, Preamble, "runtime: pointer 0xc000012000 to unallocated span span.base()=0x0"),
    form("runtime: morestack on g0", Fatal, Preamble, "runtime: morestack on g0, stack [0x1 0x2], sp=0x1, called from"),
    form("runtime: ", Fatal, Preamble, "runtime: g 1: unexpected return pc for main.corrupt called from 0xbad"),
    form("runtime/cgo: ", Fatal, Preamble, "runtime/cgo: pthread_create failed: Resource temporarily unavailable"),
    form("unexpected fault address 0x", Fatal, Preamble, "unexpected fault address 0x7fe3b99ff000"),
    form("accessed data from freed user arena 0x", Fatal, Preamble, "accessed data from freed user arena 0xc000400000"),
    form("bad g->status in ready", Fatal, Preamble, "bad g->status in ready"),
    form("checkptr: ", Fatal, Preamble, "checkptr: misaligned pointer conversion"),
    form("runtime stack:", Fatal, Headless, "runtime stack:"),
    form("goroutine ", Recovered, Headless, "goroutine 1 [running]:"),
];

/// Finds an announcement in `line`: the runtime's own at column 0; else the loggers' rows go first, they are longer.
pub fn find_head(line: &[u8]) -> Option<Found> {
    let plain = FORMS.iter().filter(|f| f.role == Head).find(|f| line.starts_with(f.mark.as_bytes()));
    if let Some(form) = plain {
        return Some(Found { form, at: 0, value: form.mark.len() });
    }
    loggers::find_head(line).or_else(|| FORMS.iter().filter(|f| f.role != Headless).find_map(|f| fits(f, line)))
}

/// The row for a dump without a head.
pub fn headless(kind: Kind) -> &'static Form {
    static RUNTIME: Form = form("runtime stack:", Fatal, Headless, "runtime stack:");
    static DUMP: Form = form("goroutine ", Recovered, Headless, "goroutine 1 [running]:");
    if kind == Fatal { &RUNTIME } else { &DUMP }
}

fn fits(form: &'static Form, line: &[u8]) -> Option<Found> {
    let mark = form.mark.as_bytes();
    let at = match form.role {
        Role::Head | Role::Race => find(line, mark).filter(|at| border(line, *at, form.role))?,
        _ => line_start(line, mark)?,
    };
    let value = match form.role {
        Role::Head => at + mark.len(),
        Role::Whole if rest(line, at).len() > mark.len() => return None,
        SignalHead => return signal_head(line, at).map(|()| Found { form, at, value: at }),
        _ => at,
    };
    Some(Found { form, at, value })
}

/// A mark at the start of the line, behind a log prefix that ends in a blank, or behind the `^\` that a terminal
/// shows for the key that asked for the dump.
fn line_start(line: &[u8], mark: &[u8]) -> Option<usize> {
    let at = find(line, mark)?;
    let typed = rest(line, 0).starts_with(b"^\\") && at == 2;
    (at == 0 || typed || (matches!(line.get(at - 1), Some(b' ' | b'\t')) && at < 120)).then_some(at)
}

/// Quoted and code-like marks announce nothing; glued program text (`41%panic: `) may.
fn border(line: &[u8], at: usize, role: Role) -> bool {
    match at.checked_sub(1).and_then(|before| line.get(before)) {
        None => true,
        Some(b'"' | b'\'' | b'`' | b'\\' | b'|') => false,
        Some(before) if role == Role::Race => matches!(before, b' ' | b'\t'),
        Some(_) => true,
    }
}

/// `SIGSEGV: segmentation violation`, `Signal 35`, `Exception 0x… 0x… 0x… 0x…` and nothing else in the line.
fn signal_head(line: &[u8], at: usize) -> Option<()> {
    let head = rest(line, at);
    if head.starts_with(b"Exception 0x") {
        return Some(());
    }
    if let Some(tail) = after(head, b"Signal ").or_else(|| after(head, b"signal ")) {
        let digits = tail.iter().take_while(|b| b.is_ascii_digit()).count();
        return (digits > 0 && digits == tail.len()).then_some(());
    }
    let name = head.iter().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit()).count();
    (name > 3 && part(head, name, name + 2) == b": ").then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_finds_its_own_sample() {
        for form in FORMS.iter().filter(|form| form.role != Headless) {
            let found = find_head(form.sample.as_bytes());
            assert_eq!(found.map(|f| f.form.kind), Some(form.kind), "{}", form.sample);
        }
    }

    #[test]
    fn quoted_announcements_are_none() {
        assert!(find_head(b"last words were \"panic: runtime error: index out of range\"").is_none());
    }

    #[test]
    fn a_prefix_is_what_stands_before_the_mark() {
        let found = find_head(b"Mar  1 12:00:08 node-7 app[1]: panic: boom");
        assert_eq!(found.map(|f| (f.at, f.value)), Some((31, 38)));
    }
}
