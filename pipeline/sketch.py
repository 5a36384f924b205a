"""Quantiles of pauses with a relative error of 1 %: DDSketch, in a compact form for rows.

The form is `[zeros, key of the first bin, its count, ...]`; a number below zero is so many empty bins.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from ddsketch.ddsketch import BaseDDSketch
from ddsketch.mapping import LogarithmicMapping
from ddsketch.store import CollapsingLowestDenseStore

ACCURACY = 0.01
BINS = 512  # from 1 us to 30 ms; of what is wider the lowest fall together

MAPPING = LogarithmicMapping(ACCURACY)

Packed = list[int]


def added(packed: Packed, values: Iterable[int]) -> Packed:
    """Return a sketch (empty: none yet) with more values, which are not negative."""
    store, zeros = _stored([packed])
    for value in values:
        if value:
            store.add(MAPPING.key(value))
        else:
            zeros += 1
    return _packed(store, zeros)


def count(packed: Packed) -> int:
    """Return how many values are in it."""
    return sum(weight for _, weight in _bins(packed)) + (packed[0] if packed else 0)


def quantile(sketches: Iterable[Packed], share: float) -> float | None:
    """Return the value that such a share of those of all sketches do not exceed; None where there is none."""
    return _quantile(tuple(map(tuple, sketches)), share)


@lru_cache(maxsize=4_096)  # minutes that are over are looked at every second
def _quantile(sketches: tuple[tuple[int, ...], ...], share: float) -> float | None:
    store, zeros = _stored(sketches)
    sketch = BaseDDSketch(MAPPING, store, CollapsingLowestDenseStore(BINS), zeros)
    value = sketch.get_quantile_value(share)
    return None if value is None else float(value)


def _stored(sketches: Iterable[Sequence[int]]) -> tuple[CollapsingLowestDenseStore, int]:
    store, zeros = CollapsingLowestDenseStore(BINS), 0
    for packed in sketches:
        zeros += packed[0] if packed else 0
        for key, weight in _bins(packed):
            store.add(key, weight)
    return store, zeros


def _bins(packed: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the key and the count of each bin that is not empty."""
    if len(packed) < 3:  # noqa: PLR2004  # zeros and a key, and nothing in the bins
        return
    key = packed[1]
    for number in packed[2:]:
        if number > 0:
            yield key, number
        key += max(1, -number)


def _packed(store: CollapsingLowestDenseStore, zeros: int) -> Packed:
    filled = [(index + store.offset, int(weight)) for index, weight in enumerate(store.bins) if weight]
    if not filled:
        return [zeros]
    following = filled[0][0]
    packed = [zeros, following]
    for key, weight in filled:
        if key > following:
            packed.append(following - key)
        packed.append(weight)
        following = key + 1
    return packed
