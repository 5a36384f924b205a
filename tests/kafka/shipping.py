"""Sends a fleet's records to Kafka, and notes where its crashes begin."""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import orjson

from agents.records import Record
from agents.sending import BY_KEY, Sender
from pipeline.settings import KafkaSettings
from tests.kafka.fleet import Shipped
from tests.kafka.planted import Sample

FLUSH_S = 60
BEAT_S, LONGEST_BEAT_S = 0.01, 0.5


class Planted(NamedTuple):
    """A crash in the topic: the place of its first record, its file in the golden corpus, its fingerprint."""

    partition: int
    offset: int
    sample: str
    fingerprint: str


def planted(path: Path) -> list[Planted]:
    """Read what a sender has written."""
    return [Planted(*orjson.loads(line)) for line in path.read_bytes().splitlines()]


class Clock:
    """Nanoseconds since 1970; never the same twice, and never whole milliseconds."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self) -> int:
        """Return the time."""
        self._last = max(time.time_ns(), self._last + 1)
        self._last += not self._last % 1_000_000
        return self._last


def paced(records: Iterable[Shipped], rate: float) -> Iterator[list[Shipped]]:
    """Yield so many records a second, those of a beat at once; a beat that came late is not made up for."""
    left, last, due = iter(records), time.monotonic(), 0.0
    while True:
        time.sleep(BEAT_S)
        now = time.monotonic()
        due, last = due % 1 + min(now - last, LONGEST_BEAT_S) * rate, now
        batch = list(islice(left, int(due)))
        yield batch
        if len(batch) < int(due):
            return


class Shipper:
    """Sends records to a topic as long as its block lasts, and notes where crashes begin."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self.planted: list[Planted] = []
        self._topic = topic
        self._sender = Sender(KafkaSettings(bootstrap_servers=[bootstrap]))

    def __enter__(self) -> "Shipper":
        """Send."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hear no more of what has not arrived."""
        self._sender.__exit__()

    def send(self, records: Iterable[Shipped]) -> None:
        """Send them. Raises RuntimeError where one was refused."""
        for record in records:
            noted = partial(self._note, record.planted) if record.planted else None
            self._sender.send(self._topic, _record(record), noted=noted)
        if self._sender.refused:
            raise RuntimeError(f"records were refused: {self._sender.refused}")

    def finish(self) -> None:
        """Wait until all is there. Raises TimeoutError."""
        if self._sender.flush(FLUSH_S):
            raise TimeoutError(f"within {FLUSH_S} s not all records were in {self._topic}")
        self.send([])

    def write_planted(self, path: Path) -> None:
        """Write which crashes were planted, for `planted`."""
        path.write_bytes(b"".join(orjson.dumps(list(one)) + b"\n" for one in self.planted))

    def _note(self, sample: Sample, partition: int, offset: int) -> None:
        self.planted.append(Planted(partition, offset, sample.name, sample.fingerprint))


@contextmanager
def shipped(bootstrap: str, topic: str, batches: Iterable[Iterable[Shipped]]) -> Iterator[Shipper]:
    """Send records meanwhile; the block ends when all are there. What went wrong is raised then."""
    faults: list[BaseException] = []

    def send() -> None:
        try:
            for records in batches:
                shipper.send(records)
            shipper.finish()
        except BaseException as fault:  # raised in the other thread, below
            faults.append(fault)

    with Shipper(bootstrap, topic) as shipper:
        thread = threading.Thread(target=send, daemon=True)
        thread.start()
        yield shipper
        thread.join()
    for fault in faults:
        raise fault


def _record(shipped: Shipped) -> Record:
    return Record(None, BY_KEY, None, 0, shipped.key, None, shipped.value)
