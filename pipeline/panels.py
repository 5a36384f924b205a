"""Rules about a service that see the same: one look at its windows tells whether any has to be asked."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pipeline.observation import Observation
from pipeline.reach import Mark, nearest_thresholds
from pipeline.rules import AT_RECORDS, Kind, Rule

KEPT_IN: Mapping[str, str] = {  # of each fact, the windows without which there is nothing to see
    "crashes": "crashes",
    "lines": "lines",
    "crash_ratio": "lines",
    "gc_cycles": "gc",
    "alloc_rate": "gc",
    "heap_goal_ratio": "gc",
    "gc_pause": "pauses",
}


NONE: frozenset[str] = frozenset()
REMEMBERED = 1_000  # sets of windows and of alerts; services are much alike


class Panel(NamedTuple):
    """Rules, in their order. `above`, `below`: a value between these lets none of them fire; None: no bound.

    `needs`: the windows without any of which none of them fires; None: none fires by windows. Without
    `is_shared` each has to be asked: it looks at releases, or at what happened to bugs. `mark` is for what
    may come of what is kept; None: that tells nothing.
    """

    rules: tuple[Rule, ...]
    names: frozenset[str]
    is_shared: bool
    above: float | None
    below: float | None
    needs: frozenset[str] | None
    mark: Mark | None

    def may_fire(self, kept: frozenset[str]) -> bool:
        """Return whether any of the rules may fire where there are these windows."""
        return self.needs is not None and self.needs <= kept

    def is_quiet(self, seen: Observation) -> bool:
        """Return whether none of the rules fires."""
        if seen.value is None or seen.n < self.rules[0].min_samples:
            return True
        if seen.holds is not None:
            return not seen.holds
        judged = seen.value if seen.lower is None else seen.lower
        return (self.above is None or judged < self.above) and (self.below is None or judged > self.below)


class Asked(NamedTuple):
    """Panels that have to be asked; the marks of the facts that they are about, and those that have none.

    `is_timed`: the latter fire when their time comes, whatever is told.
    """

    panels: tuple[Panel, ...]
    marks: tuple[Mark, ...]
    unmarked: tuple[Panel, ...]
    is_timed: bool

    @classmethod
    def of(cls, panels: Iterable[Panel]) -> "Asked":
        """Sum the marks up: one a fact."""
        panels, marks = tuple(panels), dict[str, Mark]()
        for mark in (panel.mark for panel in panels if panel.mark):
            marks[mark.fact] = marks[mark.fact].either(mark) if mark.fact in marks else mark
        unmarked = tuple(panel for panel in panels if not panel.mark)
        is_timed = all(panel.rules[0].kind == Kind.ABSENT for panel in unmarked)
        return cls(panels, tuple(marks.values()), unmarked, is_timed)


class Board:
    """The panels of the rules that look at a service, in the order of their firsts."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        alike: dict[str, list[Rule]] = {}
        for rule in rules:
            alike.setdefault(rule.sees if _is_shared(rule) else f"alone {rule.name}", []).append(rule)
        self.panels = tuple(map(_panel, alike.values()))
        self._asked: dict[tuple[frozenset[str], frozenset[str]], Asked] = {}

    def asked(self, kept: frozenset[str], present: frozenset[str] = NONE) -> Asked:
        """Return what has to be asked where there are these windows, and alerts of these rules."""
        if (known := self._asked.get((kept, present))) is None:
            if len(self._asked) >= REMEMBERED:
                self._asked.clear()
            known = self._asked[kept, present] = Asked.of(
                one for one in self.panels if one.may_fire(kept) or not one.names.isdisjoint(present)
            )
        return known


def _is_shared(rule: Rule) -> bool:
    return rule.kind not in AT_RECORDS and not rule.by


def _panel(rules: Sequence[Rule]) -> Panel:
    above, below = nearest_thresholds(rules)
    names = frozenset(rule.name for rule in rules)
    needs = _needs(rules[0], fires_at_zero=below is not None or above is None or above <= 0)
    mark = Mark.of(rules) if (above, below) != (None, None) and _is_shared(rules[0]) else None
    return Panel(tuple(rules), names, _is_shared(rules[0]), above, below, needs, mark)


def _needs(rule: Rule, *, fires_at_zero: bool) -> frozenset[str] | None:
    if rule.kind in AT_RECORDS:
        return None
    if rule.kind == Kind.ABSENT:
        return frozenset({"last"})
    is_of_crashes = rule.fact == "crash_ratio" and not fires_at_zero  # without crashes, it is 0
    return frozenset({KEPT_IN[rule.fact or ""], *(["crashes"] if is_of_crashes else [])})
