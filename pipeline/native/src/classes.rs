//! Whose code a frame is, and which frames are plumbing of the panic itself. Tables with their reasons.

use crate::text::{Finder, find, part, rest};
use memchr::{memchr, memrchr};

/// Whose code a frame is, as `panic.v1` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The Go runtime.
    Runtime,
    /// The standard library.
    Std,
    /// Another module: module cache, vendor folder.
    Dependency,
    /// The program's own code, as far as a trace can tell.
    App,
    /// Where the goroutine was created.
    Origin,
}

impl Class {
    /// Its name in `panic.v1`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Runtime => "runtime",
            Self::Std => "std",
            Self::Dependency => "dependency",
            Self::App => "app",
            Self::Origin => "origin",
        }
    }
}

/// First elements of the standard library's import paths, Go 1.0 to 1.27, sorted.
static STD: [&str; 53] = [
    "archive", "arena", "bufio", "builtin", "bytes", "cmp", "compress", "container", "context", "crypto", "database",
    "debug", "embed", "encoding", "errors", "expvar", "flag", "fmt", "go", "golang_org", "hash", "html", "image",
    "index", "internal", "io", "iter", "log", "maps", "math", "mime", "net", "old", "os", "path", "plugin", "reflect",
    "regexp", "runtime", "simd", "slices", "sort", "strconv", "strings", "structs", "sync", "syscall", "testing",
    "text", "time", "unicode", "unique", "weak",
];

/// Libraries that are nobody's own program, also where a build without modules or a stripped path hides it: loggers
/// and recovery middlewares stand between a panic and its cause.
static LIBRARIES: [&str; 22] = [
    "github.com/gin-gonic/gin", "github.com/go-chi/chi", "github.com/go-kit/log", "github.com/gofiber/fiber",
    "github.com/golang/glog", "github.com/gorilla/", "github.com/grpc-ecosystem/", "github.com/labstack/echo",
    "github.com/pkg/errors", "github.com/rs/zerolog", "github.com/sirupsen/logrus", "github.com/stretchr/testify",
    "github.com/valyala/fasthttp", "go.opentelemetry.io/", "go.uber.org/", "golang.org/x/", "google.golang.org/",
    "gopkg.in/", "k8s.io/apimachinery", "k8s.io/client-go", "k8s.io/klog", "sigs.k8s.io/controller-runtime",
];

/// Functions that raise a panic; everything above the deepest of them belongs to who recovered or panicked again.
static RAISES: [&str; 22] = [
    "panic", "runtime.panic", "runtime.gopanic", "runtime.panicmem", "runtime.sigpanic", "runtime.panicdivide",
    "runtime.panicindex", "runtime.panicslice", "runtime.panicshift", "runtime.panicwrap", "runtime.panicnil",
    "runtime.panicdottypeE", "runtime.panicdottypeI", "runtime.panicnildottype", "runtime.panicstring",
    "runtime.panicoverflow", "runtime.panicfloat", "runtime.panicmakeslicelen", "runtime.panicmakeslicecap",
    "runtime.panicCheck1", "runtime.panicmemAddr", "gopanic",
];

/// The same where sources were stripped of their package (gin, debug.Stack of Go 1.0 to 1.5).
static RAISES_BARE: [&str; 3] = ["panicmem", "sigpanic", "panicindex"];

/// True for a function that raises a panic.
pub fn raises(name: &[u8]) -> bool {
    let raised = |table: &[&str]| table.iter().any(|row| row.as_bytes() == name);
    match name.first() {
        Some(b'r') => name.starts_with(b"runtime.") && (raised(&RAISES) || name.starts_with(b"runtime.goPanic")),
        Some(b'p' | b'g' | b's') => raised(&RAISES) || raised(&RAISES_BARE),
        _ => false,
    }
}

/// Stubs through which other packages throw: `sync.fatal`, `internal/sync.throw`, `internal/runtime/maps.fatal`.
pub fn throws(name: &[u8]) -> bool {
    const PACKAGES: [&[u8]; 6] =
        [b"sync.", b"internal/sync.", b"internal/runtime/maps.", b"maps.", b"runtime.", b"internal/synctest."];
    PACKAGES.iter().any(|package| {
        name.strip_prefix(*package)
            .is_some_and(|symbol| matches!(symbol, b"fatal" | b"throw" | b"fatalthrow" | b"dopanic"))
    })
}

/// Import path of a function's package: up to the first dot behind the last slash.
///
/// Type arguments and receivers may hold slashes, so only what stands before the first parenthesis or bracket counts.
pub fn package(name: &[u8]) -> &[u8] {
    if [&b"type."[..], b"type:", b"struct {"].iter().any(|start| name.starts_with(start)) {
        return b"";
    }
    let head = memchr::memchr2(b'(', b'[', name).unwrap_or(name.len());
    let slash = memrchr(b'/', part(name, 0, head)).map_or(0, |at| at + 1);
    let dot = memchr(b'.', rest(name, slash)).or_else(|| find(rest(name, slash), "·".as_bytes()));
    dot.map_or(b"", |at| part(name, 0, slash + at))
}

/// Class of a frame that is not the goroutine's origin.
pub fn class(name: &[u8], file: &[u8]) -> Class {
    let package = package(name);
    if is_runtime(name, package, file) {
        return Class::Runtime;
    }
    static VENDOR: Finder = Finder::new(|| memchr::memmem::Finder::new("/vendor/"));
    static CACHE: Finder = Finder::new(|| memchr::memmem::Finder::new("/pkg/mod/"));
    let vendored = VENDOR.find(package).is_some() || VENDOR.find(file).is_some();
    let first = part(package, 0, memchr(b'/', package).unwrap_or(package.len()));
    let std = STD.binary_search_by(|row| row.as_bytes().cmp(first)).is_ok() || package.starts_with(b"vendor/");
    if std && (goroot(file) || !vendored) {
        return Class::Std;
    }
    if vendored
        || LIBRARIES.iter().any(|row| package.starts_with(row.as_bytes()))
        || CACHE.find(file).is_some()
        || versioned(file)
    {
        return Class::Dependency;
    }
    Class::App
}

fn is_runtime(name: &[u8], package: &[u8], file: &[u8]) -> bool {
    package == b"runtime"
        || name == b"panic"
        || package.starts_with(b"runtime/internal/")
        || package.starts_with(b"internal/runtime/")
        || package == b"runtime/cgo"
        || package == b"type"
        || name.starts_with(b"type.")
        || name.starts_with(b"type:")
        || package.is_empty() && (find(file, b"/runtime/").is_some() || file.starts_with(b"runtime/"))
        || package.is_empty() && raises(name)
}

fn goroot(file: &[u8]) -> bool {
    find(file, b"/src/").is_some() && find(file, b"/go").is_some() && find(file, b"/src/github.com").is_none()
}

/// `example.com/m@v1.4.2/x.go`
fn versioned(file: &[u8]) -> bool {
    find(file, b"@v").is_some_and(|at| file.get(at + 2).is_some_and(u8::is_ascii_digit))
}

/// Root module of an import path: what releases together.
pub fn module(package: &[u8]) -> &[u8] {
    let mut parts = package.split(|b| *b == b'/');
    let host = parts.next().unwrap_or_default();
    let deep: usize = match host {
        b"github.com" | b"gitlab.com" | b"bitbucket.org" | b"golang.org" => 3,
        _ if host.contains(&b'.') => 2,
        _ => 1,
    };
    let mut end = 0;
    for element in package.split(|b| *b == b'/').take(deep) {
        end += element.len() + 1;
    }
    part(package, 0, end.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_classed_by_path_and_file() {
        let rows: [(&[u8], &[u8], Class); 9] = [
            (b"runtime.main", b"/usr/local/go/src/runtime/proc.go", Class::Runtime),
            (b"panic", b"/usr/local/go/src/runtime/panic.go", Class::Runtime),
            (b"internal/runtime/maps.fatal", b"/usr/local/go/src/runtime/panic.go", Class::Runtime),
            (b"net/http.(*conn).serve", b"/usr/local/go/src/net/http/server.go", Class::Std),
            (b"internal/sync.(*Mutex).Unlock", b"internal/sync/mutex.go", Class::Std),
            (
                b"go.uber.org/zap.(*Logger).Panic",
                b"/root/go/pkg/mod/go.uber.org/zap@v1.27.0/logger.go",
                Class::Dependency,
            ),
            (b"github.com/a/b/vendor/k8s.io/x.F", b"/go/src/github.com/a/b/vendor/k8s.io/x/f.go", Class::Dependency),
            (b"main.main", b"/srv/app/main.go", Class::App),
            (b"github.com/acme/shop/internal/cart.(*Cart).Total", b"/srv/app/cart.go", Class::App),
        ];
        for (name, file, class) in rows {
            assert_eq!(super::class(name, file), class, "{}", String::from_utf8_lossy(name));
        }
    }

    #[test]
    fn packages_end_at_the_first_dot_behind_the_last_slash() {
        assert_eq!(package(b"gopkg.in/yaml%2ev2.(*D).x"), b"gopkg.in/yaml%2ev2");
        assert_eq!(package(b"k8s.io/util/sets.Set[go.shape.string].Insert"), b"k8s.io/util/sets");
        assert_eq!(package(b"main.(*T).M"), b"main");
        assert_eq!(package(b"panic"), b"");
    }

    #[test]
    fn modules_are_what_releases_together() {
        assert_eq!(module(b"github.com/acme/shop/internal/cart"), b"github.com/acme/shop");
        assert_eq!(module(b"k8s.io/apimachinery/pkg/util"), b"k8s.io/apimachinery");
        assert_eq!(module(b"net/http"), b"net");
        assert_eq!(module(b"main"), b"main");
    }
}
