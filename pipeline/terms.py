"""By what alerts are judged, and which rules look at which service."""

from collections.abc import Sequence
from typing import Any

from pipeline.alert_state import Phase
from pipeline.panels import Board
from pipeline.routes import DEFAULT, Route, Routes
from pipeline.rules import AT_RECORDS, Rule
from pipeline.rules import Subject as About
from pipeline.storms import Limits, Tally

SERVICE = ("namespace", "service", "environment")
LIMITS = Limits()
ROUTES = Routes(Route("route", DEFAULT, ("alertname", "service", "env", "severity")))
REMEMBERED = 50_000  # services whose rules are known

Service = tuple[str | None, ...]


class Terms:
    """By what is judged: the rules, what else is active, when an alert is no page, and who is told."""

    def __init__(
        self, rules: Sequence[Rule], tally: Tally, limits: Limits = LIMITS, routes: Routes = ROUTES
    ) -> None:
        self.rules, self.tally, self.limits, self.routes = tuple(rules), tally, limits, routes
        self._lasts = {rule.name: rule.for_s for rule in rules}
        self._about_services = [rule for rule in rules if rule.subject == About.SERVICE]
        self._choosy = [  # by what all of a service has
            rule
            for rule in self._about_services
            if rule.where and rule.kind not in AT_RECORDS and not rule.by
        ]
        self._of_services: dict[Service, Board] = {}
        self._boards: dict[frozenset[str], Board] = {}

    def pending_s(self, row: dict[str, Any]) -> int:
        """Return for how long what is pending in a row, or was of late, has to hold until all of it fires."""
        pending = [key for key, entry in row["alerts"].items() if entry["state"][0] == Phase.PENDING]
        names = {key.partition("/")[0] for key in [*pending, *row.get("over", ())]}
        return max((self._lasts.get(name, 0) for name in names), default=0)

    def of_service(self, service: Service) -> Board:
        """Return the rules that look at a service; most services have the same."""
        if service not in self._of_services:
            if len(self._of_services) >= REMEMBERED:
                self._of_services.clear()
            names = dict(zip(SERVICE, service, strict=True))
            others = frozenset(rule.name for rule in self._choosy if not rule.matches(names))
            if others not in self._boards:
                self._boards[others] = Board(one for one in self._about_services if one.name not in others)
            self._of_services[service] = self._boards[others]
        return self._of_services[service]
