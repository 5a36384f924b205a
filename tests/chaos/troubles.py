"""A fleet of services that are in trouble by turns: rules about them wait, fire, recover, and fire again."""

from collections.abc import Callable, Iterator
from random import Random
from typing import NamedTuple

import orjson

from tests.kafka.fleet import SECOND, Container, Shipped
from tests.kafka.new_bugs import NewBugs, bug
from tests.kafka.planted import Sample

SERVICES, PODS = 7, 5
CYCLE_S, APART_S = 60, 8  # each service goes through this, one begins after the other
IN_TROUBLE, BRIEFLY = range(6, 34), range(44, 50)  # seconds of the cycle
SILENT, MUTE = range(34, 60), 0  # when the one service writes nothing that is so
NEW = 0.2  # of the crashes may be new bugs
OLD = 12  # bugs that all others are of
COLLECTS = 0.12  # of the other lines
LIVE_MB, CALM_MB, BUSY_MB = 4, 8, 44  # heaps behind a collection, and before one
ROLLOUT_S = 120  # a release
GC = (
    "gc {number} @{at:.3f}s 1%: 0.02+0.51+0.01 ms clock, 0.2+0.1/0.4/0.2+0.1 ms cpu,"
    " {heap}->{heap}->{live} MB, {heap} MB goal, 0 MB stacks, 0 MB globals, 8 P"
)


class Moment(NamedTuple):
    """Where a service is in its cycle, in seconds."""

    service: int
    at: int

    @property
    def is_bad(self) -> bool:
        """Whether it crashes, and allocates much."""
        return self.at in IN_TROUBLE or self.at in BRIEFLY

    @property
    def is_silent(self) -> bool:
        """Whether it writes nothing."""
        return self.service == MUTE and self.at in SILENT


class Pod(Container):
    """A container of a service; `release` is what it runs, `collected` how often its memory was cleared."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.service, self.release, self.collected = number % SERVICES, "v1", 0
        self._name, self._ships = f"shop-{number}", self._shipped

    def _shipped(self, line: str, time: str) -> bytes:
        kubernetes = {
            "pod_name": self._name,
            "namespace_name": "prod",
            "container_name": f"service-{self.service}",
            "docker_id": self.key.decode(),
            "labels": {"app.kubernetes.io/version": self.release},
        }
        return orjson.dumps({"time": time, "stream": "stderr", "log": line, "kubernetes": kubernetes})


class Troubled(NewBugs):
    """Pods of services; `clock` gives ns since 1970, in which all happens."""

    def __init__(self, random: Random, clock: Callable[[], int]) -> None:
        super().__init__(random, (), clock)
        self._begun = clock()
        self._pods = {pod.key: pod for pod in map(Pod, range(SERVICES * PODS))}
        self.containers.extend(self._pods.values())

    def turn(self, crashes: float) -> Iterator[Shipped]:
        """Let any pod speak that does; those of a service in trouble crash as often as `crashes` says."""
        container = self.random.choice(self.containers)
        now = self._moment(self._pods[container.key])
        if container.waiting or not now.is_silent:
            yield from self._spoken(container, crashes if now.is_bad else 0.0)

    def ordinary(self, container: Container) -> Shipped:
        """Write a line that has nothing to do with a crash."""
        if self.random.random() >= COLLECTS:
            return super().ordinary(container)
        return Shipped(
            container.key, container.value(self._collection(self._pods[container.key]), self._clock())
        )

    def sample(self, container: Container, /) -> Sample:
        """Return the next crash of a pod: of few bugs, most times."""
        if self.random.random() < NEW:
            return super().sample(container)
        return bug(1 + self.random.randrange(OLD), 0)

    def _moment(self, pod: Pod) -> Moment:
        since = (self._clock() - self._begun) // SECOND
        return Moment(pod.service, (since - APART_S * pod.service) % CYCLE_S)

    def _collection(self, pod: Pod) -> bytes:
        pod.collected += 1
        at = (self._clock() - self._begun) / SECOND
        pod.release = f"v{1 + at // ROLLOUT_S:.0f}"
        heap = BUSY_MB if self._moment(pod).is_bad else CALM_MB
        return GC.format(number=pod.collected, at=at, heap=heap, live=LIVE_MB).encode()
