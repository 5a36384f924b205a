"""How soon TRACK works again after a SIGKILL: with nothing but Kafka, and with its rows on disk."""

# ruff: noqa: T201  # a report on stdout is what this program is for

import re
import time
from pathlib import Path
from typing import NamedTuple

from confluent_kafka import Producer

from tests.bench.rows import changelog
from tests.kafka.topics import QUEUED, until
from tests.kafka.worker import Worker, apply_topics, environment

PARTITIONS = 12
FIRST_S = 900  # for the first start, which reads all from Kafka and is not judged
READ = re.compile(r"read \d+ changes of fingerprints in ([\d.]+) s")
MADE = re.compile(r"made the clusters of (\d+) fingerprints in ([\d.]+) s")

RESIDENT = re.compile(r"^process_resident_memory_bytes (\S+)", re.MULTILINE)


class Kind(NamedTuple):
    """Where rows are kept, and within how many seconds the worker has to be ready."""

    store: str
    bar_s: float


MEMORY, DISK = Kind("memory://", 30.0), Kind("rocksdb://", 60.0)


def measure(bootstrap: str, folder: Path, from_kafka: int, on_disk: int) -> bool:
    """Print the seconds of so many rows each; return whether both bars are reached."""
    cases = ((MEMORY, from_kafka), (DISK, on_disk))
    reached = [_restarted(bootstrap, folder, kind, rows) for kind, rows in cases if rows]
    return all(reached)


def _restarted(bootstrap: str, folder: Path, kind: Kind, rows: int) -> bool:
    prefix = f"{kind.store.removesuffix('://')}."
    settings = {"track_store": kind.store, "track_data_dir": folder / "rows", "topics_partitions": PARTITIONS}
    variables = environment(bootstrap, prefix, **settings)
    apply_topics(variables)
    size = _fill(bootstrap, f"{prefix}track-fingerprints-changelog", rows)
    with Worker(prefix.strip("."), "track", variables, folder).running() as worker:
        first = _ready(worker, rows, FIRST_S)
        worker.kill()
        worker.start()
        again = _ready(worker, rows, FIRST_S)
        resident = float(RESIDENT.findall(worker.get("/metrics").decode())[0]) / 1e9
        disk = sum(file.stat().st_size for file in (folder / "rows").rglob("*") if file.is_file())
    print(f"{rows:,} fingerprints in {kind.store}, rows of {size:.0f} bytes:")
    print(f"  {disk / 1e9:.2f} GB on disk, {resident:.2f} GB of memory")
    print(f"  first start      {first}")
    print(
        f"  after a SIGKILL  {again}, bar {kind.bar_s:g} s: {'ok' if again.total < kind.bar_s else 'ABOVE'}"
    )
    return again.total < kind.bar_s


class Start(NamedTuple):
    """Seconds from a start until the worker was ready; until its rows were read, and its clusters made."""

    total: float
    read: float
    made: float

    def __str__(self) -> str:
        """Tell the phases."""
        joined = self.total - self.read - self.made
        return (
            f"ready after {self.total:.1f} s: started and in the group {joined:.1f} s, "
            f"rows read {self.read:.1f} s, clusters made {self.made:.1f} s"
        )


def _ready(worker: Worker, rows: int, patience_s: float) -> Start:
    """Wait until a worker that was just started is ready with all rows. Raises TimeoutError."""
    begun, seen = time.monotonic(), worker.log.stat().st_size

    def ready() -> bool:
        assert worker.code is None, worker.log.read_text()
        told = worker.readiness()
        return bool(told.get("ready")) and told["roles"][0]["facts"]["rows"] == rows

    until(ready, patience_s, f"worker with {rows:,} rows that is ready")
    total = time.monotonic() - begun
    told = worker.log.read_text()[seen:]
    fingerprints, made = MADE.findall(told)[-1]
    assert int(fingerprints) == rows
    return Start(total, float(READ.findall(told)[-1]), float(made))


def _fill(bootstrap: str, topic: str, rows: int) -> float:
    """Write the rows to the changelog; return how many bytes one has, in the mean."""
    producer = Producer({"bootstrap.servers": bootstrap, "compression.type": "lz4", "linger.ms": 50})
    written = 0
    for row in changelog(rows, PARTITIONS):
        while len(producer) > QUEUED:
            producer.poll(0.1)
        producer.produce(topic, row.value, row.key, row.partition)
        written += len(row.value)
    assert producer.flush(FIRST_S) == 0
    return written / rows
