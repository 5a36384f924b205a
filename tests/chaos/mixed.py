"""Many containers, a crash now and then, workers that come and go: each crash is told, as `scan` tells it."""

import base64
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random
from typing import NamedTuple

import orjson

from pipeline.settings import Settings, TopicsSettings
from tests.chaos.verdict import Clause, crashes, repeats
from tests.command import panicstream
from tests.kafka.fleet import Fleet, Shipped
from tests.kafka.shipping import Clock, paced, shipped
from tests.kafka.told import Progress, Told, Value, told
from tests.kafka.topics import create, drain, until
from tests.kafka.worker import Worker, apply_topics, environment

CONTAINERS, PARTITIONS = range(0, 700, 2), 8
FINISH_S = 120
# What three workers do while records come, in steps of equal length.
STEPS = ("start 0", "start 1", "stop 0", "start 2", "start 0", "stop 1", "stop 2", "start 1")

# When it was seen; and the id, which is derived from the id of the topic, where `scan` knows its name only.
UNKNOWN = {"observed_time": None, "id": None}


class Mix(NamedTuple):
    """So many ordinary lines, after so many of them a crash, so many records a second."""

    lines: int
    every: int
    rate: float


FULL = Mix(lines=1_000_000, every=2_000, rate=20_000)


def mixed(bootstrap: str, prefix: str, mix: Mix, folder: Path) -> list[Clause]:
    """Return what must hold and what was found. Raises TimeoutError where the workers do not finish."""
    topic, settings = f"{prefix}logs", Settings(topics=TopicsSettings(prefix=prefix))
    variables = environment(bootstrap, prefix, detect_topics=topic, detect_start="beginning")
    create(bootstrap, topic, PARTITIONS)
    apply_topics(variables)
    workers = [Worker(f"detect-{number}", "detect", variables, folder) for number in range(3)]
    with ExitStack() as stack, closing(Progress(bootstrap, settings.detect_group, topic)) as progress:
        for worker in workers:
            stack.callback(worker.close)
        with shipped(bootstrap, topic, _batches(mix)) as shipper:
            codes = list(_come_and_go(workers, mix.lines / mix.rate / len(STEPS)))
        until(lambda: not progress.behind(), FINISH_S, "end of reading")
        codes += [worker.stop() for worker in workers if worker.code is None]
    panics, faults = told(bootstrap, settings.topic("panics")), [code for code in codes if code]
    return [
        Clause("workers that did not end with 0", 0, len(faults), faults),
        *crashes(shipper.planted, [one.value for one in panics]),
        *repeats(panics, []),
        _as_scanned(bootstrap, topic, panics, folder / "records.jsonl"),
    ]


def _batches(mix: Mix) -> Iterator[Iterable[Shipped]]:
    fleet = Fleet(Random(1), CONTAINERS, Clock())  # noqa: S311  # records that can be had again
    yield from paced(fleet.mixed(mix.lines, mix.every), mix.rate)
    yield fleet.settle()


def _come_and_go(workers: list[Worker], pause: float) -> Iterator[int]:
    """Start and stop workers; yield their exit codes."""
    for step in STEPS:
        act, number = step.split()
        worker = workers[int(number)]
        if act == "start":
            worker.start()
        else:
            yield worker.stop()
        time.sleep(pause)


def _as_scanned(bootstrap: str, topic: str, panics: list[Told], path: Path) -> Clause:
    """Compare all fields with what `scan` finds in the same records, but for those that it cannot know."""
    with path.open("wb") as file:
        file.writelines(_dumped(bootstrap, topic))
    documents = panicstream("scan", "--records", "--json", str(path)).output.splitlines()
    path.unlink()
    scanned = {_place(one): one | UNKNOWN for one in map(orjson.loads, documents)}
    ours = {_place(one.value): one.value | UNKNOWN for one in panics}
    unlike = [
        (place, _differing(scanned.get(place, {}), ours.get(place, {})))
        for place in sorted({*scanned, *ours})
        if scanned.get(place) != ours.get(place)
    ]
    return Clause("crashes whose fields are not those of `scan --records`", 0, len(unlike), unlike)


def _dumped(bootstrap: str, topic: str) -> Iterator[bytes]:
    for one in drain(bootstrap, topic):
        record = {
            "topic": topic,
            "partition": one.partition,
            "offset": one.offset,
            "record_timestamp_ms": one.timestamp_ms,
            "key_b64": base64.b64encode(one.key or b"").decode(),
            "value_b64": base64.b64encode(one.value or b"").decode(),
        }
        yield orjson.dumps(record) + b"\n"


def _place(crash: Value) -> tuple[int, int]:
    return crash["source_partition"], crash["source_first_offset"]


def _differing(one: Value, other: Value) -> list[str]:
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))
