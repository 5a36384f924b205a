"""A worker dies and another goes on: what both tell is what one would have told."""

from collections.abc import Iterable, Sequence

from pipeline._native import Detector
from tests.records import TOPIC, Placed, detector, documents, feed

EVERY = 300  # cut points of a sequence that are tried one by one; of a longer one every few records


def cut_points(records: int) -> Iterable[int]:
    """Return how many records the first worker reads."""
    return range(0, records + 1, max(1, records // EVERY))


def handed_over(first: Detector, second: Detector, records: Sequence[Placed], read: int) -> list[Placed]:
    """Tell the second what was open where the first stopped; return the records that it has to read."""
    marks: dict[int, int] = {placed.partition: 0 for placed in records}
    marks |= {placed.partition: placed.offset + 1 for placed in records[:read]}
    from_offset = {}
    for partition, mark in marks.items():
        from_offset[partition], still_open, swallowing = first.state(TOPIC, partition)
        second.resume(TOPIC, partition, mark, still_open, swallowing)
    return [placed for placed in records if placed.offset >= from_offset[placed.partition]]


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
