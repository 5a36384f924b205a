"""A tick: up to when a worker has told its source partitions, for those who wait until a time is over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from pipeline.block import UNNAMED

TICK = "tick"
LATENESS_S = 5  # what is written at one time comes within so long
BEHIND_S = 30  # a partition that is further behind the most advanced is not waited for
SILENT_S = 30  # a worker that sends nothing for so long is not waited for
AHEAD_S = 5  # of the broker that a record came to: a clock that says more is wrong
MS = 1_000


class Reached(NamedTuple):
    """The time before which all is told, in ms since 1970, and how many seconds the last partition lags."""

    watermark: int
    lag_s: float


def reached(times: Sequence[int]) -> Reached:
    """Return it for partitions of which all is told up to these times, in ms; of one or more."""
    first = max(times)
    awaited = min(time for time in times if first - time <= BEHIND_S * MS)
    return Reached(awaited - LATENESS_S * MS, (first - min(times)) / MS)


def goodbye(last: Mapping[str, Any], time: str) -> dict[str, Any]:
    """Return the tick of a worker that leaves in order, made of its last one: nobody waits for it then."""
    return {**last, "time": time, "leaves": True}


def tick(worker: str, time: str, watermark: str, lag_s: float) -> dict[str, Any]:
    """Return the record's value; `worker` names one run of a worker, times are UTC with nine digits."""
    return {
        "schema_version": 1,
        "kind": TICK,
        "service_name": None,
        "service_namespace": None,
        "environment": None,
        **UNNAMED,
        "watermark": watermark,
        "seconds": [],
        "time": time,
        "worker": worker,
        "lag_s": lag_s,
    }


def bounded(told: tuple[int, int, float], appended: int) -> tuple[int, int, float]:
    """Return what a tick told, with no time ahead of the second in which the broker wrote the tick down."""
    watermark, time, lag_s = told
    return min(watermark, appended + AHEAD_S), min(time, appended + AHEAD_S), lag_s


@dataclass(frozen=True)
class Clock:
    """The time of a partition of `vitals`, of the ticks in it; seconds since 1970.

    `workers`: what each told last: its watermark, the time by its own clock, by how much it is behind.
    `watermark` never goes back; None: no tick came yet.
    """

    workers: Mapping[str, tuple[int, int, float]] = field(default_factory=dict)
    watermark: int | None = None

    @cached_property
    def lag_s(self) -> float:
        """By how much the worst worker is behind: its partitions among each other, or all of them."""
        if self.watermark is None or not self.workers:
            return 0.0
        newest = max(time for _, time, _ in self.workers.values())
        behind = newest - self.watermark - LATENESS_S
        return float(max(behind, *(lag_s for *_, lag_s in self.workers.values()), 0))

    @cached_property
    def catching_up(self) -> bool:
        """Whether so much is behind that what seems to be over may not be."""
        return self.lag_s > BEHIND_S

    def ticked(self, worker: str, told: tuple[int, int, float]) -> "Clock":
        """Return the clock after a tick. Workers that sent none for long are waited for no more.

        Nor are those whose own clocks are as far ahead: one that ended would hold up the others until then.
        """
        workers, now = {**self.workers, worker: told}, told[1]
        heard = {name: one for name, one in workers.items() if abs(now - one[1]) <= SILENT_S}
        return self._of(heard)

    def left(self, worker: str) -> "Clock":
        """Return the clock after the goodbye of a worker."""
        return self._of({name: one for name, one in self.workers.items() if name != worker})

    def _of(self, workers: Mapping[str, tuple[int, int, float]]) -> "Clock":
        known = () if self.watermark is None else (self.watermark,)
        reached = min((watermark for watermark, *_ in workers.values()), default=None)
        return Clock(workers, max(known if reached is None else (*known, reached), default=None))

    def written(self) -> dict[str, Any]:
        """Return it as it stands in a row."""
        return {"workers": {name: list(one) for name, one in self.workers.items()}, "at": self.watermark}

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> "Clock":
        """Take it from a row."""
        return cls({name: tuple(one) for name, one in written["workers"].items()}, written["at"])
