"""Rules about a service that see the same: one look at its windows tells whether any has to be asked."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pipeline.observation import Observation
from pipeline.rules import AT_RECORDS, Rule


class Panel(NamedTuple):
    """Rules, in their order. `above`, `below`: a value between these lets none of them fire; None: no bound.

    Without `is_shared` each has to be asked: it looks at releases, or at what happened to bugs.
    """

    rules: tuple[Rule, ...]
    names: frozenset[str]
    is_shared: bool
    above: float | None
    below: float | None

    def is_quiet(self, seen: Observation) -> bool:
        """Return whether none of the rules fires."""
        if seen.value is None or seen.n < self.rules[0].min_samples:
            return True
        if seen.holds is not None:
            return not seen.holds
        judged = seen.value if seen.lower is None else seen.lower
        return (self.above is None or judged < self.above) and (self.below is None or judged > self.below)


def panels(rules: Iterable[Rule]) -> tuple[Panel, ...]:
    """Put rules together, in the order of their firsts."""
    alike: dict[tuple[object, ...], list[Rule]] = {}
    for rule in rules:
        is_alone = rule.kind in AT_RECORDS or bool(rule.by)
        alike.setdefault((rule.name,) if is_alone else rule.sees, []).append(rule)
    return tuple(map(_panel, alike.values()))


def _panel(rules: Sequence[Rule]) -> Panel:
    first = rules[0]
    above = [rule.fire.threshold for rule in rules if rule.fire and rule.fire.op.startswith(">")]
    below = [rule.fire.threshold for rule in rules if rule.fire and rule.fire.op.startswith("<")]
    is_shared = first.kind not in AT_RECORDS and not first.by
    names = frozenset(rule.name for rule in rules)
    return Panel(tuple(rules), names, is_shared, min(above, default=None), max(below, default=None))
