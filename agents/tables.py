"""Tables that lose nothing and count nothing twice: the one way in which an agent changes a row.

Of each record, in this order: it is the next of its partition; it can be read; those of its rows are made
that do not hold its block yet; what it causes is acknowledged; these rows are written one after the other,
value and guard as one; it is acknowledged.

All rows of a partition go to one partition of the changelog: a kill leaves the first of them there, and a
record that comes again makes the others as it would have.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Generic, cast

from faust.types import EventT, HeadersArg, Message, StreamT

from agents.lane import Acknowledged, Outcome
from agents.role import FaultError
from agents.rows import Place, Rows
from agents.table_app import TableApp
from agents.times import SECOND_NS, utc
from pipeline.row import Row, Source, applied
from pipeline.step import Arrival, BadRecordError, Effect, Step, Value

LOG = logging.getLogger(__name__)

DETAIL_LENGTH = 500  # beyond, what is wrong with a record helps nobody
TOGETHER = 50  # rows that are made without a pause
LAST = 1_000  # records; where most of them cannot be read, a deploy is bad, not a record


@dataclass(frozen=True)
class Rule(Generic[Value]):
    """How records change a table.

    `read` takes the value of a record apart (raises ValueError where it cannot; None: it changes nothing),
    `key` names the row that it changes, which stands in the record's partition, `step` makes that row.

    `others` names further rows that it changes, in the order in which they are made and written; `step` makes
    each of them, and the one of `key` last. So a row of `key` that holds the block says that all do: then
    nobody asks for the others.
    """

    read: Callable[[bytes], Value | None]
    key: Callable[[Value, Arrival], str]
    step: Step[Value]
    others: Callable[[Value, Arrival], Iterable[str]] = lambda _value, _arrival: ()
    gone: Callable[[str], Value] | None = None
    """Makes the value of a record that has none: by its key, something is no more."""


def named(field: str) -> Callable[[Value, Arrival], str]:
    """Return what finds the key of a row in a field of the value."""
    find: Callable[[Value], str] = attrgetter(field)
    return lambda value, _arrival: find(value)


@dataclass(frozen=True, slots=True)
class Change(Generic[Value]):
    """What rows are made with: the value of a record, where it came, and the block that it tells of."""

    value: Value
    arrival: Arrival
    source: Source


Changed = Sequence[tuple[Place, Row | None]]


def table_agent(app: TableApp, topic: str, table: Rows, rule: Rule[Value]) -> None:
    """Let the records of a topic (`sightings`) change a table with as many partitions."""
    name = app.settings.topic(topic)
    app.deliveries.watch(name)
    # Else Faust reads values as JSON, and passes over those that are none.
    raw = app.topic(name, key_serializer="raw", value_serializer="raw", allow_empty=True)
    app.agent(raw, name=topic)(TableAgent(app, topic, table, rule).run)


class TableAgent(Generic[Value]):
    """Takes the records of one topic, one after the other."""

    def __init__(self, app: TableApp, topic: str, table: Rows, rule: Rule[Value]) -> None:
        self._app, self._topic, self._table, self._rule = app, topic, table, rule
        self._refusals: deque[bool] = deque(maxlen=LAST)
        self._was_known = app.metrics.known.labels(table.name)
        self._was_applied = app.metrics.applied.labels(table.name)

    async def run(self, stream: StreamT[bytes]) -> None:
        """Take records until cancelled."""
        # Faust acknowledges what an agent raised on, and what it has only begun to write; the lane does not.
        stream.enable_acks = False
        try:
            async for record in stream.events():
                await self.take(record)
        except Exception as fault:
            await self._app.halt(fault)

    async def take(self, record: EventT[bytes]) -> None:
        """Take a record. Raises FaultError, and whatever the rule raises but BadRecordError."""
        message = record.message
        self._app.presence.check()
        self._app.deliveries.check(message.tp, message.offset)
        # Another topic may change the same rows: one of its records would find what is made here, and be
        # written before it.
        async with self._table.turn:
            try:
                outcome = await self._applied(record, self._read(message))
                self._refusals.append(False)
            except BadRecordError as bad:
                outcome = await self._refused(record, bad)
            await self._app.lane.put(outcome)

    def _read(self, message: Message) -> Value | None:
        try:
            if message.value is None and self._rule.gone:
                return self._rule.gone((message.key or b"").decode())
            return self._rule.read(message.value or b"")
        except BadRecordError:
            raise
        except ValueError as error:
            raise BadRecordError("unreadable", " ".join(str(error).split())[:DETAIL_LENGTH]) from error

    async def _applied(self, record: EventT[bytes], value: Value | None) -> Outcome:
        """Let a value change its rows; where the last one holds its block already, nothing changes."""
        if value is None:
            return Outcome(record, [])
        message = record.message
        arrival = Arrival(message.partition, utc(int(message.timestamp * SECOND_NS)), message.offset)
        source = value.source() or Source(f"{message.topic}/{message.partition}", (message.offset, 0))
        last = Place(message.partition, self._rule.key(value, arrival).encode())
        row = self._table.latest(last)
        if row and row.knows(source):
            self._was_known.inc()
            return Outcome(record, [])
        self._was_applied.inc()
        others = [Place(message.partition, key.encode()) for key in self._rule.others(value, arrival)]
        change = Change(value, arrival, source)
        effects, rows = await self._made(change, [*others, last], row)
        sent = [await self._app.cause(effect, message.partition) for effect in effects]
        return Outcome(record, sent, partial(self._write, rows) if rows else None)

    async def _made(
        self, change: Change[Value], places: Sequence[Place], own: Row | None
    ) -> tuple[list[Effect], Changed]:
        """Make the rows that do not hold the block yet; the next record finds them at once.

        `own` is what stands at the last place. None stays where a record proves bad at a later one.
        """
        effects, rows = list[Effect](), list[tuple[Place, Row | None]]()
        for number, place in enumerate(places):
            row = own if place is places[-1] else self._table.latest(place)
            if row and row.knows(change.source):
                continue
            before = row.value if row else None
            made, caused = self._rule.step(before, change.value, change.arrival)
            effects += caused
            if made is not before:
                rows.append((place, None if made is None else applied(row, change.source, made)))
            if number % TOGETHER == TOGETHER - 1:
                await asyncio.sleep(0)  # the others of the event loop have work, too
        for place, planned in rows:
            self._table.plan(place, planned)
        return effects, rows

    async def _write(self, rows: Changed) -> Acknowledged:
        written = [await self._table.write(place, row) for place, row in rows]
        return written[0] if len(written) == 1 else asyncio.gather(*written)

    async def _refused(self, record: EventT[bytes], bad: BadRecordError) -> Outcome:
        """Put a record among the dead letters as it is, with the reason and where it stood."""
        message, app = record.message, self._app
        self._refusals.append(True)
        if sum(self._refusals) > LAST / 2:
            raise FaultError(
                f"most of the last {LAST} records of {message.topic} cannot be used: "
                "`panicstream deadletters list` shows why"
            )
        app.metrics.bad_records.labels(self._topic, bad.reason).inc()
        LOG.warning("%s/%d: offset %d is a dead letter: %s", *message.tp, message.offset, bad)
        headers = [*_pairs(message.headers), *_coordinates(message, bad)]
        topic = app.settings.topic("deadletters")
        sent = await app.producer.send(topic, message.key, message.value, None, None, headers)
        return Outcome(record, [cast(Acknowledged, sent)])


def _pairs(headers: HeadersArg | None) -> Iterable[tuple[str, bytes]]:
    return headers.items() if isinstance(headers, Mapping) else headers or ()


def _coordinates(message: Message, bad: BadRecordError) -> list[tuple[str, bytes]]:
    told = {
        "reason": bad.reason,
        "detail": bad.detail,
        "source_topic": message.topic,
        "source_partition": message.partition,
        "source_offset": message.offset,
        "time": utc(time.time_ns()),
    }
    return [(f"panicstream.{name}", str(value).encode()) for name, value in told.items()]
