"""Counts by equal spans of time: `[number of the newest span, its count, that of the one before, ...]`."""

from collections.abc import Sequence


def counted(buckets: Sequence[int], span: int, count: int, kept: int) -> list[int]:
    """Return the buckets with more in a span; the newest `kept` stay, what is older is not counted."""
    if not buckets:
        return [span, count]
    newest, *counts = buckets
    ahead = span - newest
    if ahead > 0:
        return _short([span, count, *[0] * min(ahead - 1, kept), *counts][: kept + 1])
    if -ahead < kept:
        counts += [0] * (1 - ahead - len(counts))
        counts[-ahead] += count
    return [newest, *counts]


def _short(buckets: list[int]) -> list[int]:
    """Leave out the oldest spans that hold nothing; the newest holds something."""
    while not buckets[-1]:
        buckets.pop()
    return buckets


def latest(buckets: Sequence[int], span: int, number: int) -> list[int]:
    """Return the counts of so many spans, the oldest first, up to a span; that has those after it, too."""
    told = [0] * number
    newest, *counts = buckets or [span]
    for known, count in enumerate(counts):
        age = max(0, span - newest + known)
        if age < number:
            told[number - 1 - age] += count
    return told
