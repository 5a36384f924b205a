"""What the go folders say about a file where the general rule does not hold, each with its reason.

Counting rules (the rest is in the corpus' README):

* crashes. A head line is no crash: a signal dump at GOTRACEBACK=crash repeats its head for every thread and
  is one crash. So the head lines inside the crashes are compared with `crash_heads`, and the number of
  crashes with `CRASHES`, by kind. Kinds without a column-0 head are crashes all the same when they show a
  stack.
* goroutines. `expected_goroutines` counts headers at column 0; `ESCAPED` kinds carry the dump inside a
  field or indented, where every header counts. A race report has no goroutine headers: races are left out
  of the sum.
* top function. For a panic that ended the process the label is the first program frame of the stack,
  deferred functions included; `RECOVERED` kinds are labelled with the first one below the panic. Where the
  first goroutine printed shows no program function (a signal from outside, the collector), the label is that
  of a later one, which names no crash site: it is right when that goroutine is among the others.
"""

import re
from collections.abc import Callable
from fnmatch import fnmatch
from typing import NamedTuple

HEAD = re.compile(r"^(?:panic: |fatal error: |throw: |SIG[A-Z]+: |Signal )", re.M)
GOROUTINE = re.compile(r"goroutine \d+ (?:gp=\S+ m=\S+ (?:mp=\S+ )?)?\[")

NOTHING = frozenset({"negative", "gctrace", "metrics"})
ESCAPED = frozenset({"recovered_json", "recovered_text", "http_recovered", "go_test_fuzz", "go_test_json"})
RECOVERED = ESCAPED - {"go_test_json"} | {"recovered", "http_panic"}


def one(_text: str, _heads: int) -> int:
    """Return one: the kind has one crash a file."""
    return 1


CRASHES: dict[str, Callable[[str, int], int]] = {
    "panic": lambda _, heads: heads,
    "fatal": lambda _, heads: heads,
    "go_test": lambda _, heads: heads,
    "cgo": lambda _, heads: heads,
    "signal": one,
    "race": lambda text, heads: text.count("WARNING: DATA RACE") + heads,
    "http_panic": lambda text, _: text.count(": panic serving "),
    "log_fatal": lambda text, _: int("\ngoroutine " in text),
}


class Label(NamedTuple):
    """A file pattern, the question, the right answer (None: the question is not asked) and why.

    `culprit` asks for `culprit_function` instead of the frames: the name as printed, or the label's own.
    """

    files: str
    question: str
    right: str | tuple[int, ...] | None
    reason: str


TWO_HEADS = "two goroutines print their head before one of them dumps"
NO_PACKAGE = "the text does not print the package"
NO_CUT = "no panic frame is printed, so nothing parts deferred frames from those that panicked"

LABELS = (
    Label("*/fatal_map_writes.txt", "crashes", (1, 2), TWO_HEADS),
    Label("*/fatal_log_race.txt", "crashes", (1, 2), TWO_HEADS),
    Label("*/callers_frames.txt", "*", None, "frames printed one log line each: no head, no value, no dump"),
    Label("*/grpc_recovery.txt", "crashes", (0,), "an RPC error text without a stack"),
    Label("*/grpc_recovery.txt", "*", None, "an RPC error text without a stack"),
    Label("*/glog_fatal.txt", "*", None, "the dump went to the log files, only the F line is printed"),
    Label("*/zap_fatal_level.txt", "crashes", (0, 1), "the stack of a log call, no goroutine dump"),
    Label("*/zap_fatal_level.txt", "*", None, "the stack of a log call, no goroutine dump"),
    Label("*/log_fatal.txt", "*", None, "one log line, no stack"),
    Label("*/logrus_fatal.txt", "*", None, "one log line, no stack"),
    Label("go1.0/http_panic.txt", "culprit", "handle", "OwnerName is inlined; " + NO_PACKAGE),
    Label("go1.[1-5]/http_panic.txt", "function", "main.handle", "OwnerName is inlined and not printed"),
    Label("go1.[0-5]/debug_printstack.txt", "culprit", "(*Cart).Checkout", NO_PACKAGE),
    Label("*/gin_recovery_*.txt", "culprit", "(*Order).CustomerName", NO_PACKAGE),
    Label("*/zerolog_pkgerrors_stack.txt", "culprit", "(*Order).CustomerName", NO_PACKAGE),
    Label("go1.[0-5]/runtime_stack_all.txt", "function", None, NO_CUT),
    Label("*/fatal_thread_limit.txt", "function", "main.main", "goroutine 1 is printed with main.main"),
    Label("*/fatal_newosproc.txt", "function", "main.main", "goroutine 1 is printed with main.main"),
    Label(
        "*/go_test_nil_panic.txt",
        "function",
        "github.com/acme/billing/invoice.panicNil",
        "panicNil is printed below the panic frame",
    ),
    Label(
        "*/go_test_nil_panic.txt",
        "message",
        "nil",
        "the first panic of the chain is `panic: nil [recovered]`",
    ),
    Label(
        "*/go_test_race.txt",
        "function",
        "github.com/acme/billing/invoice.TestRace.func1",
        "the first access is in the closure; the label names the function around it",
    ),
    Label(
        "go1.2*/go_test_timeout.txt",
        "message",
        "test timed out after 1s\nrunning tests:*",
        "the label is that of Go 1.19; from 1.20 on the value lists the running tests",
    ),
    Label(
        "go1.2*/go_test_deadlock.txt",
        "message",
        "test timed out after 2s\nrunning tests:*",
        "the label is that of Go 1.19; from 1.20 on the value lists the running tests",
    ),
)


def label(file: str, question: str) -> Label | None:
    """Return the first row of the table that fits."""
    for entry in LABELS:
        if fnmatch(file, entry.files) and entry.question in (question, "*"):
            return entry
    return None
