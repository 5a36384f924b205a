"""When an alert is no page of its own: too many at once, or too long ago.

It is an alert all the same, with its record and its transitions. What a limit holds back (`folded`) is
counted in one alert, and pages once there is room; what was seen long after comes in one digest: it was told
late to those who watch (`late`), or these did not run (`missed`). The latter is their own affair: it counts
for limits as if it had paged.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pipeline.alert_state import ACTIVE
from pipeline.event_time import MINUTE, seconds

TOP = 10
ENTRIES = 200
"""Alerts in a row; what fires beyond is counted only, as `crowded`: [by records, by the last look]."""
Entry = dict[str, Any]


class Limits(NamedTuple):
    """How many alerts page, of one partition; and how old one may be, in seconds, when it is seen."""

    active_a_rule: int = 50
    new_a_minute: int = 20  # of a service
    page_horizon_s: int = 600


class Held(NamedTuple):
    """An alert that does not page; `since` is when it was seen, for one that came late."""

    rule: str
    labels: dict[str, str]
    since: str | None


class Count:
    """The active alerts of some rows, by what is written of them."""

    def __init__(self) -> None:
        self._paging: Counter[str] = Counter()
        self._rows: dict[str, tuple[Counter[str], list[Held]]] = {}
        self._beyond: dict[str, int] = {}

    def note(self, key: str, row: Mapping[str, Any] | None) -> None:
        """Take the latest state of a row; None: it is no more here."""
        if key in self._rows:  # of most rows there is nothing to count
            self._paging -= self._rows.pop(key)[0]
        self._beyond.pop(key, None)
        alerts = row["alerts"] if row else {}
        if row and row.get("crowded"):
            self._beyond[key] = sum(row["crowded"])
        if alerts:
            active = [entry for entry in alerts.values() if entry["state"][0] in ACTIVE]
            paging = Counter(_rule(entry) for entry in active if not {"folded", "late"} & entry.keys())
            self._paging += paging
            late = [entry for entry in alerts.values() if _since(entry)]
            folded = [entry for entry in active if entry.get("folded")]
            since = [Held(_rule(entry), entry["labels"], _since(entry)) for entry in late]
            self._rows[key] = (paging, since + [Held(_rule(one), one["labels"], None) for one in folded])

    def paging(self, rule: str) -> int:
        """Return how many alerts of a rule are active and page."""
        return self._paging[rule]

    @property
    def beyond(self) -> int:
        """How many were counted only."""
        return sum(self._beyond.values())

    @property
    def is_folded(self) -> bool:
        """Whether a limit holds back any."""
        return bool(self.beyond or self.folded())

    def folded(self) -> list[Held]:
        """Return those that a limit holds back."""
        return [held for held in self._all() if held.since is None]

    def late(self, after: str) -> list[Held]:
        """Return those that were seen too late, after a time."""
        return [held for held in self._all() if held.since is not None and held.since > after]

    def _all(self) -> Iterator[Held]:
        return (held for _, row in self._rows.values() for held in row)


class Tally(Count):
    """The active alerts of a partition's rows: those about services, and apart from them those about bugs.

    Bugs are told by another topic, and no record says which of two topics was first: what is decided about
    the one may not hang on how many there are of the other.
    """

    def __init__(self) -> None:
        super().__init__()
        self.bugs = Count()

    def note(self, key: str, row: Mapping[str, Any] | None) -> None:
        """Take the latest state of a row; None: it is no more here."""
        if row is None or not is_of_bugs(row):
            super().note(key, row)
        if row is None or is_of_bugs(row):
            self.bugs.note(key, row)

    def late(self, after: str) -> list[Held]:
        """Return those of either that were seen too late, after a time."""
        return [*super().late(after), *self.bugs.late(after)]


def is_of_bugs(row: Mapping[str, Any]) -> bool:
    """Return whether the topic that tells of bugs makes a row."""
    return "cluster_id" in row or "storm" in row


def held(entry: Entry) -> str | None:
    """Return why an alert does not page, None where it does."""
    return next((why for why in ("late", "missed", "folded") if why in entry), None)


def is_held(entry: Entry) -> bool:
    """Return whether an alert does not page."""
    return held(entry) is not None


def is_late(fired_at: int, arrival: str, limits: Limits) -> bool:
    """Return whether something fired long before it was seen."""
    return seconds(arrival) - fired_at > limits.page_horizon_s


def is_full(paging: int, fired: Sequence[int], at: int, limits: Limits) -> bool:
    """Return whether a limit is reached: by those of the rule, or by what fired in this service lately."""
    return paging >= limits.active_a_rule or len(recent(fired, at)) >= limits.new_a_minute


def recent(fired: Sequence[int], at: int) -> list[int]:
    """Return those seconds at which an alert fired that are not a minute ago."""
    return [second for second in fired if second > at - MINUTE]


def summed(held: Sequence[Held]) -> dict[str, Any]:
    """Return what is told of many: how many there are, and those of which there are most."""
    ranked = Counter((one.rule, one.labels.get("service", "")) for one in held).most_common(TOP)
    return {
        "alerts": len(held),
        "top": [{"rule": rule, "service": service, "alerts": count} for (rule, service), count in ranked],
    }


def _rule(entry: Entry) -> str:
    return str(entry["labels"]["alertname"])


def _since(entry: Entry) -> str | None:
    return entry.get("late") or entry.get("missed")
