"""What the services of the demo write, line by line in order of time; the same for the same seed."""

import hashlib
import heapq
import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from operator import attrgetter
from random import Random
from typing import NamedTuple

from agents.demo.fleet import FLEET, NAMESPACE, NODES, Release, Service
from agents.demo.samples import Sample
from agents.demo.voices import ordinary
from agents.shippers.container import Container, Line

SEED = 1
START_S = 0.5  # in which the pods start
ROLL_S = 1.0  # between two pods that change their release
RESTART_S = (0.5, 2.0)  # after which a pod that crashed is back
CRASH_LINE_S = (0.00002, 0.0008)  # between two lines of a crash, in which others write


class Written(NamedTuple):
    """A line, `at` seconds after the start; the crash that it ends, empty for none."""

    at: float
    service: Service
    container: Container
    line: Line
    ends: str = ""


@dataclass(frozen=True)
class Pod:
    """A pod while it has one release, until `ends` seconds after the start."""

    service: Service
    release: Release
    number: int
    ends: float
    random: Random

    def container(self, restarts: int) -> Container:
        """Return its container after so many restarts."""
        name = f"{self.service.name}-{_digits(self.service.name, self.release.version)[:8]}"
        digits = _digits(name, self.number, restarts)
        pod = f"{name}-{_digits(name, self.number)[:5]}"
        return Container(
            id=digits,
            service=self.service.name,
            version=self.release.version,
            namespace=NAMESPACE,
            pod=pod,
            uid=_digits(pod)[:16],
            node=NODES[self.number % len(NODES)],
            restarts=restarts,
        )

    def next_crash(self) -> float:
        """Return seconds until it crashes again."""
        return self.random.expovariate(sum(self.release.crashes.values()) / self.service.pods / 60)

    def crash(self) -> str:
        """Return which crash it is."""
        crashes = self.release.crashes
        return self.random.choices(list(crashes), list(crashes.values()))[0]


class Script:
    """All lines of a fleet. Planted crashes are those of `samples`."""

    def __init__(
        self, samples: Mapping[str, Sample], start: int, until: float = math.inf, seed: int = SEED
    ) -> None:
        """`start` in ns since 1970; no crash begins later than `until` seconds after it."""
        self._samples, self._start, self._until, self._seed = samples, start, until, seed

    def lines(self, fleet: Sequence[Service] = FLEET) -> Iterator[Written]:
        """Yield them without end."""
        pods = [self._pod(service, number) for service in fleet for number in range(service.pods)]
        return heapq.merge(*pods, key=attrgetter("at"))

    def _pod(self, service: Service, number: int) -> Iterator[Written]:
        random = Random(f"{self._seed} {service.name} {number}")  # noqa: S311  # the same each time
        at = random.uniform(0, START_S)
        for release, ends in _spans(service, number):
            pod = Pod(service, release, number, ends, random)
            for restarts in count():
                if at >= ends:
                    break
                at = yield from self._life(pod, pod.container(restarts), at)
                at += random.uniform(*RESTART_S)

    def _life(self, pod: Pod, of: Container, at: float) -> Generator[Written, None, float]:
        """Yield the lines of one container; return when it ended."""
        numbers = count()
        name = pod.service.name

        def written(raw: bytes, ends: str = "") -> Written:
            line = Line(raw, self._start + int(at * 10**9), next(numbers))
            return Written(at, pod.service, of, line, ends)

        yield written(f"{name} {of.version} starts".encode())
        crash_at = at + pod.next_crash()
        while at < pod.ends:
            at += pod.random.expovariate(pod.service.rate)
            if at < crash_at or at > self._until:
                time = Line(b"", self._start + int(at * 10**9)).clock(3) + "Z"
                yield written(ordinary(name, pod.random, time))
                continue
            crash = pod.crash()
            *lines, last = self._samples[crash].lines
            for raw in lines:
                yield written(raw)
                at += pod.random.uniform(*CRASH_LINE_S)
            yield written(last, ends=crash)
            if self._samples[crash].is_fatal:
                break
            crash_at = at + pod.next_crash()
        return at


def crashes(fleet: Sequence[Service] = FLEET) -> list[str]:
    """Return the names of all crashes of a fleet."""
    return sorted({name for service in fleet for release in service.releases for name in release.crashes})


def _spans(service: Service, number: int) -> Iterator[tuple[Release, float]]:
    """Yield each release, and when this pod is taken down for the next one."""
    for release, following in pairwise([*service.releases, None]):
        if release:
            yield release, following.at + number * ROLL_S if following else math.inf


def _digits(*parts: object) -> str:
    return hashlib.sha256(" ".join(map(str, parts)).encode()).hexdigest()
