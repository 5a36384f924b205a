"""Sends a fleet's records to Kafka, and notes where its crashes begin."""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import orjson
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from tests.kafka.fleet import Shipped
from tests.kafka.planted import Sample

QUEUED = 20_000  # records that wait for brokers, at most
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


class Sender:
    """Sends records to a topic and notes where crashes begin."""

    def __init__(self, bootstrap: str, topic: str, linger_ms: int = 10) -> None:
        self.planted: list[Planted] = []
        self._topic, self._refused = topic, list[KafkaError]()
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,  # without it, a broker's death puts records into another order
                "partitioner": "murmur2_random",
                "compression.type": "lz4",
                "linger.ms": linger_ms,
                "log_level": 0,
            }
        )

    def send(self, records: Iterable[Shipped]) -> None:
        """Send them. Raises KafkaException where one was refused."""
        for record in records:
            while len(self._producer) > QUEUED:
                self._producer.poll(0.1)
            told = self._noted(record.planted) if record.planted else self._told
            self._producer.produce(self._topic, record.value, record.key, on_delivery=told)
        self._producer.poll(0)
        if self._refused:
            raise KafkaException(self._refused[0])

    def finish(self) -> None:
        """Wait until all is there. Raises TimeoutError."""
        if self._producer.flush(FLUSH_S):
            raise TimeoutError(f"within {FLUSH_S} s not all records were in {self._topic}")
        self.send([])

    def write_planted(self, path: Path) -> None:
        """Write which crashes were planted, for `planted`."""
        path.write_bytes(b"".join(orjson.dumps(list(one)) + b"\n" for one in self.planted))

    def _told(self, error: KafkaError | None, _: Message) -> None:
        if error:
            self._refused.append(error)

    def _noted(self, sample: Sample) -> Callable[[KafkaError | None, Message], None]:
        def told(error: KafkaError | None, record: Message) -> None:
            self._told(error, record)
            place = record.partition() or 0, record.offset() or 0
            self.planted.append(Planted(*place, sample.name, sample.fingerprint))

        return told
