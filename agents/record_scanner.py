"""Records in, crashes out: one file's dump through the core, and what its records were besides crashes."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice

import orjson

from agents.core_options import Core
from agents.dump import Dump, Place
from agents.records import Record
from pipeline._native import Batch, Decoder, Detector

BATCH = 500  # records, as the agents take them from Kafka

Rows = list[tuple[Place, Record]]


@dataclass
class Met:
    """What the records of a run were besides crashes: how many, and why some hold no line.

    `spread`: by topic and envelope, the streams whose lines came on several partitions, as a set in order.
    """

    records: int = 0
    repeated: int = 0
    unread: Counter[str] = field(default_factory=Counter)
    spread: dict[tuple[str, str], dict[str, None]] = field(default_factory=dict)


class RecordScanner:
    """Finds the crashes in one file of records; each topic has streams of its own."""

    def __init__(self, dump: Dump, met: Met, core: Core) -> None:
        """`met` is counted on."""
        self._dump, self._met, self._core = dump, met, core
        self._topics: dict[str, _Topic] = {}

    def feed(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Take the next lines of the file; yield the crashes that ended in them (`panic.v1`)."""
        for name, rows in groupby(self._dump.read(lines), key=lambda row: row[0].topic):
            if name not in self._topics:
                self._topics[name] = _Topic(name, self._met, self._core)
            while batch := list(islice(rows, BATCH)):
                yield from self._topics[name].feed(batch)

    def finish(self) -> Iterator[bytes]:
        """End the file: close what is open and yield its crashes."""
        self._dump.end()
        for topic in self._topics.values():
            yield from topic.finish()


class _Topic:
    """One topic. Each partition's first record and the last batch are kept, to tell whose a torn crash is."""

    def __init__(self, name: str, met: Met, core: Core) -> None:
        self._name, self._met, self._envelope = name, met, core["envelope"]
        named = [(name, self._envelope)] if self._envelope else None
        self._detector = Detector(envelopes=named, redaction=core["redaction"])
        self._first: dict[int, Record] = {}
        self._last: dict[tuple[int, int], Record] = {}
        self._fragments = 0

    def feed(self, rows: Rows) -> list[bytes]:
        places, records = zip(*rows, strict=True)
        batch = self._detector.feed(
            [record.value for record in records],
            topics=self._name,
            partitions=[place.partition for place in places],
            offsets=[place.offset for place in places],
            timestamps=[record.timestamp for record in records],
            keys=[record.key for record in records],
            headers=[record.headers for record in records],
        )
        self._last = {(place.partition, place.offset): record for place, record in rows}
        for place, record in rows:
            self._first.setdefault(place.partition, record)
        return self._count(batch)

    def finish(self) -> list[bytes]:
        crashes = self._count(self._detector.finish())
        if self._fragments and not any(name == self._name for name, _ in self._met.spread):
            self._met.spread[self._name, self._envelope_of(min(self._first), 0)] = {}
        return crashes

    def _count(self, batch: Batch) -> list[bytes]:
        self._met.records += batch.records
        self._met.repeated += batch.repeated
        self._met.unread.update(reason for _, reason in batch.unread)
        self._fragments += batch.fragments
        crashes = batch.crashes
        for crash in map(orjson.loads, crashes):
            if "fragmented" in crash["damage"]:
                envelope = self._envelope_of(crash["source_partition"], crash["source_first_offset"])
                self._met.spread.setdefault((self._name, envelope), {})[crash["stream_id"]] = None
        return crashes

    def _envelope_of(self, partition: int, offset: int) -> str:
        """Name the envelope of a record, or of its partition's first where it came too long before."""
        if self._envelope:
            return self._envelope
        record = self._last.get((partition, offset), self._first[partition])
        lines = Decoder().decode(record.value, key=record.key, headers=record.headers)
        return next(
            (line["envelope"] for line in map(orjson.loads, lines) if line["line"] is not None), "plain"
        )
