"""Records of shippers through the Detector: M records/s of CPU, beside what a script would do."""

# ruff: noqa: T201  # a report on stdout is what this program is for

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import orjson

from pipeline._native import Detector
from tests.scanning import scan
from tests.shippers import ID as CONTAINER
from tests.shippers import SHIPPERS

BATCH = 500
RUNS = 5
NAIVE_SLICE = 100_000
OTHERS = 200_000  # records of each other envelope
NAIVE = re.compile(r"\bpanic: |^fatal error: |^goroutine \d+ \[|http: panic serving|^SIG[A-Z]+: ")
BAR_FIRST, BAR_OTHERS, BAR_RATIO = 1.0, 0.7, 10.0
TOPIC = "logs.bench"
START_MS = 1_772_366_400_000  # 2026-03-01T12:00:00Z; the inputs hold 20,000 records a second
HELD = ("panic: held open", "", "goroutine 1 [running]:")


class Input(NamedTuple):
    """Records of one kind, and the envelope that has to be named for them."""

    name: str
    values: list[bytes]
    envelope: str | None = None
    bar: float = BAR_OTHERS
    keys: list[bytes] | None = None


class Batch(NamedTuple):
    """Records as parallel lists."""

    values: list[bytes]
    partitions: list[int]
    offsets: list[int]
    timestamps: list[int]
    keys: list[bytes] | None


def shipped(lines: list[tuple[bytes, bytes]], name: str) -> list[bytes]:
    """Return the lines in a shipper's envelope, each with its container's id."""
    values = (SHIPPERS[name].value(line, number) for number, (line, _) in enumerate(lines))
    return [value.replace(CONTAINER, id_) for value, (_, id_) in zip(values, lines, strict=True)]


def held(values: list[bytes]) -> list[bytes]:
    """Return the records with one trace open among them all the time."""

    def lines() -> Iterator[str]:
        yield from HELD
        while True:
            yield "main.handle(0x1)"
            yield "\t/srv/app/main.go:10 +0x1d"

    own = lines()
    out = []
    for number, value in enumerate(values):
        if number % 1000 == 0:
            seconds = START_MS / 1000 + number / 20_000
            members = {"log": next(own), "time": seconds, "kubernetes": {"docker_id": "held"}}
            out.append(orjson.dumps(members))
        out.append(value)
    return out


def batches(kind: Input) -> list[Batch]:
    """Return the records as a consumer hands them on."""
    made = []
    for start in range(0, len(kind.values), BATCH):
        end = start + BATCH
        values, keys = kind.values[start:end], kind.keys[start:end] if kind.keys else None
        offsets = list(range(start, start + len(values)))
        made.append(Batch(values, [0] * len(values), offsets, [START_MS + n // 20 for n in offsets], keys))
    return made


def detected(records: list[Batch], envelope: str | None = None) -> list[bytes]:
    """Feed the batches; return the crashes."""
    detector = Detector(envelopes=[(TOPIC, envelope)] if envelope else None)
    crashes: list[bytes] = []
    for batch in records:
        found = detector.feed(
            batch.values,
            topics=TOPIC,
            partitions=batch.partitions,
            offsets=batch.offsets,
            timestamps=batch.timestamps,
            keys=batch.keys,
        )
        crashes += found.crashes
    detector.take_lines()
    return crashes + detector.finish().crashes


def naive(values: list[bytes]) -> int:
    """Parse each record and search its line: what a script does; starts only."""
    return sum(NAIVE.search(json.loads(value)["log"]) is not None for value in values)


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the least CPU time of five runs: what other programs take from the cache only adds to it."""
    times = []
    for _ in range(RUNS):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def whole(corpus: Path | None, folder: Path, crashes: list[bytes]) -> str:
    """Say how many of the planted crashes were found as their texts alone give them."""
    told = Counter((crash["fingerprint"], crash["raw"]) for crash in map(orjson.loads, crashes))
    if corpus is None or not (folder / "mixed.expect").is_file():
        return f"{told.total()} crashes"
    samples = [row.split("\t")[0] for row in (folder / "mixed.expect").read_text().splitlines()]
    alone = [scan((corpus / sample).read_bytes()).crashes[0] for sample in samples]
    planted = Counter((crash["fingerprint"], crash["raw"]) for crash in alone)
    return f"{(planted & told).total()} of {planted.total()} whole, {told.total()} told"


def written(folder: Path) -> list[tuple[bytes, bytes]]:
    """Return the lines in the order of their records, each with the id of its container."""
    jsonl = folder / "mixed.jsonl"
    if not jsonl.is_file():
        lines = (folder / "mixed.txt").read_bytes().split(b"\n")[:-1]
        return [(line, b"%064x" % 7) for line in lines]
    records = map(orjson.loads, jsonl.read_bytes().splitlines())
    return [(r["log"].rstrip("\n").encode(), r["kubernetes"]["docker_id"].encode()) for r in records]


def inputs(folder: Path) -> Iterator[Input]:
    """Yield each kind of records."""
    lines = written(folder)
    jsonl = folder / "mixed.jsonl"
    records = jsonl.read_bytes().split(b"\n")[:-1] if jsonl.is_file() else shipped(lines, "docker")
    yield Input("mixed.jsonl", records, bar=BAR_FIRST)
    yield Input("the same, a trace held open", held(records))
    part = lines[:OTHERS]
    yield Input("CRI text, the container as key", shipped(part, "cri"), keys=[id_ for _, id_ in part])
    yield Input("Vector", shipped(part, "vector"))
    yield Input("OTLP protobuf", shipped(part, "otlp_proto"), "otlp_proto")


def measure(corpus: Path | None, folder: Path) -> bool:
    """Print a line for each input; return whether the bars are reached."""
    reached = True
    for kind in inputs(folder):
        records = batches(kind)
        seconds = cpu_seconds(partial(detected, records, kind.envelope))
        speed = len(kind.values) / 1e6 / seconds
        verdict = "ok" if speed >= kind.bar else "BELOW"
        print(f"{kind.name:<30} {speed:6.2f} M records/s of CPU, bar {kind.bar}: {verdict}")
        reached &= speed >= kind.bar
        if kind.bar == BAR_FIRST:
            reached &= first(kind, speed)
            print(f"{'':<30} {whole(corpus, folder, detected(records))}")
    return reached


def first(kind: Input, speed: float) -> bool:
    """Print what else is asked of the first input; return whether its bar is reached."""
    part = kind.values[:NAIVE_SLICE]
    script = len(part) / 1e6 / cpu_seconds(lambda: naive(part))
    times = speed / script
    print(f"{'':<30} {script:6.3f} M records/s json.loads and re ({times:.1f} times it, bar {BAR_RATIO:g})")
    return times >= BAR_RATIO
