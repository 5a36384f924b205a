"""Crashes of many rows by equal spans of time; `pipeline/buckets.py` has those of one row."""

from bisect import bisect_left, insort
from collections.abc import Sequence


class Spans:
    """How many crashes there were in each span, as the buckets of all rows have it together."""

    __slots__ = ("_counts", "_order")

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._order: list[int] = []

    def change(self, before: Sequence[int], after: Sequence[int]) -> None:
        """Let the buckets of a row be others; empty: it has none."""
        for buckets, sign in ((after, 1), (before, -1)) if before != after else ():
            if buckets:
                self._add(buckets, sign)

    def join(self, other: "Spans") -> None:
        """Add those of other rows."""
        for span, count in other._counts.items():
            self._count(span, count)

    def latest(self, span: int, number: int) -> list[int]:
        """Return the counts of so many spans, the oldest first, up to a span; it has those after it, too."""
        told = [0] * number
        for known in self._order[bisect_left(self._order, span - number + 1) :]:
            told[number - 1 - max(0, span - known)] += self._counts[known]
        return told

    def _add(self, buckets: Sequence[int], sign: int) -> None:
        newest, *counts = buckets
        for age, count in enumerate(counts):
            if count:
                self._count(newest - age, sign * count)

    def _count(self, span: int, count: int) -> None:
        known = self._counts.get(span)
        if known is None:
            insort(self._order, span)
        self._counts[span] = (known or 0) + count
        if not self._counts[span]:
            del self._counts[span]
            del self._order[bisect_left(self._order, span)]
