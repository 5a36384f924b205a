"""Whether a bug crashes far more often than is usual for it, by its crashes of each minute."""

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.event_time import MINUTE
from pipeline.poisson import upper_tail

HALF_LIFE = 30  # minutes, after which a minute weighs half
KNOWN = 30  # minutes for which a bug has to be known: before that nothing is usual for it
FEW = 5  # crashes in a minute that are no surge, whatever is usual
CHANCE = 1e-6  # of so many crashes, where no more than the usual are expected
RARE = 1 / 60  # crashes a minute: nothing is compared with less
AHEAD_S = 30  # a clock may be so far ahead: the minute that has just begun holds crashes of so much more


class Surge(NamedTuple):
    """The crashes of the last minutes, what is usual in one, and how probable so many then are."""

    crashes: int
    minutes: float
    usual: float
    chance: float

    @property
    def times(self) -> float:
        """How often the usual it is."""
        return self.crashes / self.minutes / max(self.usual, RARE)

    def is_one(self, confidence: float | None, few: int) -> bool:
        """Return whether it is more than chance makes, and more than a few."""
        chance = CHANCE if confidence is None else 1 - confidence
        return self.crashes >= max(FEW, few) and self.chance < chance


def surge(by_minute: Sequence[int], known_for: int, second: int) -> Surge | None:
    """Compare the last two minutes, either and both, with those before: the least probable of them counts.

    What begins at the end of a minute is seen in both; of the very last one `second` seconds are over.
    `by_minute` are crashes, the oldest first; `known_for` is how many minutes ago the first one was. None
    where that is too short.
    """
    if known_for < KNOWN:
        return None
    *before, one, other = by_minute[-min(len(by_minute), known_for) :]
    usual = average(before)
    begun = min(1.0, (second + AHEAD_S) / MINUTE)
    looked_at = ((other, begun), (one, 1.0), (one + other, 1.0 + begun))
    found = [Surge(number, span, usual, upper_tail(number, usual * span)) for number, span in looked_at]
    return min(found, key=lambda one: (one.chance, -one.crashes))


def average(counts: Sequence[int]) -> float:
    """Return the mean of counts, the newest last, each half as heavy as one of `HALF_LIFE` later."""
    weights: list[float] = [0.5 ** (age / HALF_LIFE) for age in range(len(counts) - 1, -1, -1)]
    return sum(weight * count for weight, count in zip(weights, counts, strict=True)) / sum(weights)
