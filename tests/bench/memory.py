"""Memory of a worker over time, at all the load that this machine can make."""

# ruff: noqa: T201  # a report on stdout is what this program is for

import itertools
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from pipeline.settings import Settings, TopicsSettings
from tests.bench.flood import flood
from tests.kafka.told import Progress
from tests.kafka.topics import create
from tests.kafka.worker import Worker, apply_topics, environment

PREFIX, LOGS, PARTITIONS = "memory.", "logs.memory", 4
KEPT = {"retention.bytes": str(1 << 30), "segment.bytes": str(64 << 20)}
EVERY_S, PARTS = 2.0, 10
BAR = 0.1


def measure(bootstrap: str, folder: Path, minutes: float) -> bool:
    """Print the memory of each tenth of the time; return whether it was flat behind the first."""
    settings = Settings(topics=TopicsSettings(prefix=PREFIX))
    variables = environment(bootstrap, PREFIX, detect_topics=LOGS, detect_start="beginning")
    create(bootstrap, LOGS, PARTITIONS, KEPT)
    apply_topics(variables)
    with (
        Worker("memory", "detect", variables, folder).running() as worker,
        flood(bootstrap, LOGS),
        closing(Progress(bootstrap, settings.detect_group, LOGS)) as progress,
    ):
        worker.wait_ready()
        taken = list(_taken(worker, minutes * 60))
        records = sum(progress.offsets().values())
    by_part = [statistics.mean(part) for part in parted(taken)]
    usual = statistics.mean(by_part[1:])
    off = max(abs(megabytes - usual) for megabytes in by_part[1:]) / usual
    print(f"memory of DETECT at {records / minutes / 60:,.0f} records/s, by tenths of {minutes:g} minutes:")
    print(f"  {', '.join(f'{megabytes:.0f}' for megabytes in by_part)} MB")
    print(f"  {off:.0%} off at most behind the first, bar {BAR:.0%}: {'ok' if off <= BAR else 'ABOVE'}")
    return off <= BAR


def parted(taken: list[float]) -> list[list[float]]:
    """Cut into tenths."""
    bounds = [len(taken) * part // PARTS for part in range(PARTS + 1)]
    return [taken[a:b] for a, b in itertools.pairwise(bounds)]


def _taken(worker: Worker, seconds: float) -> Iterator[float]:
    """Yield MB of resident memory, at even times."""
    end = time.monotonic() + seconds
    while worker.process and time.monotonic() < end:
        time.sleep(EVERY_S)
        words = ["ps", "-o", "rss=", "-p", str(worker.process.pid)]
        done = subprocess.run(words, capture_output=True, check=True, text=True)  # noqa: S603
        yield int(done.stdout) / 1024
