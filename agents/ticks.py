"""Ticks of DETECT: once a second it says to every partition of `vitals` up to when all is told.

Nobody waits for one: they go beside the blocks, and where brokers do not take them they are left out. Time is
that of the brokers, as soon as they told it: the clock of this machine may be wrong.
"""

import time
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from agents.assigned import Assigned, Assignment, Cut
from agents.feed import MS_NS, Feed
from agents.outbox import Outbox, Outgoing
from agents.telling import Telling
from agents.times import utc
from pipeline.event_time import seconds
from pipeline.settings import Settings
from pipeline.ticks import AHEAD_S, MS, goodbye, reached, tick

INTERVAL_S = 1.0
SILENT_S = 10.0  # a partition that gave nothing for so long is told up to now


class Ticks:
    """Sends them, and keeps up to when each partition is told."""

    def __init__(self, settings: Settings, feed: Feed, telling: Telling, outbox: Outbox, run: str) -> None:
        """`run` names this run of the worker."""
        self._feed, self._telling, self._outbox, self._run = feed, telling, outbox, run
        self._topic, self._partitions = settings.topic("vitals"), range(settings.topics.partitions)
        self._sent = time.monotonic()
        self._last: dict[str, Any] | None = None

    def told(self, cuts: Iterable[Cut]) -> None:
        """Take note of blocks that are told."""
        for cut in cuts:
            if cut.block.watermark:
                _advance(cut.assigned, seconds(cut.block.watermark) * 1_000)

    def look(self, assigned: Assigned, *, is_known_silent: bool) -> None:
        """Let the time of a partition go on of which nothing is left to tell."""
        if assigned.is_told and not self._telling.tells(assigned):
            is_silent = is_known_silent and time.monotonic() - assigned.read_at > SILENT_S
            now = self._now_ms() if is_silent else self._feed.clock_ms(assigned)
            _advance(assigned, now or 0)

    def is_due(self) -> bool:
        """Return whether it is time for one."""
        return time.monotonic() - self._sent >= INTERVAL_S

    def send(self, assignment: Assignment) -> None:
        """Send one; none where no time of any partition is known."""
        self._sent, now = time.monotonic(), self._now_ms()
        times = [self._believed_ms(assigned.told_ms) for assigned in assignment if assigned.told_ms]
        if times:
            watermark, lag_s = reached(times)
            self._last = tick(self._run, utc(now * MS_NS), utc(watermark * MS_NS), lag_s)
            self._outbox.send_beside(self._outgoing(self._last))
        else:
            self.leave()

    def leave(self) -> None:
        """Say that nobody need wait: all is told, or in the hands of others."""
        if self._last:
            self._outbox.send(self._outgoing(goodbye(self._last, utc(self._now_ms() * MS_NS))))
        self._last = None

    def _outgoing(self, value: dict[str, Any]) -> Iterator[Outgoing]:
        written = orjson.dumps(value)
        return (Outgoing(self._topic, b"", written, partition=number) for number in self._partitions)

    def _believed_ms(self, told_ms: int) -> int:
        """Return a time of records, which clocks of others wrote, no later than the brokers' allow."""
        now = self._outbox.brokers_ms
        return told_ms if now is None else min(told_ms, now + AHEAD_S * MS)

    def _now_ms(self) -> int:
        told = self._outbox.brokers_ms
        return time.time_ns() // MS_NS if told is None else told


def _advance(assigned: Assigned, ms: int) -> None:
    assigned.told_ms = max(assigned.told_ms, ms)
