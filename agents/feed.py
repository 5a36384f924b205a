"""Records into the core, and what it makes of them to the partitions they came from."""

import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, cast

import orjson
from confluent_kafka import Message

from agents.assigned import Assigned, Assignment, Cut, Place, Unread
from agents.times import utc
from pipeline._native import Batch, Detector
from pipeline.marks import State, fresh

MS_NS = 1_000_000
STALL_S = 0.5  # so long at most counts as silence at once: beyond, it was we who did not look

LOG = logging.getLogger(__name__)


class Feed:
    """Feeds the core. For one thread."""

    def __init__(self, detector: Detector, assignment: Assignment) -> None:
        self._detector, self._assignment = detector, assignment
        self._records: Counter[str] = Counter()
        self._batches: list[Batch] = []
        self.has_crashes = self.has_ready = self.is_paused = False
        self._cycles: list[bytes] = []

    def take_over(self, assigned: Assigned) -> None:
        """Begin to read a partition where the worker before left it."""
        place = assigned.topic, assigned.partition
        self._detector.forget(*place)
        self._detector.identify(assigned.topic, assigned.topic_id)
        told, pending = assigned.told, assigned.pending
        self._detector.resume(*place, told.mark.offset, told.open, told.swallowing)
        if pending:
            self._detector.cut(*place, pending.mark.offset, pending.open, pending.swallowing)
        self._assignment.add(assigned)
        self._pass_goals(assigned)

    def give_away(self, places: Iterable[Place]) -> None:
        """Forget partitions."""
        for assigned in self._assignment.drop(places):
            self._detector.forget(assigned.topic, assigned.partition)

    def take(self, records: list[Message]) -> None:
        """Read records."""
        if not self._assignment.watched:
            self._feed(records)
            return
        for place, run in groupby(records, key=_place):
            assigned = self._assignment[place]
            if assigned.is_ended_by_clock:
                self._cut_at_clock(assigned)
            for part in self._parts(assigned, list(run)):
                self._feed(part)
                self._pass_goals(assigned)

    def at_end(self, place: Place, offset: int) -> bool:
        """Take note that a partition ends there for now; False where more than that was told of it."""
        assigned = self._assignment.get(place)
        if assigned is None:
            return True
        is_here = offset >= assigned.position  # else more of it was read with the word of its end
        if is_here:
            assigned.position = offset
        self._pass_goals(assigned)
        if assigned.goal is not None:
            return not is_here
        assigned.is_caught_up = True
        if is_here:
            assigned.end_since = time.monotonic()
        return True

    def cut_short(self, place: Place, end: int) -> None:
        """Go on where we are in a partition that ends before the marks of the worker before, if it does."""
        assigned = self._assignment[place]
        if assigned.goal is not None and end < assigned.goal:
            LOG.warning(
                "%s/%d ends at offset %d, but was told up to %d: its log was cut; reading on",
                *(*place, end, assigned.goal),
            )
            self.take_over(Assigned.from_takeover(place, assigned.topic_id, fresh(assigned.position)))

    def idle(self, assigned: Assigned, *, is_known_silent: bool) -> None:
        """Let time go on in a partition in which nothing is to be read; not where records may be waiting."""
        now = time.monotonic()
        if assigned.end_since is None:
            return
        if is_known_silent:
            seconds = min(now - assigned.end_since, STALL_S)
            batch = self._detector.idle(assigned.topic, assigned.partition, seconds)
            self._count(batch, [])
            if batch.crashes or batch.fragments:
                assigned.is_ended_by_clock = True
                self._assignment.watched.add((assigned.topic, assigned.partition))
        assigned.end_since = now

    def cuts(self, partitions: Iterable[Assigned]) -> list[Cut]:
        """Cut the blocks of these partitions that have something to tell."""
        cuts = [cut for assigned in partitions if (cut := self._next_cut(assigned))]
        self.has_ready = any(assigned.ready for assigned in self._assignment)
        self.has_crashes = any(assigned.crashes for assigned in self._assignment)
        return cuts

    def open_traces(self, assigned: Assigned) -> int:
        """Return how many traces are open in a partition."""
        return self._detector.gauge(assigned.topic, assigned.partition)[0]

    def clock_ms(self, assigned: Assigned) -> int | None:
        """Return the time of a partition in ms since 1970; None where it has none yet."""
        return self._detector.gauge(assigned.topic, assigned.partition)[1]

    def spread_streams(self) -> list[tuple[str, str]]:
        """Return the streams that spoke on several partitions of late: topic and stream."""
        return self._detector.spread()

    @property
    def waiting_bytes(self) -> int:
        """Bytes of what was found and is not cut yet."""
        return sum(assigned.waiting_bytes for assigned in self._assignment)

    def take_records(self) -> Counter[str]:
        """Return how many records of each topic were read since the last call."""
        records, self._records = self._records, Counter()
        return records

    def take_batches(self) -> list[Batch]:
        """Return what the core made of them."""
        batches, self._batches = self._batches, []
        return batches

    def take_cycles(self) -> list[bytes]:
        """Return the GC cycles since the last call."""
        cycles, self._cycles = self._cycles, []
        return cycles

    def _next_cut(self, assigned: Assigned) -> Cut | None:
        if assigned.ready:
            return assigned.ready.popleft()
        return self._cut(assigned) if assigned.is_cut_due else None

    def _cut(self, assigned: Assigned) -> Cut:
        first_needed, open_traces, swallowing = self._detector.state(assigned.topic, assigned.partition)
        mark = assigned.told.mark.to(assigned.position)
        assigned.is_ended_by_clock = False
        following = State(mark, tuple(open_traces), tuple(swallowing))
        return assigned.cut(following, first_needed, self._watermark(assigned))

    def _watermark(self, assigned: Assigned) -> str | None:
        clock_ms = self.clock_ms(assigned)
        return None if clock_ms is None else utc(clock_ms * MS_NS)

    def _cut_at_clock(self, assigned: Assigned) -> None:
        """End the block where the clock closed traces: who reads it again knows the mark, not our clock."""
        if assigned.is_cut_due:
            self._set_ready(assigned, self._cut(assigned))
        assigned.is_ended_by_clock = False
        self._watch(assigned)

    def _set_ready(self, assigned: Assigned, cut: Cut) -> None:
        assigned.ready.append(cut)
        self.has_ready = True

    def _watch(self, assigned: Assigned) -> None:
        place = assigned.topic, assigned.partition
        if assigned.goal is None and not assigned.is_ended_by_clock:
            self._assignment.watched.discard(place)

    def _parts(self, assigned: Assigned, records: list[Message]) -> Iterator[list[Message]]:
        """Part the records of a partition at the marks of the worker before."""
        while records:
            goal = assigned.goal
            before = [record for record in records if goal is None or (record.offset() or 0) < goal]
            if not before:  # the record at the mark itself is not there any more
                assigned.position = records[0].offset() or 0
                self._pass_goals(assigned)
                continue
            yield before
            records = records[len(before) :]

    def _pass_goals(self, assigned: Assigned) -> None:
        """Where reading has come to the marks of the worker before, do there what it did."""
        place = assigned.topic, assigned.partition
        if assigned.is_silent and assigned.position >= assigned.told.mark.offset:
            assigned.is_silent = False
            self._count(self._detector.reach(*place, assigned.told.mark.offset), [])
        pending = assigned.pending
        if not assigned.is_silent and pending and assigned.position >= pending.mark.offset:
            self._count(self._detector.reach(*place, pending.mark.offset), [])
            first_needed = self._detector.state(*place)[0]
            self._set_ready(assigned, assigned.cut(pending, first_needed, self._watermark(assigned)))
        self._watch(assigned)

    def _feed(self, records: list[Message]) -> None:
        headers = list(map(Message.headers, records))
        batch = self._detector.feed(
            list(map(Message.value, records)),
            topics=self._assignment.only_topic or cast("list[str]", list(map(Message.topic, records))),
            partitions=cast("list[int]", list(map(Message.partition, records))),
            offsets=cast("list[int]", list(map(Message.offset, records))),
            timestamps=list(map(Message.timestamp, records)),
            keys=list(map(Message.key, records)),
            headers=cast("Any", headers if any(headers) else None),
        )
        now = time.monotonic()
        for topic, partition, next_offset, number in batch.ends:
            assigned = self._assignment[topic, partition]
            assigned.position, assigned.end_since, assigned.read_at = next_offset, None, now
            self._records[topic] += number
        self._count(batch, records)

    def _count(self, batch: Batch, records: list[Message]) -> None:
        if records or batch.crashes or batch.silent:
            self._batches.append(batch)
        self._cycles += batch.cycles
        for crash in batch.crashes:
            self._tell(orjson.loads(crash), len(crash))
        for number, reason in batch.unread:
            record = records[number]
            assigned = self._assignment[record.topic() or "", record.partition() or 0]
            if assigned.is_silent:
                continue
            assigned.unread.append(Unread(record, reason))
            assigned.waiting_bytes += len(record.value() or b"")

    def _tell(self, crash: dict[str, Any], size: int) -> None:
        crash["observed_time"] = utc(time.time_ns())
        assigned = self._assignment[crash["source_topic"], crash["source_partition"]]
        assigned.crashes.append(crash)
        assigned.waiting_bytes += size
        self.has_crashes = True


def _place(record: Message) -> Place:
    return record.topic() or "", record.partition() or 0
