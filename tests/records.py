"""Records through one Detector, and what came out of it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from agents.records import Record
from pipeline._native import Batch, Detector

TOPIC = "logs.tests"
Crash = dict[str, Any]


class Placed(NamedTuple):
    """A record with an offset of its own."""

    partition: int
    offset: int
    record: Record


def placed(records: Sequence[Record]) -> list[Placed]:
    """Give each record its offset, where it has none its number in the partition."""
    counted: dict[int, int] = {}
    found = []
    for record in records:
        offset = counted.get(record.partition, 0) if record.offset is None else record.offset
        counted[record.partition] = offset + 1
        found.append(Placed(record.partition, offset, record))
    return found


def feed(detector: Detector, records: Sequence[Placed]) -> Batch:
    """Feed the records as one batch."""
    return detector.feed(
        [placed.record.value for placed in records],
        topics=TOPIC,
        partitions=[placed.partition for placed in records],
        offsets=[placed.offset for placed in records],
        timestamps=[placed.record.timestamp for placed in records],
        keys=[placed.record.key for placed in records],
        headers=[placed.record.headers for placed in records],
    )


def detector(envelope: str | None = None) -> Detector:
    """Return a detector whose topic may have a named envelope."""
    return Detector(envelopes=[(TOPIC, envelope)] if envelope else None)


def documents(records: Sequence[Placed], envelope: str | None = None, size: int = 500) -> list[bytes]:
    """Return the documents of all crashes, fed in batches of that size."""
    ours = detector(envelope)
    found = []
    for start in range(0, len(records), size):
        found += feed(ours, records[start : start + size]).crashes
    return found + ours.finish().crashes


def crashes(records: Sequence[Placed], envelope: str | None = None) -> list[Crash]:
    """Return the crashes."""
    return [orjson.loads(document) for document in documents(records, envelope)]
