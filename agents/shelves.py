"""Where a worker keeps the rows of a table beside Kafka: in memory, or on disk.

Faust makes the stores, and opens and closes them when partitions come and leave; rows are read and written
here, since Faust lets neither be done outside of an agent.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

import rocksdict
from faust.stores import memory, rocksdb
from faust.types import TP

# Memory of `rocksdb://` in bytes, of all partitions together: rows read and rows not sorted yet. Faust's own
# bounds are for each partition: 2 GiB and 192 MiB.
CACHE, BUFFERS = 64 << 20, 64 << 20
BUFFERS_EACH = 2  # one is filled while the other is written
OPEN_FILES = 64  # of a partition


class Shelf(Protocol):
    """Rows as they are written, by partition and key."""

    def get(self, partition: int, key: bytes) -> bytes | None:
        """Return a row; None where there is none."""

    def put(self, partition: int, rows: Mapping[bytes, bytes | None]) -> None:
        """Keep rows, where the partition is this worker's; None: there is no such row any more."""

    def rows(self, partitions: Iterable[int]) -> Mapping[int, Iterable[bytes]]:
        """Return all rows of partitions."""

    def note(self, place: TP, end: int) -> None:
        """Take note that all changes before an offset of the changelog are kept."""

    def end(self, place: TP) -> int | None:
        """Return up to which offset of the changelog changes are kept; None: none are."""

    def keep(self, partitions: Iterable[int]) -> None:
        """Forget what is noted of all other partitions."""

    def count(self) -> int:
        """Return how many rows there are."""


class MemoryShelf:
    """Rows in memory."""

    def __init__(self, store: memory.Store[bytes, bytes]) -> None:
        self._store = store
        self._ends: dict[int, int] = {}

    def get(self, _partition: int, key: bytes) -> bytes | None:
        """Return a row."""
        return self._store.data.get(key)

    def put(self, partition: int, rows: Mapping[bytes, bytes | None]) -> None:
        """Keep rows."""
        for key, row in rows.items():
            if row is None:
                self._store.data.pop(key, None)
                self._store._key_partition.pop(key, None)
            else:
                self._store.data[key] = row
                # By this Faust drops the rows of partitions that have left.
                self._store._key_partition[key] = partition

    def rows(self, partitions: Iterable[int]) -> dict[int, list[bytes]]:
        """Return all rows of partitions."""
        found: dict[int, list[bytes]] = {number: [] for number in partitions}
        for key, row in self._store.data.items():
            if (number := self._store._key_partition[key]) in found:
                found[number].append(row)
        return found

    def note(self, place: TP, end: int) -> None:
        """Take note of an offset."""
        self._ends[place.partition] = max(end, self._ends.get(place.partition, 0))

    def end(self, place: TP) -> int | None:
        """Return the offset."""
        return self._ends.get(place.partition)

    def keep(self, partitions: Iterable[int]) -> None:
        """Forget all others: when they come back, others may have changed them."""
        self._ends = {number: self._ends[number] for number in partitions if number in self._ends}

    def count(self) -> int:
        """Return how many rows there are."""
        return len(self._store.data)


class DiskShelf:
    """Rows in a RocksDB for each partition, which outlive the worker."""

    def __init__(self, store: rocksdb.Store) -> None:
        self._store = store
        self._counts: dict[int, int] = {}

    def get(self, partition: int, key: bytes) -> bytes | None:
        """Return a row."""
        db = self._store._dbs.get(partition)
        return db.get(key) if db else None

    def put(self, partition: int, rows: Mapping[bytes, bytes | None]) -> None:
        """Keep rows, all or none."""
        db = self._store._dbs.get(partition)
        if db is None:
            return
        batch = rocksdict.WriteBatch(raw_mode=True)
        for key, row in rows.items():
            more = (row is not None) - (db.get(key) is not None)
            self._counts[partition] = self._counts.get(partition, 0) + more
            if row is None:
                batch.delete(key)
            else:
                batch.put(key, row)
        db.write(batch)

    def rows(self, partitions: Iterable[int]) -> dict[int, Iterable[bytes]]:
        """Return all rows of partitions; they are read when they are asked for, and counted."""
        return {number: self._rows(number) for number in partitions}

    def note(self, place: TP, end: int) -> None:
        """Take note of an offset; Faust's note is that of the last change."""
        if place.partition in self._store._dbs and end > (self.end(place) or 0):
            self._store.set_persisted_offset(place, end - 1)

    def end(self, place: TP) -> int | None:
        """Return the offset."""
        last = self._store.persisted_offset(place)
        return None if last is None else last + 1

    def keep(self, partitions: Iterable[int]) -> None:
        """Forget how many rows the others have; what is noted stands beside them on disk."""
        self._counts = {number: self._counts[number] for number in partitions if number in self._counts}

    def count(self) -> int:
        """Return how many rows there are."""
        return sum(self._counts.values())

    def _rows(self, partition: int) -> Iterator[bytes]:
        db, number = self._store._dbs.get(partition), 0
        for row in self._store._visible_values(db) if db else ():
            number += 1
            yield row
        self._counts[partition] = number


def bounds(partitions: int) -> dict[str, int]:
    """Return Faust's options of RocksDB; of other stores it has none."""
    return {
        "block_cache_size": CACHE // partitions,
        "write_buffer_size": BUFFERS // partitions // BUFFERS_EACH,
        "max_write_buffer_number": BUFFERS_EACH,
        "max_open_files": OPEN_FILES,
    }
