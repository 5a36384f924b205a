"""What DETECT says of itself: metrics and readiness."""

import logging
import time
from collections import Counter, deque
from collections.abc import Iterable, Sequence

from agents.assigned import Assignment, Cut, Place
from agents.brokers import Brokers
from agents.feed import Feed
from agents.metrics import Metrics
from agents.outputs import Outputs
from agents.role import FaultError, Readiness
from agents.times import seconds_of
from pipeline._native import Batch
from pipeline.sightings import Crash

LOG = logging.getLogger(__name__)

STALE_S = 30.0  # a block that waits for longer is in the way
RATIO_RECORDS = 10_000  # the last ones, of which the share without a line is taken
RATIO_AT_LEAST = 1_000  # fewer say nothing


class UnreadRatio:
    """Stops the worker where most records hold no line: that is a bad deploy, not a bad record."""

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._batches: deque[tuple[int, int]] = deque()
        self._records = self._unread = 0

    def add(self, batches: Iterable[Batch]) -> None:
        """Count batches. Raises FaultError above the limit."""
        for batch in batches:
            if not batch.records:
                continue
            self._batches.append((batch.records, len(batch.unread)))
            self._records += batch.records
            self._unread += len(batch.unread)
            while self._batches and self._records - self._batches[0][0] >= RATIO_RECORDS:
                records, unread = self._batches.popleft()
                self._records -= records
                self._unread -= unread
        if self._records >= RATIO_AT_LEAST and self._unread > self._limit * self._records:
            raise FaultError(
                f"{self._unread} of the last {self._records} records hold no line (detect.deadletter_ratio): "
                "`panicstream deadletters list` shows why"
            )


class Report:
    """Tells metrics, once a second, and keeps the readiness."""

    def __init__(self, metrics: Metrics, outputs: Outputs) -> None:
        self._metrics, self._outputs = metrics, outputs
        self._shown: set[Place] = set()
        self._spread: set[str] = set()
        self._held: dict[Place, tuple[int, float]] = {}
        self._committed: float | None = None
        self._errors: Counter[str] = Counter()
        self._abbreviated = self._fitted = 0
        self.readiness = Readiness(["no partition was assigned yet"])

    def take(self, feed: Feed, assignment: Assignment, brokers: Brokers, waits_s: float) -> None:
        """Report what was read since the last call, and how things stand.

        `waits_s`: for so long a block has waited for the brokers.
        """
        metrics = self._metrics
        for topic, records in feed.take_records().items():
            metrics.records.labels(topic).inc(records)
        for kind, errors in (brokers.errors - self._errors).items():
            metrics.kafka_errors.labels(kind).inc(errors)
        self._errors = brokers.errors.copy()
        metrics.brokers_down.set(brokers.are_down)
        metrics.reading_paused.set(feed.is_paused)
        metrics.assigned_partitions.set(len(assignment))
        self._forget_others(assignment)
        for assigned in assignment:
            place = assigned.topic, str(assigned.partition)
            metrics.open_traces.labels(*place).set(feed.open_traces(assigned))
        now = time.time()
        for (topic, partition), (_, since) in self._held.items():
            metrics.hold_back_seconds.labels(topic, str(partition)).set(now - since)
        lag = self._lags(assignment, brokers)
        self.readiness = self._readiness(assignment, lag, brokers, waits_s)

    def batches(self, batches: Iterable[Batch]) -> None:
        """Report what the core made of records."""
        for batch in batches:
            self._metrics.lines.inc(batch.lines)
            self._metrics.repeated.inc(batch.repeated)
            self._metrics.silent.inc(batch.silent)

    def spread(self, streams: Iterable[tuple[str, str]]) -> None:
        """Report streams that speak on several partitions; the first of a topic is told in the log."""
        found: dict[str, list[str]] = {topic: [] for topic in self._spread}
        for topic, stream in streams:
            found.setdefault(topic, []).append(stream)
        for topic, ids in found.items():
            self._metrics.spread_streams.labels(topic).set(len(ids))
            if ids and topic not in self._spread:
                LOG.warning(
                    "%s: lines of %s came on several partitions, its crashes are torn; "
                    "let the shipper set the container's id as the key (`panicstream decode` says how)",
                    *(topic, ids[0]),
                )
        self._spread |= found.keys()

    def told(self, cuts: Sequence[Cut], seconds: float) -> None:
        """Report blocks that were told in so many seconds."""
        metrics, now = self._metrics, time.time()
        self._committed = now
        metrics.blocks.inc(len(cuts))
        metrics.commit_seconds.observe(seconds)
        metrics.last_commit_timestamp_seconds.set(now)
        for cut in cuts:
            self._hold_back(cut, now)
            for unread in cut.unread:
                metrics.deadletters.labels(unread.reason).inc()
            for crash in cut.crashes:
                if crash["id"] in cut.told_ids:
                    metrics.silent.inc()
                else:
                    self._crash(crash, now)
        metrics.abbreviated.inc(self._outputs.abbreviated - self._abbreviated)
        metrics.cut_to_fit.inc(self._outputs.fitted - self._fitted)
        self._abbreviated, self._fitted = self._outputs.abbreviated, self._outputs.fitted

    def _forget_others(self, assignment: Assignment) -> None:
        """Take away the series of partitions that others read now."""
        ours = {(assigned.topic, assigned.partition) for assigned in assignment}
        for place in self._shown - ours:
            self._held.pop(place, None)
            self._metrics.forget(*place)
        self._shown = ours

    def _crash(self, crash: Crash, now: float) -> None:
        self._metrics.crashes.labels(crash["kind"]).inc()
        self._metrics.damaged.inc(not crash["complete"])
        if crash["event_time"]:
            self._metrics.end_to_end_seconds.observe(max(0.0, now - seconds_of(crash["event_time"])))

    def _hold_back(self, cut: Cut, now: float) -> None:
        """Note since when the first line of an open trace is the first."""
        place = cut.assigned.topic, cut.assigned.partition
        first = min((offset for offset, _ in cut.next.open), default=None)
        known = self._held.pop(place, None)
        if first is not None:
            self._held[place] = known if known and known[0] == first else (first, now)
        else:
            self._metrics.hold_back_seconds.labels(place[0], str(place[1])).set(0)

    def _lags(self, assignment: Assignment, brokers: Brokers) -> int:
        lags = 0
        for assigned in assignment:
            seen = brokers.partitions.get((assigned.topic, assigned.partition))
            if seen:
                lag = max(0, seen.end - assigned.position)
                self._metrics.lag.labels(assigned.topic, str(assigned.partition)).set(lag)
                lags += lag
                # A partition that is always written to never tells its end.
                assigned.is_caught_up |= 0 <= seen.end <= assigned.position
        return lags

    def _readiness(self, assignment: Assignment, lag: int, brokers: Brokers, waits_s: float) -> Readiness:
        behind = sum(not assigned.is_caught_up for assigned in assignment)
        in_the_way = [
            what
            for what, is_so in (
                ("the group has not said which partitions are ours", not assignment.is_known),
                (f"{behind} partitions are not read to their end yet", behind > 0),
                ("no broker can be reached", brokers.are_down),
                (f"the brokers do not let us in: {brokers.refused}", brokers.refused is not None),
                (f"a block waits for the brokers since {waits_s:.0f} s", waits_s > STALE_S),
            )
            if is_so
        ]
        facts: dict[str, str | int | float] = {"partitions": len(assignment), "lag": lag}
        if self._committed is not None:
            facts["last_commit_age_s"] = round(time.time() - self._committed, 1)
        facts["authentication_errors"] = brokers.errors["authentication"]
        return Readiness(in_the_way, facts)
