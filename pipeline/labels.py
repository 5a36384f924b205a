"""How well a fingerprint is established: DBSCAN's labels, over crashes that count less the older they are.

A fingerprint is a core where it and those like it weigh at least `ENOUGH`, a border where one of those is a
core, else noise. One that came once is noise until it comes again, or its like does.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache

from pipeline.clusterer import Clusterer
from pipeline.fingerprint_row import Row

NOISE, BORDER, CORE = "noise", "border", "core"
LABELS = (NOISE, BORDER, CORE)  # in the order in which rows leave
ENOUGH = 3.0
HALF_LIFE_DAYS = 7.0
LOOKED_AT = 32  # of those that are like it, the most similar

ANEW = 8  # of those whose label is remembered, so many are looked at again each time

Weigh = Callable[[str], float]
Near = Callable[[str], Iterable[str]]


class Neighbours:
    """Tells those that are like a fingerprint, the most similar first, and remembers them.

    To find them takes a look at all that share a rare frame. After `most` looks it looks no more: nobody is
    like any other, and it `has_refused`.
    """

    def __init__(self, clusterer: Clusterer, most: int) -> None:
        self._clusterer, self._left = clusterer, most
        self._known: dict[str, Sequence[str]] = {}
        self.has_refused = False

    def __call__(self, fingerprint: str) -> Sequence[str]:
        """Return them; one without a signature is like none."""
        if fingerprint in self._known:
            return self._known[fingerprint]
        if self._left <= 0:
            self.has_refused = True
            return ()
        self._known[fingerprint] = self._asked(fingerprint)
        self._left -= self._clusterer.candidates
        return self._known[fingerprint]

    def _asked(self, fingerprint: str) -> Sequence[str]:
        try:
            return [other for other, _ in self._clusterer.neighbours(fingerprint, LOOKED_AT)]
        except KeyError:
            return ()


class Labels:
    """Labels of the fingerprints that are listed of a cluster; remembered, since it may be dear to find them.

    Who weighs enough alone is a core at once; a label that others decide is found, and changes, within turns.
    """

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def of(self, fingerprints: Sequence[str], weigh: Weigh, near: Neighbours) -> dict[str, str]:
        """Return the labels of fingerprints; noise where there was no time to look."""
        labels = {one: CORE if weigh(one) >= ENOUGH else NOISE for one in fingerprints}
        known = {one: found for one, found in self._known.items() if labels.get(one) == NOISE}
        unknown = [one for one, found in labels.items() if found == NOISE and one not in known]
        label = labeller(weigh, near)
        for one in [*unknown, *list(known)[:ANEW]]:
            found = label(one)
            if near.has_refused:
                break
            known.pop(one, None)  # it is the youngest now
            known[one] = found
        self._known = known
        return labels | known


def weight(row: Row, day: int) -> float:
    """Return what the crashes of a row weigh on a day (since 1970): half after each half-life."""
    newest, *counts = row["days"] or [day]
    past = max(0, day - newest)
    return float(
        sum(count * 0.5 ** ((past + age) / HALF_LIFE_DAYS) for age, count in enumerate(counts) if count)
    )


def faded(weight: float, days: int) -> float:
    """Return what is left of a weight after so many days."""
    return weight * math.exp2(-max(0, days) / HALF_LIFE_DAYS)


def labeller(weigh: Weigh, near: Near) -> Callable[[str], str]:
    """Return what tells labels for a moment; `near` gives those that are like one, the most similar first."""

    @cache
    def is_core(fingerprint: str) -> bool:
        return _is_core(fingerprint, weigh, near)

    def label(fingerprint: str) -> str:
        if is_core(fingerprint):
            return CORE
        return BORDER if any(is_core(other) for other in near(fingerprint)) else NOISE

    return label


def _is_core(fingerprint: str, weigh: Weigh, near: Near) -> bool:
    total = weigh(fingerprint)
    if total >= ENOUGH:
        return True
    for other in near(fingerprint):
        total += weigh(other)
        if total >= ENOUGH:
            return True
    return False
