"""How far two ways to part the same things agree: each is one label a thing, in equal order."""

from collections import Counter
from collections.abc import Hashable, Sequence
from math import comb
from typing import NamedTuple

Labels = Sequence[Hashable]


class Agreement(NamedTuple):
    """Precision, recall and their harmonic mean, each in [0, 1]."""

    precision: float
    recall: float
    f1: float


def pairwise(found: Labels, truth: Labels) -> Agreement:
    """Count pairs of things: those put together against those that belong together.

    Without any pair put together precision is 1; without any that belongs together recall is.
    """
    both = _pairs(Counter(zip(found, truth, strict=True)))
    return _agreement(_share(both, _pairs(Counter(found))), _share(both, _pairs(Counter(truth))))


def b_cubed(found: Labels, truth: Labels) -> Agreement:
    """Mean over the things: how much of its part is of its bug, how much of its bug is in its part.

    Bagga and Baldwin 1998.
    """
    parts, bugs, both = Counter(found), Counter(truth), Counter(zip(found, truth, strict=True))
    precision = sum(count * count / parts[part] for (part, _), count in both.items())
    recall = sum(count * count / bugs[bug] for (_, bug), count in both.items())
    return _agreement(_share(precision, len(found)), _share(recall, len(found)))


def adjusted_rand(one: Labels, other: Labels) -> float:
    """Return the Rand index adjusted for chance: 1 for equal parts, about 0 for parts that chance made.

    Hubert and Arabie 1985.
    """
    both = _pairs(Counter(zip(one, other, strict=True)))
    first, second, pairs = _pairs(Counter(one)), _pairs(Counter(other)), comb(len(one), 2)
    expected = first * second / pairs if pairs else 0.0
    most = (first + second) / 2
    return (both - expected) / (most - expected) if most != expected else 1.0


def _pairs(sizes: Counter[Hashable]) -> int:
    return sum(comb(size, 2) for size in sizes.values())


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0


def _agreement(precision: float, recall: float) -> Agreement:
    both = precision + recall
    return Agreement(precision, recall, 2 * precision * recall / both if both else 0.0)
