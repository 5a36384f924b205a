"""The table that a table agent writes: rows as JSON, and never an older row over a newer one."""

import asyncio
import logging
from collections.abc import Iterable, Iterator
from contextvars import Context
from typing import Any, NamedTuple, cast

import faust
import orjson
from faust.stores import memory
from faust.types import EventT, RecordMetadata

from agents.lane import Acknowledged
from pipeline.row import Row


class Place(NamedTuple):
    """Where a row stands: its key, and the partition of the record that changes it.

    `context` is that of the agent: in any other, Faust lets no row be written.
    """

    key: bytes
    partition: int
    context: Context


class Rows(faust.Table[bytes, bytes]):
    """A Faust table of rows with their guards. Its keys and values are bytes."""

    logger = logging.getLogger("faust")  # else its steps are told as ours

    def __init__(self, app: faust.App, name: str, **options: Any) -> None:
        super().__init__(app, name=name, key_type=bytes, value_type=bytes, **options)
        self._planned: dict[bytes, Row] = {}

    def latest(self, key: bytes) -> Row | None:
        """Return the row as the next record finds it, written or planned."""
        return self._planned.get(key) or self._stored(key)

    def plan(self, key: bytes, row: Row) -> None:
        """Let the next record find this row, which is written when its effects are acknowledged."""
        self._planned[key] = row

    async def write(self, place: Place, row: Row) -> Acknowledged:
        """Write a row; what is returned ends when Kafka has it."""
        if self._planned.get(place.key) is row:
            del self._planned[place.key]
        written = orjson.dumps(row.written())
        place.context.run(self._keep, place, written)
        topic = self.changelog_topic_name
        sending = await self.app.producer.send(topic, place.key, written, place.partition, None, None)
        sent = cast("asyncio.Future[RecordMetadata]", sending)
        sent.add_done_callback(self._note)
        return sent

    def _keep(self, place: Place, written: bytes) -> None:
        self.data[place.key] = written
        if isinstance(self.data, memory.Store):  # of itself it drops only what was recovered, at a rebalance
            self.data._key_partition[place.key] = place.partition

    def _note(self, sent: asyncio.Future[RecordMetadata]) -> None:
        """Let a store on disk know how far the changelog is in it."""
        if not sent.cancelled() and not sent.exception():
            self.data.set_persisted_offset(sent.result().topic_partition, sent.result().offset)

    def held(self) -> list[bytes]:
        """Return all rows of this worker's partitions, as they are written."""
        return list(self.data.values())

    def apply_changelog_batch(self, batch: Iterable[EventT[Any]]) -> None:
        """Recover rows; what a worker still wrote that had lost its partitions does not count."""
        super().apply_changelog_batch(self._newest(batch))

    def _newest(self, batch: Iterable[EventT[Any]]) -> Iterator[EventT[Any]]:
        newest: dict[bytes, Row | None] = {}
        for record in batch:
            key, row = record.message.key or b"", _read(record.message.value)
            known = newest[key] if key in newest else self._stored(key)
            if known is None or row is None or not row.is_older_than(known):
                newest[key] = row
                yield record

    def _stored(self, key: bytes) -> Row | None:
        return _read(self.data.get(key))


def _read(written: bytes | None) -> Row | None:
    return Row.read(orjson.loads(written)) if written else None
