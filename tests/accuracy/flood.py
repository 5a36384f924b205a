"""Hostile records through one Detector in a process of its own: `python -m tests.accuracy.flood NAME N`.

Prints JSON as `tests.accuracy.stress` does.
"""

# ruff: noqa: T201  # its parent reads stdout

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice

import orjson

from pipeline._native import Detector
from tests.accuracy.stress import RUNS, peak_mb

Values = Iterator[bytes | None]
BATCH = 500
MIB = 1 << 20
TRACE = ("panic: boom", "", "goroutine 1 [running]:", "main.handle(0x1)", "\t/srv/app/main.go:10 +0x1d")
NAMES = [
    "log",
    "message",
    "stream",
    "time",
    "@timestamp",
    "kubernetes",
    "container",
    "host",
    "file",
    "tag",
    "data",
]
PLAIN: tuple[object, ...] = (None, 7, -1.5e300, True, "panic: x", "", "\ud800")
VALUES: tuple[object, ...] = (*PLAIN, [1, [2]], {"log": {"log": []}}, {"name": 3}, ["panic"])


def large(megabytes: int) -> Values:
    """Return values of that size: a line, a member, an escaped member, an array."""
    yield b"2026-11-21T00:20:45Z stderr F " + b"x" * (megabytes * MIB)
    yield b'{"log":"' + b"x" * (megabytes * MIB) + b'","stream":"stderr"}'
    yield b'{"log":"' + b"\\n" * (megabytes * MIB // 2) + b'","stream":"stderr"}'
    yield b'{"a":[' + b"1," * (megabytes * MIB // 2) + b'1],"log":"x"}'


def deep(depth: int) -> Values:
    """Return JSON that is nested so deep, closed and not, behind known and unknown names."""
    for name in (b"a", b"log", b"kubernetes"):
        yield b'{"' + name + b'":' + b"[" * depth + b"]" * depth + b',"log":"panic: x"}'
        yield (b'{"' + name + b'":') * depth + b"1" + b"}" * depth
        yield (b'{"' + name + b'":') * depth
    yield b'{"resourceLogs":[{"resource":' + b"[" * depth + b"]" * depth + b"}]}"
    yield b"[" * depth + b"]" * depth


def bytes_of_no_text(count: int) -> Values:
    """Return NUL, bad UTF-8 and nothing at all, bare and in envelopes."""
    bad = (b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\x80", b"panic: \xff\0")
    for n in range(count):
        piece = bad[n % len(bad)]
        yield (None, b"", piece, b'{"log":"' + piece + b'"}', b"2026-11-21T00:20:45Z stderr F " + piece)[
            n % 5
        ]


def wrong_types(count: int) -> Values:
    """Return known names with values of other types."""
    rng = random.Random(7)  # noqa: S311  # the same records on every run, no secret
    for _ in range(count):
        yield json.dumps({name: rng.choice(VALUES) for name in rng.sample(NAMES, 5)}).encode()


def open_traces(streams: int) -> Values:
    """Return so many streams that each hold an open trace, line by line through all of them."""
    for text in TRACE:
        for stream in range(streams):
            members = {"log": text, "stream": "stderr", "kubernetes": {"docker_id": f"{stream:064x}"}}
            yield orjson.dumps(members)


INPUTS: dict[str, Callable[[int], Values]] = {
    "large": large,
    "deep": deep,
    "bytes_of_no_text": bytes_of_no_text,
    "wrong_types": wrong_types,
    "open_traces": open_traces,
}


def run(name: str, size: int) -> dict[str, float]:
    """Detect in the input once."""
    detector, cpu, crashes, marked, offset = Detector(), 0.0, 0, 0, 0
    values = INPUTS[name](size)
    while batch := list(islice(values, BATCH)):
        offsets = list(range(offset, offset + len(batch)))
        began = time.process_time()
        found = detector.feed(batch, topics=name, partitions=[0] * len(batch), offsets=offsets)
        cpu += time.process_time() - began
        offset += len(batch)
        crashes += len(found.crashes)
        marked += len(found.unread)
    crashes += len(detector.finish().crashes)
    return {"cpu_s": cpu, "crashes": crashes, "marked": marked, "lines": offset}


def main() -> None:
    """Print the best of three runs."""
    best = min((run(sys.argv[1], int(sys.argv[2])) for _ in range(RUNS)), key=lambda result: result["cpu_s"])
    best["rss_mb"] = peak_mb()
    print(orjson.dumps(best).decode())


if __name__ == "__main__":
    main()
