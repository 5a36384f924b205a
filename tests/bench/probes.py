"""Crashes that are sent one by one, each timed from its last line until it can be read in `panics`."""

# ruff: noqa: T201  # a report on stdout is what this program is for

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple
from uuid import uuid4

import orjson
from confluent_kafka import OFFSET_END, Consumer, Producer, TopicPartition

from tests.kafka.fleet import Container
from tests.kafka.planted import one
from tests.kafka.shipping import Clock
from tests.kafka.topics import PATIENCE_S, until

FIRST = 1 << 20  # containers of probes are none of a load's
WAIT_S = 0.05
LAST_S = 20  # for the last of them


class Probe(NamedTuple):
    """A crash on a partition: when its last line was sent and when it was read, on the monotonic clock."""

    partition: int
    sent: float
    read: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.read - self.sent


class Probes:
    """Sends and times them; make it with `probing`."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self.read: list[Probe] = []
        self.known: set[str] = set()
        self._topic, self._clock, self._number = topic, Clock(), FIRST
        self._sent: dict[str, tuple[int, float]] = {}
        self._producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 0})

    @property
    def unread(self) -> int:
        """How many cannot be read yet."""
        return len(self._sent)

    def send(self, partition: int) -> None:
        """Let a container crash for the only time."""
        self._number += 2  # the records of even ones name their container
        container = Container(self._number)
        for line in one().lines:
            value = container.value(line, self._clock())
            self._sent[container.key.decode()] = partition, time.monotonic()
            self._producer.produce(self._topic, value, container.key, partition)
        self._producer.poll(0)

    def send_for(self, seconds: float, every: float, partitions: int) -> None:
        """Send one each `every` seconds, to one partition after the other."""
        for number in range(int(seconds / every)):
            self.send(number % partitions)
            time.sleep(every)

    def measure(self, warm_s: float, seconds: float, every: float, partitions: int) -> None:
        """Send and time for so many seconds, after others that warm up and do not count."""
        self.send_for(warm_s, every, partitions)
        self.wait()
        self.forget()
        self.send_for(seconds, every, partitions)
        self.wait()

    def forget(self) -> None:
        """Begin anew; those that cannot be read yet are still waited for."""
        self.read.clear()

    def wait(self) -> None:
        """Wait until all are read, but not for ever."""
        self._producer.flush(PATIENCE_S)
        with suppress(TimeoutError):
            until(lambda: not self._sent, LAST_S, "record of all")

    def take(self, value: bytes) -> None:
        """Take a record of `panics`."""
        now, stream = time.monotonic(), orjson.loads(value)["stream_id"]
        if stream in self._sent:
            self._note(stream, now)

    def _note(self, name: str, now: float) -> None:
        self.known.add(name)
        self.read.append(Probe(*self._sent.pop(name), now))


@contextmanager
def probing(bootstrap: str, topic: str, panics: str, make: type[Probes] = Probes) -> Iterator[Probes]:
    """Read `panics` as long as the block lasts; or another topic, where `make` knows what stands there."""
    probes, over = make(bootstrap, topic), threading.Event()
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"bench-{uuid4().hex}",  # never joined
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 10,
        }
    )
    partitions = consumer.list_topics(panics, timeout=PATIENCE_S).topics[panics].partitions
    consumer.assign([TopicPartition(panics, partition, OFFSET_END) for partition in partitions])

    def read() -> None:
        while not over.is_set():
            record = consumer.poll(WAIT_S)
            if record and not record.error():
                probes.take(record.value() or b"{}")

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        yield probes
    finally:
        over.set()
        thread.join()
        consumer.close()


def percentile(probes: list[Probe], share: float) -> float:
    """Return the seconds within which such a share of them was read."""
    seconds = sorted(probe.seconds for probe in probes)
    return seconds[min(len(seconds) - 1, int(len(seconds) * share))]


def is_reached(probes: Probes, title: str, bar_s: float) -> bool:
    """Print the percentiles; return whether 99 % were read within the bar, and all of them."""
    p50, p99, most = (percentile(probes.read, share) for share in (0.5, 0.99, 1.0))
    reached = p99 < bar_s and not probes.unread
    print(f"{title}:")
    print(f"  of {len(probes.read)}, {probes.unread} unread: p50 {p50:.3f} s, most {most:.3f} s")
    print(f"  p99 {p99:.3f} s, bar {bar_s:g} s: {'ok' if reached else 'ABOVE'}")
    return reached
