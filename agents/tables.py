"""Tables that lose nothing and count nothing twice: the one way in which an agent changes a row.

Of each record, in this order: it is the next of its partition; it can be read; its row does not hold its
block yet; what it causes is acknowledged; its row is written, value and guard as one; it is acknowledged.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Generic, cast

from faust.types import EventT, HeadersArg, Message, StreamT

from agents.lane import Acknowledged, Outcome
from agents.role import FaultError
from agents.rows import Place, Rows
from agents.table_app import TableApp
from agents.times import SECOND_NS, utc
from pipeline.row import Source, applied
from pipeline.step import Arrival, BadRecordError, Effect, Step, Value

LOG = logging.getLogger(__name__)

DETAIL_LENGTH = 500  # beyond, what is wrong with a record helps nobody
LAST = 1_000  # records; where most of them cannot be read, a deploy is bad, not a record


@dataclass(frozen=True)
class Rule(Generic[Value]):
    """How records change a table.

    `read` takes the value of a record apart (raises ValueError where it cannot), `key` names the row that it
    changes, which stands in the record's partition, `step` makes that row.
    """

    read: Callable[[bytes], Value]
    key: Callable[[Value], str]
    step: Step[Value]


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
        try:
            outcome = await self._applied(record, self._read(message.value))
            self._refusals.append(False)
        except BadRecordError as bad:
            outcome = await self._refused(record, bad)
        await self._app.lane.put(outcome)

    def _read(self, written: bytes | None) -> Value:
        try:
            return self._rule.read(written or b"")
        except BadRecordError:
            raise
        except ValueError as error:
            raise BadRecordError("unreadable", " ".join(str(error).split())[:DETAIL_LENGTH]) from error

    async def _applied(self, record: EventT[bytes], value: Value) -> Outcome:
        """Let a value change its row; where the row holds its block already, nothing changes."""
        message, table = record.message, self._table
        place = Place(message.partition, self._rule.key(value).encode())
        source = value.source() or Source(f"{message.topic}/{message.partition}", (message.offset, 0))
        row, effects = table.latest(place), list[Effect]()
        if row and row.knows(source):
            self._was_known.inc()
        else:
            arrival = Arrival(message.partition, utc(int(message.timestamp * SECOND_NS)))
            made, effects = self._rule.step(row.value if row else None, value, arrival)
            row = applied(row, source, made) if made is not None else None
            self._was_applied.inc()
        table.plan(place, row)
        # A row that holds the block is written again: a store on disk may hold what never came to Kafka.
        write = partial(table.write, place, row)
        sent = [await self._app.cause(effect, message.partition) for effect in effects]
        return Outcome(record, sent, write)

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
