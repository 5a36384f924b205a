"""How far a fact may get in any window of what is kept of a service: most stay far from any threshold.

A quotient of sums lies between the smallest and the largest quotient of its parts, a sum of counts is at most
that of all of them, a quantile at most the largest value.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import truediv
from typing import NamedTuple

from pipeline import sketch
from pipeline.event_time import MINUTE
from pipeline.measures import NS
from pipeline.rules import Rule
from pipeline.windows import Windows

NO_TIME = 1e-9  # of a cell of which no time is known: what it has is more than any threshold
ROUNDED = 1e-9  # of a value: sums are rounded otherwise than their parts


class Bounds(NamedTuple):
    """What no value of a fact is below, and above; 0 of what there is nothing is none."""

    least: float = 0.0
    most: float = math.inf


def _lines(kept: Windows) -> Bounds:
    """Return them a minute, by the seconds of a span in which there were any; releases share these."""
    newest, *heard = kept.get("heard") or [0]
    covered, most = [bits.bit_count() or NO_TIME for bits in heard], 0.0
    for later, *counts in kept["lines"].values():
        told = covered[newest - later :] if later <= newest else []
        if len(told) < len(counts):
            return Bounds()
        most += max(map(truediv, counts, told))
    return Bounds(most=most * MINUTE)


def _crashes(kept: Windows) -> Bounds:
    return Bounds(most=float(sum(sum(counts) for _, *counts in kept["crashes"].values())))


def _gc_cycles(kept: Windows) -> Bounds:
    return Bounds(most=float(sum(cell[1] for cells in kept["gc"].values() for cell in cells)))


def _alloc_rate(kept: Windows) -> Bounds:
    return _between([(cell[2], cell[3]) for cells in kept["gc"].values() for cell in cells])


def _heap_goal_ratio(kept: Windows) -> Bounds:
    return _between([(cell[4], cell[5]) for cells in kept["gc"].values() for cell in cells])


def _gc_pause(kept: Windows) -> Bounds:
    sketches = [one for minutes in kept["pauses"].values() for _, one in minutes]
    return Bounds(most=(sketch.quantile(sketches, 1.0) or 0.0) / NS)


def _between(parts: list[tuple[float, float]]) -> Bounds:
    quotients = [above / (below or NO_TIME) for above, below in parts if above or below]
    return Bounds(min(quotients, default=0.0), max(quotients, default=0.0))


BOUNDS: Mapping[str, Callable[[Windows], Bounds]] = {
    "lines": _lines,
    "crashes": _crashes,
    "gc_cycles": _gc_cycles,
    "alloc_rate": _alloc_rate,
    "heap_goal_ratio": _heap_goal_ratio,
    "gc_pause": _gc_pause,
}
COUNTED = {"crashes", "gc_cycles"}  # bounds of these are counts, not counts a minute


class Reach:
    """The bounds of a service's facts, at any time, of any release; each is looked for once."""

    def __init__(self, kept: Windows) -> None:
        self._kept = kept
        self._known: dict[str, Bounds] = {}

    def of(self, fact: str) -> Bounds:
        """Return the bounds of a fact; without any where none are known."""
        if (known := self._known.get(fact)) is None:
            find = BOUNDS.get(fact)
            least, most = find(self._kept) if find else Bounds()
            known = self._known[fact] = Bounds(least * (1 - ROUNDED), most * (1 + ROUNDED))
        return known


def nearest_thresholds(rules: Iterable[Rule]) -> tuple[float | None, float | None]:
    """Return the least threshold that fires above, and the most that fires below; None: there is none."""
    fires = [rule.fire for rule in rules if rule.fire]
    above = (fire.threshold for fire in fires if fire.op.startswith(">"))
    below = (fire.threshold for fire in fires if fire.op.startswith("<"))
    return min(above, default=None), max(below, default=None)


class Mark(NamedTuple):
    """A fact, and between which values none of the rules about it fires; None: there is no such value."""

    fact: str
    above: float | None
    below: float | None

    @classmethod
    def of(cls, rules: Sequence[Rule]) -> "Mark":
        """Return the mark of rules that see the same."""
        rule, (above, below) = rules[0], nearest_thresholds(rules)
        times = rule.window_s / MINUTE if rule.fact in COUNTED else 1
        return cls(rule.fact or "", *(None if one is None else one * times for one in (above, below)))

    def either(self, other: "Mark") -> "Mark":
        """Return the mark of what has this one or another, of the same fact."""
        above = [one.above for one in (self, other) if one.above is not None]
        below = [one.below for one in (self, other) if one.below is not None]
        return Mark(self.fact, min(above, default=None), max(below, default=None))

    def is_far_from(self, reach: Reach) -> bool:
        """Return whether nothing that is kept lets any of the rules fire."""
        least, most = reach.of(self.fact)
        return (self.above is None or most < self.above) and (self.below is None or least > self.below)
