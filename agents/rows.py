"""The table that a table agent writes: rows as JSON, and never an older row over a newer one."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterable
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple, cast

import faust
import orjson
from confluent_kafka import Message
from faust.stores import memory, rocksdb
from faust.types import TP, RecordMetadata

from agents.lane import Acknowledged
from agents.role import FaultError
from agents.shelves import DiskShelf, MemoryShelf, Shelf, bounds
from pipeline.row import Row

LOOK_S, SETTLE_S = 0.01, 5.0


class Place(NamedTuple):
    """Where a row stands: the partition of the records that change it, and its key."""

    partition: int
    key: bytes


class Rows(faust.Table[bytes, bytes]):
    """A Faust table of rows with their guards. Its keys and values are bytes."""

    logger = logging.getLogger("faust")  # else its steps are told as ours

    def __init__(self, app: faust.App, name: str, partitions: int, **options: Any) -> None:
        """`partitions` are those of the topic, which share the memory that there is."""
        super().__init__(
            app, name=name, key_type=bytes, value_type=bytes, options=bounds(partitions), **options
        )
        self._planned: dict[Place, Row | None] = {}
        self._plans: Counter[Place] = Counter()  # of each row, those that are not kept yet
        self.turn = asyncio.Lock()
        """Of who makes rows and puts them on their way."""
        store = self.data
        self.shelf: Shelf = (
            MemoryShelf(store) if isinstance(store, memory.Store) else DiskShelf(cast(rocksdb.Store, store))
        )

    def latest(self, place: Place) -> Row | None:
        """Return the row as the next record finds it: planned, on its way, or kept."""
        if place in self._planned:
            return self._planned[place]
        written = self.shelf.get(*place)
        return _read(written) if written else None

    def plan(self, place: Place, row: Row | None) -> None:
        """Let the next record find this row, or none, which is written when its effects are acknowledged."""
        self._planned[place] = row
        self._plans[place] += 1

    async def write(self, place: Place, row: Row | None) -> Acknowledged:
        """Write what was planned: a row, or that there is none; what is returned ends when it is kept.

        That is when Kafka has it: what a disk has, and Kafka has not, would be missing wherever it is next.
        """
        written = orjson.dumps(row.written()) if row else None
        topic = self.changelog_topic_name
        sending = await self.app.producer.send(topic, place.key, written, place.partition, None, None)
        sent = cast("asyncio.Future[RecordMetadata]", sending)
        sent.add_done_callback(partial(self._keep, place, written))
        return sent

    def _keep(self, place: Place, written: bytes | None, sent: asyncio.Future[RecordMetadata]) -> None:
        """Keep what Kafka has; where it has not, the row stays planned, so that none is made without it.

        Writes of a row end in their order. It stays planned until the last one has.
        """
        if sent.cancelled() or sent.exception():
            return
        self.shelf.put(place.partition, {place.key: written})
        self.shelf.note(TP(*sent.result().topic_partition), sent.result().offset + 1)
        self._plans[place] -= 1
        if not self._plans[place]:
            del self._planned[place], self._plans[place]

    async def settle(self) -> None:
        """Wait until Kafka has what is planned; with nothing coming in, that is a moment.

        Raises FaultError where Kafka does not take it: what is read back would be older than what is known.
        """
        end = time.monotonic() + SETTLE_S
        while self._planned:
            if time.monotonic() > end:
                raise FaultError(f"the brokers do not take rows of {self.name}")
            await asyncio.sleep(LOOK_S)

    def take_in(self, records: Iterable[Message]) -> None:
        """Keep what was read of the changelog, in order; what came from a worker too late does not count.

        A worker that lost its partitions may write until it notices.
        """
        newest: dict[Place, bytes | None] = {}
        ends: dict[int, int] = {}
        for record in records:
            place, row = Place(record.partition() or 0, record.key() or b""), record.value()
            ends[place.partition] = (record.offset() or 0) + 1
            known = newest[place] if place in newest else self.shelf.get(*place)
            if not (row and known and _read(row).is_older_than(_read(known))):
                newest[place] = row
        for partition, places in groupby(sorted(newest), key=lambda place: place.partition):
            self.shelf.put(partition, {place.key: newest[place] for place in places})
        for partition, end in ends.items():
            self.shelf.note(TP(self.changelog_topic_name, partition), end)


def _read(written: bytes) -> Row:
    return Row.read(orjson.loads(written))
