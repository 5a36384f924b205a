"""A fleet of containers that write ordinary lines and crash, as the records that its shippers send."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

import orjson

from tests.accuracy.mutations import noise
from tests.kafka.planted import Sample, samples

SECOND = 1_000_000_000
LAST_LINES = 40  # ordinary ones behind a crash, more than it waits for
PIECE = 4  # lines of a crash that come at once, at most
RUN = 6  # lines that a shipper sends again, at most
AT_ONCE, AGAIN, ALL_AGAIN = (
    0.3,
    0.05,
    0.3,
)  # how often: a crash in one piece, some lines again, all of them again


class Shipped(NamedTuple):
    """A record: key and value, and the sample where it is the first line of a crash."""

    key: bytes
    value: bytes
    planted: Sample | None = None


class Container:
    """One writer; of its crash, `waiting` are the pieces still to come, `sent` the records that came."""

    def __init__(self, number: int) -> None:
        self.key = b"%064x" % (number * 0x9E3779B97F4A7C15 % (1 << 256))
        self._ships = _docker if number % 2 else _fluent_bit(number, self.key.decode())
        self.waiting: deque[list[bytes]] = deque()
        self.sent: list[bytes] = []

    def value(self, line: bytes, time: int) -> bytes:
        """Return the record that holds the line, written at `time` (ns since 1970)."""
        return self._ships(line.decode(), _clock(time))


class Fleet:
    """Containers of these numbers, whose lines come in turns.

    Records of even ones name their container and its pod, those of odd ones are told apart by their keys.
    `clock` gives ns since 1970 and never the same twice.
    """

    def __init__(self, random: Random, containers: Iterable[int], clock: Callable[[], int]) -> None:
        self.random, self._clock, self._lines = random, clock, 0
        self.containers = [Container(number) for number in containers]

    def turn(self, crashes: float) -> Iterator[Shipped]:
        """Let any container speak: of its crash; else it crashes (as often as `crashes` says), or not."""
        yield from self._spoken(self.random.choice(self.containers), crashes)

    def _spoken(self, container: Container, crashes: float) -> Iterator[Shipped]:
        if container.waiting:
            yield from self._piece(container)
        elif self.random.random() < crashes:
            yield from self._crash(container, self.sample(container))
        else:
            yield self.ordinary(container)

    def settle(self) -> Iterator[Shipped]:
        """End all crashes, and show by ordinary lines that they are over."""
        for container in self.containers:
            while container.waiting:
                yield from self._piece(container)
        for _ in range(LAST_LINES):
            yield from map(self.ordinary, self.containers)

    def ordinary(self, container: Container) -> Shipped:
        """Write a line that has nothing to do with a crash."""
        self._lines += 1
        return Shipped(container.key, container.value(noise(self._lines).rstrip(b"\n"), self._clock()))

    def mixed(self, lines: int, every: int) -> Iterator[Shipped]:
        """Write ordinary lines, and after so many a crash, up to two lines of others between its lines."""
        for number in range(lines):
            yield self.ordinary(self.random.choice(self.containers))
            if number % every == every - 1:
                container = self.random.choice(self.containers)
                yield from self._among_others(container, self.sample(container))

    def sample(self, _: Container, /) -> Sample:
        """Return the next crash of a container."""
        return self.random.choice(samples())

    def _among_others(self, own: Container, sample: Sample) -> Iterator[Shipped]:
        others = [container for container in self.containers if container is not own]
        for number, line in enumerate(sample.lines):
            yield Shipped(own.key, own.value(line, self._clock()), None if number else sample)
            for _ in range(self.random.randrange(3)):
                yield self.ordinary(self.random.choice(others))

    def _crash(self, container: Container, sample: Sample) -> Iterator[Shipped]:
        """Begin a crash: up to its first goroutine at once, as Go writes it, the rest in pieces."""
        at_once = self.random.random() < AT_ONCE
        ends = [len(sample.lines)] if at_once else list(self._ends(sample))
        container.waiting.extend(sample.lines[a:b] for a, b in zip([0, *ends], ends, strict=False))
        container.sent = []
        first, *rest = self._piece(container)
        yield from (first._replace(planted=sample), *rest)
        if at_once and self.random.random() < ALL_AGAIN:
            yield from _again(container, container.sent)

    def _ends(self, sample: Sample) -> Iterator[int]:
        end = sample.head
        while end < len(sample.lines):
            yield end
            end += self.random.randint(1, PIECE)
        yield len(sample.lines)

    def _piece(self, container: Container) -> Iterator[Shipped]:
        """Write the next lines of a crash; now and then the shipper sends the last ones again."""
        values = [container.value(line, self._clock()) for line in container.waiting.popleft()]
        container.sent += values
        yield from _again(container, values)
        if len(container.sent) > 1 and self.random.random() < AGAIN:
            yield from _again(container, container.sent[-self.random.randint(2, RUN) :])


def _again(container: Container, values: Iterable[bytes]) -> Iterator[Shipped]:
    return (Shipped(container.key, value) for value in values)


def _docker(line: str, time: str) -> bytes:
    return orjson.dumps({"log": line + "\n", "stream": "stderr", "time": time})


def _fluent_bit(number: int, container_id: str) -> Callable[[str, str], bytes]:
    kubernetes: dict[str, Any] = {
        "pod_name": f"shop-{number}",
        "namespace_name": "prod",
        "container_name": f"service-{number % 7}",
        "docker_id": container_id,
    }

    def ships(line: str, time: str) -> bytes:
        members = {"time": time, "stream": "stderr", "_p": "F", "log": line, "kubernetes": kubernetes}
        return orjson.dumps(members)

    return ships


def _clock(time: int) -> str:
    return f"{second(time // SECOND)}.{time % SECOND:09d}Z"


@lru_cache(maxsize=8)
def second(seconds: int) -> str:
    """Return a second since 1970 as records write it, without zone."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
