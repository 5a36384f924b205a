"""A timeline: what happens to services, second by second, and which alerts are expected of it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pipeline.event_time import MINUTE
from pipeline.rules import Rule

BECOMES = ("firing", "resolved")


class Whose(NamedTuple):
    """Where something happens."""

    service: str = "service"
    namespace: str | None = None
    environment: str | None = None
    release: str | None = None


class Amount(NamedTuple):
    """So many at once, or so many a minute."""

    number: float
    is_rate: bool


class Step(NamedTuple):
    """One thing that happens from a second on until before another; `fields` say how."""

    what: str
    whose: Whose
    at: int
    until: int
    amount: Amount
    fields: Mapping[str, Any]

    def number(self, second: int) -> int:
        """Return how many there are in a second; those of a rate are spread evenly."""
        if not self.at <= second < self.until:
            return 0
        if not self.amount.is_rate:
            return int(self.amount.number) if second == self.at else 0
        since, rate = second - self.at, self.amount.number / MINUTE
        return int((since + 1) * rate) - int(since * rate)


class Expected(NamedTuple):
    """So many alerts, 0 for none, are expected to become something between two seconds, both included."""

    alert: str
    becomes: str
    first: int
    last: int
    labels: Mapping[str, str]
    summary: str | None
    times: int = 1


class Timeline(NamedTuple):
    """What happens, what is expected, for how long, and which rules look on."""

    name: str
    rules: tuple[Rule, ...]
    steps: tuple[Step, ...]
    expected: tuple[Expected, ...]
    lasts: int
