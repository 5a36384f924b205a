"""Lines of Go's garbage collector: every cycle of every version, none where there is none."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from agents.records import Record
from pipeline._native import Batch, Detector
from tests.accuracy.measure import Asked, Measure, Miss, share
from tests.records import feed, placed

# Other rules than the core's: a word that each cycle prints once, and what stands in all whole lines.
BEGUN = re.compile(rb"@\d+\.|^gc\d+\(\d+\):", re.M)
WHOLE = re.compile(
    rb"gc \d+ @[\d.]+s \d+%.*: [\d.+]+ ms clock, [\d.+/]+ ms cpu, \d+->\d+->\d+ MB, \d+ MB goal, .*\d+ P"
    rb"|gc\d+\(\d+\): [\d+]+ (?:ms|us),? .* (?:handoff|yields)$",
    re.M,
)
FOLDER = (
    Path(__file__).parent / "allocations"
)  # outputs of the program there, by its MB in use and MB a second
OWN = re.compile(rb"^memstats @([\d.]+)s total_alloc=(\d+) num_gc=(\d+)$", re.M)
STARTED_S = 0.05  # the runtime's clock is ahead of the program's by less
LARGE = 16 << 20


def read(text: bytes) -> Batch:
    """Feed the lines of a program's output as records."""
    return feed(
        Detector(), placed([Record(None, 0, None, 0, None, None, line) for line in text.split(b"\n")])
    )


def row(corpus: Path) -> list[Measure]:
    """Ask each output of the go folders, those of the collector and all others."""
    cycles, torn, others = [], [], []
    for index in sorted(corpus.glob("g*/index.jsonl")):
        for label in map(orjson.loads, index.read_bytes().splitlines()):
            text = (index.parent / label["file"]).read_bytes()
            batch, name = read(text), f"{index.parent.name}/{label['file']}"
            whole, begun = len(WHOLE.findall(text)), len(BEGUN.findall(text))
            if label["kind"] != "gctrace":
                others.append(Asked(name, not batch.cycles, 0, len(batch.cycles)))
                continue
            cycles.append(Asked(name, len(batch.cycles) == whole, whole, len(batch.cycles)))
            torn.append(Asked(name, batch.torn_cycles == begun - whole, begun - whole, batch.torn_cycles))
    return [
        share("gc: every whole cycle", cycles, 1.0),
        share("gc: every torn one counted", torn, 1.0),
        share("gc: no cycle in other outputs", others, 1.0),
        *allocations(),
    ]


class Allocated(NamedTuple):
    """What a program allocated: bytes a second and cycles by its own counters, and by its lines.

    `each` are bytes of a cycle.
    """

    name: str
    own: float
    told: float
    own_cycles: int
    cycles: int
    each: float

    @property
    def error(self) -> float:
        """By how much the lines are off, as a share."""
        return self.told / self.own - 1


def allocated(path: Path) -> Allocated:
    """Read the output of `allocations/allocates.go`: what comes behind its first count of its own."""
    text = path.read_bytes()
    counted = [(float(at), int(total), int(cycles)) for at, total, cycles in OWN.findall(text)]
    (begun, first, _), *_, (ended, last, cycles) = counted
    found = [orjson.loads(one) for one in read(text).cycles]
    known = [one for one in found if one["interval_ns"] and _begins(one) > begun + STARTED_S]
    span = sum(one["interval_ns"] for one in known) / 1e9
    told = sum(one["alloc_bytes"] for one in known)
    return Allocated(
        path.stem, (last - first) / (ended - begun), told / span, cycles, len(found), told / len(known)
    )


def _begins(cycle: dict[str, Any]) -> float:
    """Return the second of the program's life from which on it tells what a cycle tells."""
    return float(cycle["since_start_ns"] - cycle["interval_ns"]) / 1e9


def allocations() -> list[Measure]:
    """Hold what lines tell of allocations against the counters of the programs that wrote them.

    A line holds whole MB: of a cycle that allocates few of them, some can be hidden.
    """
    found = [allocated(path) for path in sorted(FOLDER.glob("*.txt"))]
    cycles = [Asked(one.name, one.cycles == one.own_cycles, one.own_cycles, one.cycles) for one in found]
    large = [one for one in found if one.each >= LARGE]
    small = [one for one in found if one.each < LARGE]
    return [
        share("gc: as many cycles as programs count", cycles, 1.0),
        _greatest("gc: allocation rate, 16 MB a cycle and more", large, 0.02),
        _greatest("gc: allocation rate, below", small, 0.1),
    ]


def _greatest(name: str, found: Sequence[Allocated], bar: float) -> Measure:
    worst = max(found, key=lambda one: abs(one.error))
    figure = f"{100 * worst.error:+.2f} % of {len(found)} at most"
    misses = [
        Miss(one.name, f"{one.own:.0f}", f"{one.told:.0f}", "rate") for one in found if abs(one.error) > bar
    ]
    return Measure(name, figure, f"<= {100 * bar:g} %", not misses, misses)
