"""DETECT beside a raw drain, a loop and a Faust agent on the same topic, per CPU second."""

# ruff: noqa: T201  # a report on stdout is what this program is for

import itertools
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import NamedTuple

import orjson

from pipeline.settings import Settings, TopicsSettings
from tests.bench.readers import Spent
from tests.kafka.fleet import Fleet, Shipped
from tests.kafka.shipping import Clock, Shipper
from tests.kafka.told import Progress
from tests.kafka.topics import create, until
from tests.kafka.worker import Worker, apply_topics, environment

LOGS, EMPTY = "logs.bench", "logs.empty"
PARTITIONS, CONTAINERS, EVERY = 4, range(0, 700, 2), 2000  # a crash after so many lines: 0.05 %
FAUST_SHARE = 30  # Faust reads a part, and is taken to be as fast on the rest
PATIENCE_S = 600
BARS = {"drain": 0.45, "faust": 35.0, "loop": 3.0}
CALLED = {
    "detect": "DETECT, to the last commit; wall with its start",
    "drain": "raw consume()",
    "loop": "consume(), orjson and re",
    "faust": f"Faust agent, orjson and re, 1 of {FAUST_SHARE} records",
}


class Bench(NamedTuple):
    """A topic with so many records."""

    bootstrap: str
    records: int
    folder: Path

    def fill(self) -> None:
        """Write the topic, and one that is empty."""
        create(self.bootstrap, LOGS, PARTITIONS)
        create(self.bootstrap, EMPTY, PARTITIONS)
        with Shipper(self.bootstrap, LOGS) as shipper:
            shipper.send(mixed(self.records))
            shipper.finish()

    def reader(self, name: str) -> Spent:
        """Read with one of the readers beside us; return what a million records take."""
        records = self.records // FAUST_SHARE if name == "faust" else self.records
        words = [sys.executable, "-m", "tests.bench.readers", name, self.bootstrap, LOGS, str(records)]
        done = subprocess.run(words, check=True, stdout=subprocess.PIPE, timeout=PATIENCE_S)  # noqa: S603
        return per_million(Spent(*orjson.loads(done.stdout)), records)

    def detect(self, round_: int) -> Spent:
        """Let a worker read all; CPU without that of a worker that has nothing to read, wall with it."""
        start, whole = self._worker(f"start{round_}.", EMPTY), self._worker(f"whole{round_}.", LOGS)
        return per_million(whole._replace(cpu=whole.cpu - start.cpu), self.records)

    def _worker(self, prefix: str, topic: str) -> Spent:
        variables = environment(self.bootstrap, prefix, detect_topics=topic, detect_start="beginning")
        apply_topics(variables)
        cpu, wall = children(), time.monotonic()
        with Worker("bench", "detect", variables, self.folder).running() as worker:
            if topic == EMPTY:
                worker.wait_ready()
            else:
                self._wait_read(prefix, topic)
            wall = time.monotonic() - wall
            worker.stop()
        return Spent(children() - cpu, wall)

    def _wait_read(self, prefix: str, topic: str) -> None:
        """Wait for the end from outside: to answer us would cost the worker CPU."""
        group = Settings(topics=TopicsSettings(prefix=prefix)).detect_group
        with closing(Progress(self.bootstrap, group, topic)) as progress:
            until(lambda: not progress.behind(), PATIENCE_S, "end of reading")


def mixed(records: int) -> Iterator[Shipped]:
    """Yield so many records of many containers that crash now and then."""
    fleet = Fleet(Random(1), CONTAINERS, Clock())  # noqa: S311  # records that can be had again
    return itertools.islice(fleet.mixed(records, EVERY), records)


def children() -> float:
    """Return the CPU seconds of the processes that we started and that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def per_million(spent: Spent, records: int) -> Spent:
    """Return what a million records take."""
    return Spent(*(seconds * 1e6 / records for seconds in spent))


def measure(bootstrap: str, folder: Path, records: int, rounds: int) -> bool:
    """Print what each takes, the best of so many rounds in turns; return whether the bars are reached."""
    bench = Bench(bootstrap, records, folder)
    bench.fill()
    best: dict[str, Spent] = {}
    for round_, name in itertools.product(range(rounds), CALLED):
        spent = bench.detect(round_) if name == "detect" else bench.reader(name)
        best[name] = min(best.get(name, spent), spent)
        print(f"round {round_ + 1}: {name} {spent.cpu:.2f} s of CPU", file=sys.stderr)
    for name, spent in best.items():
        print(f"{CALLED[name]:<48} {spent.cpu:7.2f} s of CPU a million records, {spent.wall:7.2f} s")
    reached = [_reached(name, best[name].cpu / best["detect"].cpu) for name in BARS]
    return all(reached)


def _reached(name: str, ratio: float) -> bool:
    verdict = "ok" if ratio >= BARS[name] else "BELOW"
    print(
        f"DETECT beside {name:<34} {ratio:7.2f} times as fast per CPU second, bar {BARS[name]:g}: {verdict}"
    )
    return ratio >= BARS[name]
