//! The frames that two occurrences of one bug share, whatever Go version, settings and build printed them.

use crate::classes::{self, Class};
use crate::report::{Frame, Report, classes_of};
use crate::symbol;
use std::borrow::Cow;

/// Frames that a key needs at least, one of them the program's own.
const KEY_FRAMES: usize = 3;

/// Turns of a recursion after which the rest of a stack is chance: Go up to 1.20 cuts at 100 frames, later versions
/// leave out the middle.
const DEEP: usize = 20;

/// A frame by its canonical name.
#[derive(Debug)]
pub struct Kept<'n> {
    /// See `symbol`; behind `@` for the goroutine's origin.
    pub name: Cow<'n, [u8]>,
    class: Class,
}

/// Canonical frames, recursion collapsed. Runtime frames only where there is nothing else: how many are printed is
/// a setting (GOTRACEBACK).
pub fn normalised<'t>(stack: &[Frame<'t>], classes: &[Class]) -> Vec<Kept<'t>> {
    let named = || stack.iter().zip(classes).filter(|(f, _)| !f.name.is_empty() && !classes::throws(f.name));
    let bare = named().all(|(_, class)| matches!(class, Class::Runtime | Class::Origin));
    let mut kept = Vec::with_capacity(stack.len());
    let mut turns = 0;
    for (frame, class) in named().filter(|(frame, class)| !hidden(frame, **class, bare)) {
        let name = steady(symbol::canonical(frame.name, frame.file));
        let name = if frame.origin { Cow::Owned([b"@", name.as_ref()].concat()) } else { name };
        kept.push(Kept { name, class: *class });
        turns += usize::from(collapse(&mut kept));
        if turns > DEEP {
            break;
        }
    }
    kept
}

/// Runtime frames that a setting shows or hides, and where the runtime starts every goroutine.
fn hidden(frame: &Frame<'_>, class: Class, bare: bool) -> bool {
    if frame.origin {
        return classes::class(frame.name, frame.file) == Class::Runtime;
    }
    let entry = matches!(frame.name, b"runtime.main" | b"runtime.goexit" | b"runtime.mstart" | b"runtime.mcall");
    class == Class::Runtime && (!bare || entry)
}

/// Names that the standard library moved: Go 1.24 split `sync`, Go 1.27 took HTTP/2 out of `net/http`.
static MOVED: [(&str, &str); 2] = [("internal/sync.", "sync."), ("net/http/internal/http2.(*", "net/http.(*http2")];

fn steady(name: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    let moved = MOVED.iter().find_map(|(new, old)| Some([old.as_bytes(), name.strip_prefix(new.as_bytes())?].concat()));
    moved.map_or(name, Cow::Owned)
}

/// One turn of a recursion of up to four functions is enough; true where one was taken off.
fn collapse(kept: &mut Vec<Kept<'_>>) -> bool {
    let end = kept.len();
    let name = |at: usize| kept.get(at).map(|k| k.name.as_ref());
    let repeats = |period: &usize| (1..=*period).all(|n| name(end - n) == name(end - n - period));
    let period = (1..=4).take_while(|period| period * 2 <= end).find(repeats);
    kept.truncate(end - period.unwrap_or(0));
    period.is_some()
}

/// The frames that decide: from the top until there are enough, one of them the program's own. A run of standard
/// library frames counts as its outermost: what stands above it changes from one Go version to the next. A fatal
/// error of known text needs no frames of the runtime.
pub fn of<'k, 'n>(frames: &'k [Kept<'n>], known_fatal: bool) -> Vec<&'k Kept<'n>> {
    if known_fatal && frames.iter().all(|f| matches!(f.class, Class::Runtime | Class::Origin)) {
        return Vec::new();
    }
    let mut key = Vec::new();
    let mut own = false;
    for (at, frame) in frames.iter().enumerate() {
        let inner = frame.class == Class::Std && frames.get(at + 1).is_some_and(|next| next.class == Class::Std);
        if !inner {
            key.push(frame);
            own |= frame.class == Class::App;
        }
        if own && key.len() >= KEY_FRAMES {
            break;
        }
    }
    key
}

/// A race is the pair of its two places, whichever is printed first.
pub fn of_race<'n>(report: &Report<'_>) -> Vec<Kept<'n>> {
    let accesses = report.goroutines.iter().enumerate().filter(|(_, g)| !g.system);
    let mut sides: Vec<Vec<u8>> = accesses
        .map(|(at, g)| {
            let stack = report.stack(at);
            let stack = normalised(stack, &classes_of(stack));
            let top = stack.iter().find(|f| f.class == Class::App).or(stack.first());
            [g.state, b" ", top.map_or(&[][..], |f| f.name.as_ref())].concat()
        })
        .collect();
    sides.sort();
    sides.into_iter().map(|name| Kept { name: Cow::Owned(name), class: Class::App }).collect()
}
