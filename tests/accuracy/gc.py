"""Lines of Go's garbage collector: every cycle of every version, none where there is none."""

import re
from pathlib import Path

import orjson

from agents.records import Record
from pipeline._native import Batch, Detector
from tests.accuracy.measure import Asked, Measure, share
from tests.records import feed, placed

# Other rules than the core's: a word that each cycle prints once, and what stands in all whole lines.
BEGUN = re.compile(rb"@\d+\.|^gc\d+\(\d+\):", re.M)
WHOLE = re.compile(
    rb"gc \d+ @[\d.]+s \d+%.*: [\d.+]+ ms clock, [\d.+/]+ ms cpu, \d+->\d+->\d+ MB, \d+ MB goal, .*\d+ P"
    rb"|gc\d+\(\d+\): [\d+]+ (?:ms|us),? .* (?:handoff|yields)$",
    re.M,
)


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
    ]
