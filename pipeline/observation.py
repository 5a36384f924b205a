"""What a rule sees at one time."""

from typing import Any, NamedTuple

from pipeline.event_time import written
from pipeline.rules import Rule


class Observation(NamedTuple):
    """A value at a time, in seconds since 1970; None: nothing is known.

    `lower`: what is held against the rule's `fire` where chance alone could make the value. `holds`: whether
    the rule fires, `over`: whether it is clear, where more than a value decides. `n`: samples behind it.
    `enters_at`, `leaves_at`: when something that is known already comes into the window, or leaves it; None:
    never. `evidence`: what the value was made of; `window`: the seconds of it, from one to before another.
    """

    at: int
    value: float | None
    n: int = 0
    lower: float | None = None
    holds: bool | None = None
    over: bool | None = None
    enters_at: int | None = None
    leaves_at: int | None = None
    evidence: dict[str, Any] = {}  # noqa: RUF012  # of a tuple, and never changed
    window: tuple[int, int] | None = None

    def told(self) -> dict[str, Any]:
        """Return what the value was made of as it stands in records; of most values nobody asks."""
        if self.window is None:
            return self.evidence
        return {"window": [written(second) for second in self.window], **self.evidence}


def fires(rule: Rule, seen: Observation) -> bool:
    """Return whether the rule's condition to fire is met."""
    if seen.value is None or seen.n < rule.min_samples:
        return False
    if seen.holds is not None:
        return seen.holds
    judged = seen.value if seen.lower is None else seen.lower
    return rule.fire is None or rule.fire.holds(judged)


def clears(rule: Rule, seen: Observation) -> bool:
    """Return whether the rule's condition to clear is met; where it has none, that it does not fire."""
    if seen.value is None:
        return False
    if seen.over is not None:
        return seen.over
    if rule.clear is None:
        return not fires(rule, seen)
    return rule.clear.holds(seen.value)
