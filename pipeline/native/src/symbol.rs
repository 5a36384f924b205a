//! One name for one function over Go versions, build modes and inlining. Sources: `cmd/compile` and
//! `runtime/symtab.go` of Go 1.0 to 1.27, measured on one program under all of them.

use crate::classes;
use crate::text::{Words, find, part, rest, searcher};
use memchr::{memchr, memrchr};
use std::borrow::Cow;

/// The name that fingerprints use for the function `name` in `file`.
pub fn canonical<'n>(name: &'n [u8], file: &[u8]) -> Cow<'n, [u8]> {
    if is_steady(name) { Cow::Borrowed(name) } else { Cow::Owned(renamed(name, file)) }
}

/// True for nearly all names: nothing in them that Go versions print differently.
fn is_steady(name: &[u8]) -> bool {
    static WORDS: Words = Words::new(|| {
        searcher(&["[", "%", "·", "-", ".func", "vendor", ".glob.", ".init.", "wrap", "ializers", "_func_"])
    });
    !WORDS.any_in(name) && !name.ends_with(b".init")
}

fn renamed(name: &[u8], file: &[u8]) -> Vec<u8> {
    let plain = plain(name);
    let package = classes::package(&plain);
    let symbol = rest(&plain, package.len() + usize::from(!package.is_empty()));
    let parts = parts(symbol);
    if let [b"init", numbers @ ..] = parts.as_slice()
        && numbers.iter().all(|n| n.iter().all(u8::is_ascii_digit))
    {
        return [unvendored(package), b".init"].concat();
    }
    let named = parts.iter().rposition(|part| !closure_part(part));
    let is_closure = parts.last().is_some_and(|part| closure_part(part));
    match named.and_then(|at| parts.get(at)).filter(|_| is_closure) {
        Some(declared) if !package_level(declared) => closure(package, declared, file),
        _ if is_closure => closure(package, b"", file),
        _ => [unvendored(package), if package.is_empty() { b"" } else { b"." }, &stable_symbol(symbol)].concat(),
    }
}

/// A closure is named by the folder of its file and the function that declares it: the name printed for an inlined
/// one changed with Go 1.21 and again with 1.27.
fn closure(package: &[u8], declared: &[u8], file: &[u8]) -> Vec<u8> {
    let folder = folder(file);
    let home = if folder.is_empty() { last_element(unvendored(package)) } else { folder };
    [home, b".", declared, b".func"].concat()
}

/// Last folder of a path without a version.
fn folder(file: &[u8]) -> &[u8] {
    let mut folders = file.rsplit(|b| *b == b'/').skip(1);
    let versioned = |folder: &&[u8]| folder.first() == Some(&b'v') && rest(folder, 1).iter().all(u8::is_ascii_digit);
    let folder = folders.find(|folder| !versioned(folder)).unwrap_or_default();
    part(folder, 0, memchr(b'@', folder).unwrap_or(folder.len()))
}

fn last_element(package: &[u8]) -> &[u8] {
    rest(package, memrchr(b'/', package).map_or(0, |at| at + 1))
}

/// The import path behind the last `/vendor/`.
fn unvendored(package: &[u8]) -> &[u8] {
    let at = (0..package.len()).rev().find(|at| part(package, *at, *at + 8) == b"/vendor/");
    let path = at.map_or(package, |at| rest(package, at + 8));
    path.strip_prefix(b"vendor/").or_else(|| path.strip_prefix(b"internal/vendor/")).unwrap_or(path)
}

/// Without type arguments, escapes, middle dots, method-value and wrapper marks.
fn plain(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(byte) = name.get(at) {
        let (skip, keep): (usize, Option<u8>) = match byte {
            b'[' => {
                depth += 1;
                (1, None)
            }
            b']' => {
                depth = depth.saturating_sub(1);
                (1, None)
            }
            0xc2 if name.get(at + 1) == Some(&0xb7) => (2, Some(b'.')),
            b'%' if part(name, at, at + 3).eq_ignore_ascii_case(b"%2e") => (3, Some(b'.')),
            _ => (1, Some(*byte)),
        };
        if depth == 0 {
            out.extend(keep);
        }
        at += skip;
    }
    let end = find(&out, b"-fm").unwrap_or(out.len());
    out.truncate(end);
    out
}

/// `handler.(*Svc).F.Mk.func1` in its parts; a receiver is a part.
fn parts(symbol: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut depth = 0;
    for (at, byte) in symbol.iter().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'.' if depth == 0 => {
                parts.push(part(symbol, start, at));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(rest(symbol, start));
    parts.retain(|part| !part.is_empty() && !wrapper(part));
    parts
}

/// `func1`, `2`, `_func_001`, `001`, `func1-range2`.
fn closure_part(part: &[u8]) -> bool {
    let base = crate::text::part(part, 0, find(part, b"-range").unwrap_or(part.len()));
    let digits = base.strip_prefix(b"func").or_else(|| base.strip_prefix(b"_func_")).unwrap_or(base);
    (!digits.is_empty() || base == b"func") && digits.iter().all(u8::is_ascii_digit)
}

/// Compiler wrappers of go and defer statements: `gowrap1`, `deferwrap2`, `dwrap`; `init.ializers` of Go 1.12.
fn wrapper(part: &[u8]) -> bool {
    matches!(part, b"dwrap" | b"ializers")
        || [&b"gowrap"[..], b"deferwrap"]
            .iter()
            .any(|mark| part.strip_prefix(*mark).is_some_and(|n| n.iter().all(u8::is_ascii_digit)))
}

/// Closures of package variables: `glob..func1` to Go 1.21, `init.func1` from 1.22.
fn package_level(part: &[u8]) -> bool {
    part == b"glob" || part == b"init"
}

/// `init.0`, `init.1`, `init·2` are one name; a loop body (`F-range1`) is its function; `internal/sync` was `sync`.
fn stable_symbol(symbol: &[u8]) -> Vec<u8> {
    let kept: Vec<&[u8]> =
        parts(symbol).into_iter().map(|p| part(p, 0, find(p, b"-range").unwrap_or(p.len()))).collect();
    kept.join(&b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_function_has_one_name() {
        let rows = [
            ("main.(*Cart).Total", "/srv/cart.go", "main.(*Cart).Total"),
            ("k8s.io/util/sets.Set[...].Insert", "/x/set.go", "k8s.io/util/sets.Set.Insert"),
            ("gopkg.in/yaml%2ev2.(*D).x", "/x/d.go", "gopkg.in/yaml.v2.(*D).x"),
            ("a.com/app/vendor/b.org/dep.F", "/x/f.go", "b.org/dep.F"),
            ("main.(*T).M-fm", "/x/t.go", "main.(*T).M"),
            ("main.work.gowrap1", "/x/t.go", "main.work"),
            ("main.F-range1", "/x/t.go", "main.F"),
            ("main.main.func1", "/srv/run/main.go", "run.main.func"),
            ("main.handler.Mk.func1", "/srv/store/store.go", "store.Mk.func"),
            ("store.Mk.func1", "/srv/store/store.go", "store.Mk.func"),
            ("service.(*Svc).F.Mk.each.(*Svc).F.Mk.func1", "/srv/store/store.go", "store.Mk.func"),
            ("main.glob..func1", "/srv/run/main.go", "run..func"),
            ("main.init.func1", "/srv/run/main.go", "run..func"),
            ("example.com/m.init.0", "/srv/m/m.go", "example.com/m.init"),
            ("main.init·2", "/srv/run/main.go", "main.init"),
            ("main.func·001", "/srv/run/main.go", "run..func"),
            ("example.com/m.F.func2.1", "example.com/m@v1.4.2/f.go", "m.F.func"),
            ("panic", "", "panic"),
        ];
        for (name, file, expected) in rows {
            assert_eq!(String::from_utf8_lossy(&canonical(name.as_bytes(), file.as_bytes())), expected, "{name}");
        }
    }
}
