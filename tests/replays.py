"""A worker dies and another goes on: what both tell is what one would have told."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pipeline._native import Detector
from tests.records import TOPIC, Placed, detector, documents, feed

EVERY = 300  # cut points of a sequence that are tried one by one; of a longer one every few records


def cut_points(records: int) -> Iterable[int]:
    """Return how many records the first worker reads."""
    return range(0, records + 1, max(1, records // EVERY))


class Mark(NamedTuple):
    """How far a worker has read a partition, the first record that is needed, and what is open there."""

    offset: int
    first_offset: int
    still_open: list[tuple[int, int]]
    swallowing: list[tuple[int, int]]


def mark_of(detector: Detector, offset: int, partition: int = 0) -> Mark:
    """Return the mark of a worker that has read so far."""
    return Mark(offset, *detector.state(TOPIC, partition))


def taken_over(
    records: Sequence[Placed], done: Mark, pending: Mark, size: int
) -> tuple[Detector, list[bytes]]:
    """Return a worker that has read up to the pending mark again, in batches of one size, and its crashes."""
    detector = Detector()
    detector.resume(TOPIC, 0, done.offset, done.still_open, done.swallowing)
    if pending != done:
        detector.cut(TOPIC, 0, pending.offset, pending.still_open, pending.swallowing)
    again = [placed for placed in records if done.first_offset <= placed.offset < pending.offset]
    told = []
    for start in range(0, len(again), size):
        told += feed(detector, again[start : start + size]).crashes
    return detector, told + detector.reach(TOPIC, 0, pending.offset).crashes


def handed_over(first: Detector, second: Detector, records: Sequence[Placed], read: int) -> list[Placed]:
    """Tell the second what was open where the first stopped; return the records that it has to read."""
    offsets: dict[int, int] = {placed.partition: 0 for placed in records}
    offsets |= {placed.partition: placed.offset + 1 for placed in records[:read]}
    marks = {partition: mark_of(first, offset, partition) for partition, offset in offsets.items()}
    for partition, mark in marks.items():
        second.resume(TOPIC, partition, mark.offset, mark.still_open, mark.swallowing)
    return [placed for placed in records if placed.offset >= marks[placed.partition].first_offset]


def replayed(
    records: Sequence[Placed], read: int, envelope: str | None
) -> tuple[bool, list[bytes], list[bytes]]:
    """Return whether both tell what one tells, that, and what they told."""
    first, second = detector(envelope), detector(envelope)
    told = feed(first, records[:read]).crashes
    rest = handed_over(first, second, records, read)
    told += feed(second, rest).crashes + second.finish().crashes
    wanted = documents(records, envelope)
    return sorted(told) == sorted(wanted), wanted, told
