"""Memory of a worker over time, at all the load that this machine can make."""

# ruff: noqa: T201  # a report on stdout is what this program is for

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
EVERY_S, WARM = 5.0, 0.2  # the first fifth is not counted
BAR = 0.1


def measure(bootstrap: str, folder: Path, minutes: float) -> bool:
    """Print least, usual and most memory; return whether it was flat."""
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
    counted = taken[int(len(taken) * WARM) :]
    usual = statistics.median(counted)
    off = max(max(counted) - usual, usual - min(counted)) / usual
    print(f"memory of DETECT over {minutes:g} minutes, {records / minutes / 60:,.0f} records/s:")
    print(f"  {min(counted):.0f} to {max(counted):.0f} MB, usually {usual:.0f}")
    print(f"  {off:.0%} off at most, bar {BAR:.0%}: {'ok' if off <= BAR else 'ABOVE'}")
    return off <= BAR


def _taken(worker: Worker, seconds: float) -> Iterator[float]:
    """Yield MB of resident memory, at even times."""
    end = time.monotonic() + seconds
    while worker.process and time.monotonic() < end:
        time.sleep(EVERY_S)
        words = ["ps", "-o", "rss=", "-p", str(worker.process.pid)]
        done = subprocess.run(words, capture_output=True, check=True, text=True)  # noqa: S603
        yield int(done.stdout) / 1024
