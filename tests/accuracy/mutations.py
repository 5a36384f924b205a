"""What happens to a crash on its way: every corpus crash, damaged in the ways of log transports.

The rule for each: the fingerprints are those of the plain text, or the crash says that it is damaged; and
never are there more crashes than in the plain text. A crash that shows a goroutine must not get lost.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from pipeline._native import Scanner
from tests.accuracy.go_labels import GOROUTINE
from tests.accuracy.measure import Asked, Measure, share, shown
from tests.scanning import Crash, Scanned, scan

Lines = Sequence[bytes]
UNMARKED = "other fingerprint and not marked"

# Four shapes of ordinary lines; the word parcel stands in no corpus text.
NOISE = (
    '{{"ts":"2026-03-01T12:00:{s:02d}.{n:06d}Z","level":"info","msg":"parcel sent","n":{n}}}\n',
    'level=info ts=2026-03-01T12:00:{s:02d}.{n:06d}Z caller=depot/server.go:{n} msg="parcel sent"\n',
    "I0301 12:00:{s:02d}.{n:06d}   4711 depot.go:{n}] parcel sent\n",
    "2026/03/01 12:00:{s:02d} parcel {n} sent\n",
)


# Ordinary lines between two crashes of one stream, and the share that must be told as two. Line to line, a
# head that no goroutine follows (GOTRACEBACK=none) and the next one are a chain to the letter.
BEHIND = ((0, 0.98), (3, 1.0), (30, 1.0))


class Subject(NamedTuple):
    """A crash text in its lines (line feeds kept) and what the plain text gives."""

    id: str
    lines: Lines
    plain: Scanned


def noise(number: int) -> bytes:
    """Return the ordinary line of that number."""
    return NOISE[number % len(NOISE)].format(s=number % 60, n=number * 7919 % 1_000_000).encode()


def cuts(lines: Lines) -> Iterator[bytes]:
    """Return the text up to each line but the last."""
    for end in range(1, len(lines)):
        yield b"".join(lines[:end])


def crlf(lines: Lines) -> Iterator[bytes]:
    """CR in front of each line feed."""
    yield b"".join(line.rstrip(b"\n") + b"\r\n" for line in lines)


def tabless(lines: Lines) -> Iterator[bytes]:
    """Tabs at the beginning of lines eaten."""
    yield b"".join(line.lstrip(b"\t") for line in lines)


def blankless(lines: Lines) -> Iterator[bytes]:
    """Blank lines dropped."""
    yield b"".join(line for line in lines if line.strip())


def prefixed(lines: Lines) -> Iterator[bytes]:
    """Return a log prefix on every line, its digits different from line to line."""
    stamp = b"2026-03-01T12:00:%02d.%06dZ depot-7 "
    yield b"".join(stamp % (n % 60, n * 7919 % 1_000_000) + line for n, line in enumerate(lines))


def noisy(lines: Lines) -> Iterator[bytes]:
    """Return an ordinary line behind each line."""
    yield b"".join(line + noise(n) for n, line in enumerate(lines))


MUTATIONS: dict[str, Callable[[Lines], Iterator[bytes]]] = {
    "cut after every line": cuts,
    "CRLF": crlf,
    "without tabs": tabless,
    "without blank lines": blankless,
    "log prefix": prefixed,
    "a noise line after each": noisy,
}


def marked(crash: Crash) -> bool:
    """Say whether the crash itself says that it is damaged."""
    return not crash["complete"] or bool(crash["damage"])


def fault(plain: Sequence[Crash], text: bytes, scanned: Scanned) -> str:
    """Why the mutated text breaks the rule; "" when it keeps it."""
    known = {crash["fingerprint"] for crash in plain}
    if len(scanned.crashes) > len(plain):
        return f"{len(scanned.crashes)} crashes instead of {len(plain)}"
    if not scanned.crashes and GOROUTINE.search(text.decode(errors="replace")):
        return "lost"
    if any(b"parcel" in document for document in scanned.documents):
        return "a noise line inside"
    if any(crash["fingerprint"] not in known and not marked(crash) for crash in scanned.crashes):
        return UNMARKED
    return ""


def judged(subject: Subject, name: str) -> list[tuple[Asked, bool]]:
    """Judge each text a mutation makes of the subject, and whether it kept the plain fingerprints."""
    asked, plain = [], subject.plain.crashes
    for number, text in enumerate(MUTATIONS[name](subject.lines)):
        scanned = scan(text, subject.id)
        why = fault(plain, text, scanned)
        cause = f"{why}: {subject.id.split('/')[-1]}"
        got = f"{why} {[crash['title'] for crash in scanned.crashes]}" if why else ""
        wanted = f"{[crash['title'] for crash in plain]}" if why else ""
        same = [crash["fingerprint"] for crash in scanned.crashes] == [
            crash["fingerprint"] for crash in plain
        ]
        asked.append((Asked(f"{subject.id} {number + 1}", not why, wanted, got, cause), same))
    return asked


def survived(name: str, found: Sequence[Subject]) -> Measure:
    """Return the line of one mutation; the figure also says how often the fingerprints stayed the same."""
    answers = [answer for one in found for answer in judged(one, name)]
    measure = share(f"mutations: {name}", [asked for asked, _ in answers], 1.0)
    return measure._replace(figure=f"{measure.figure}, {sum(same for _, same in answers)} same")


def apart(one: Subject, other: Subject) -> Asked:
    """Feed two streams in turns, each to its own scanner: the documents are those of each alone."""
    scanners = Scanner(one.id), Scanner(other.id)
    got: list[list[bytes]] = [[], []]
    for number in range(max(len(one.lines), len(other.lines))):
        for side, subject in enumerate((one, other)):
            got[side] += scanners[side].feed(subject.lines[number]) if number < len(subject.lines) else []
    for side in (0, 1):
        got[side] += scanners[side].finish()
    right = got == [one.plain.documents, other.plain.documents]
    return Asked(f"{one.id} and {other.id}", right, "each as alone", "other documents", "streams not apart")


def together(one: Subject, other: Subject) -> Asked:
    """Two crashes shuffled into one stream, line by line: no more than two, each known or marked."""
    longest = max(len(one.lines), len(other.lines))
    turns = [s.lines[n] for n in range(longest) for s in (one, other) if n < len(s.lines)]
    text = b"".join(turns)
    why = fault([*one.plain.crashes, *other.plain.crashes], text, scan(text))
    cause = f"{why}: {one.id.split('/')[-1]}"
    return Asked(f"{one.id} and {other.id}", not why, "known or marked", why, cause)


def behind(one: Subject, other: Subject, between: int) -> Asked:
    """One crash, some ordinary lines, another crash in one stream: both, each as alone."""
    text = b"".join([*one.lines, *map(noise, range(between)), *other.lines])
    wanted = [crash["fingerprint"] for crash in (*one.plain.crashes, *other.plain.crashes)]
    got = [crash["fingerprint"] for crash in scan(text).crashes]
    return Asked(
        f"{one.id} then {other.id}", got == wanted, f"{len(wanted)}", f"{len(got)} crashes", other.id
    )


def subject(folder: Path, index: dict[str, Any]) -> Subject:
    """One labelled file, scanned plain."""
    name, text = f"{folder.name}/{index['file']}", (folder / index["file"]).read_bytes()
    lines = (
        text.splitlines(keepends=True) if b"\r" not in text else [part + b"\n" for part in text.split(b"\n")]
    )
    return Subject(name, lines, scan(text, name))


def subjects(corpus: Path) -> list[Subject]:
    """Every file of the go folders with a crash head or a panic that net/http recovered."""
    return [
        subject(path.parent, index)
        for path in sorted(corpus.glob("*/index.jsonl"))
        for index in map(orjson.loads, path.read_bytes().splitlines())
        if index["crash_heads"] or index["kind"] == "http_panic"
    ]


def row(corpus: Path) -> list[Measure]:
    """One line a mutation, and the two ways to mix two crashes."""
    every = subjects(corpus)
    found = [one for one in every if one.plain.crashes]
    plain = [Asked(one.id, bool(one.plain.crashes), "a crash", "none", "plain text") for one in every]
    pairs = list(zip(found, found[len(found) // 2 :] + found[: len(found) // 2], strict=True))
    whole = [
        Asked(one.id, not any(map(marked, one.plain.crashes)), "whole", "marked", one.id) for one in found
    ]
    return [
        share("mutations: crash in the plain text", plain, 1.0),
        shown("mutations: plain text not marked", whole),
        *(survived(name, found) for name in MUTATIONS),
        *(
            share(
                f"mutations: a crash, {n} lines, a crash",
                [behind(one, other, n) for one, other in pairs],
                bar,
            )
            for n, bar in BEHIND
        ),
        share("mutations: two streams, two scanners", [apart(one, other) for one, other in pairs], 1.0),
        shown("mutations: two crashes in one stream", [together(one, other) for one, other in pairs]),
    ]
