"""What chance does to counts: the tail of Poisson's distribution, and the least mean behind a count."""

from functools import lru_cache
from itertools import count as naturals
from math import exp, lgamma, log, sqrt
from statistics import NormalDist

EXACT = 1_000  # counts up to it are solved for; beyond, Wilson and Hilferty's form is within 0.1 %
HALVINGS = 60


def upper_tail(count: int, mean: float) -> float:
    """Return how probable so many or more are where `mean` are expected."""
    if count <= 0:
        return 1.0
    if mean <= 0.0:
        return 0.0
    if count <= mean:
        return max(0.0, 1.0 - _below(count, mean))
    term = total = _probability(count, mean)
    for number in naturals(count + 1):
        term *= mean / number
        if total + term == total:
            return min(1.0, total)
        total += term
    raise AssertionError  # terms beyond the mean fall


@lru_cache(maxsize=65_536)
def lower_bound(count: int, confidence: float) -> float:
    """Return the mean below which so many or more have a chance of less than 1 - `confidence`.

    That is the lower end of Garwood's interval, one-sided: 0 for no count.
    """
    if count <= 0:
        return 0.0
    if count > EXACT:
        return _approximate(count, confidence)
    low, high, chance = 0.0, float(count), 1.0 - confidence
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if upper_tail(count, middle) < chance else (low, middle)
    return low


def _approximate(count: int, confidence: float) -> float:
    deviations = NormalDist().inv_cdf(confidence)
    return float(count * (1 - 1 / (9 * count) - deviations / (3 * sqrt(count))) ** 3)


def _below(count: int, mean: float) -> float:
    """Return how probable fewer are; at most `mean`, so terms grow up to the last."""
    term = total = _probability(count - 1, mean)
    for number in range(count - 1, 0, -1):
        term *= number / mean
        total += term
        if term < total * 1e-17:
            break
    return total


def _probability(count: int, mean: float) -> float:
    return exp(count * log(mean) - mean - lgamma(count + 1))
