"""Crashes to plant among ordinary lines, each with what must be told of it."""

import functools
from typing import NamedTuple

from tests.golden import FOLDER, read
from tests.scanning import scan

HEADS = (b"panic: ", b"fatal error: ")
LONGEST = 60  # lines
ONE = "go1.19-nil_deref.txt"  # one goroutine, as most crashes


class Sample(NamedTuple):
    """A crash: its file in the golden corpus, its lines, how many stand above the first frame."""

    name: str
    lines: list[bytes]
    head: int
    fingerprint: str


@functools.cache
def samples() -> list[Sample]:
    """Return the golden texts that are one whole panic or fatal error, as the runtime writes it.

    Not those in which two threads crash at once: whether they are one crash depends on when lines come.
    """
    found = (_sample(path.name) for path in sorted(FOLDER.glob("g*.txt")))
    return [sample for sample in found if sample]


def one() -> Sample:
    """Return a crash of one goroutine."""
    return next(sample for sample in samples() if sample.name == ONE)


def _sample(name: str) -> Sample | None:
    text = read(FOLDER / name).raw
    lines = text.removesuffix(b"\n").split(b"\n")
    crashes = scan(text).crashes
    heads = [number for number, line in enumerate(lines) if line.startswith(HEADS)]
    if heads != [0] or len(crashes) != 1 or len(lines) > LONGEST:
        return None
    (crash,) = crashes
    if not crash["complete"] or crash["line_count"] != len(lines):
        return None
    goroutine = next(n for n, line in enumerate(lines) if line.startswith(b"goroutine "))
    return Sample(name, lines, goroutine + 1, crash["fingerprint"])
