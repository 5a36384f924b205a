"""What `rules check` says of a file of routes."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from agents.layout import counted
from agents.route_files import load
from pipeline.route_checks import RouteFaultsError, walk
from pipeline.route_lint import lint
from pipeline.routes import Routes
from pipeline.rules import Rule


class CheckedRoutes(NamedTuple):
    """What is known of a file; `routes` is None where it cannot be used."""

    path: str
    routes: Routes | None
    faults: Sequence[str]
    findings: Sequence[str]

    def fields(self) -> dict[str, Any]:
        """Return it for programs; of channels nothing but their types, as they have secrets."""
        routes = self.routes
        return {
            "file": self.path,
            "routes": [] if routes is None else [_route(one) for one in walk(routes.root)],
            "channels": {} if routes is None else {name: one.type for name, one in routes.channels.items()},
            "faults": self.faults,
            "findings": self.findings,
        }

    def fine(self) -> str:
        """Say in a line what it holds."""
        routes = self.routes
        if routes is None:
            return ""
        told = [
            counted(sum(1 for _ in walk(routes.root)), "route"),
            counted(len(routes.channels), "channel"),
            counted(len(routes.inhibitions), "inhibition"),
            counted(len(routes.intervals), "time interval"),
        ]
        return f"{self.path}: fine, {', '.join(told)}"


def checked_routes(path: str, rules: Iterable[Rule]) -> CheckedRoutes:
    """Read a file and look at its routes, by the labels of rules. Raises OSError, UnicodeDecodeError."""
    try:
        routes = load(path)
    except RouteFaultsError as error:
        return CheckedRoutes(path, None, error.faults, [])
    return CheckedRoutes(path, routes, [], [f"{path}: {finding}" for finding in lint(routes, rules)])


def _route(one: tuple[Any, ...]) -> dict[str, Any]:
    route = one[0]
    return {
        "name": route.name,
        "channel": route.channel,
        "matchers": [str(matcher) for matcher in route.matchers],
        "continue": route.continue_,
        "group_by": route.group_by,
        "group_wait_s": route.group_wait_s,
        "group_interval_s": route.group_interval_s,
        "repeat_interval_s": route.repeat_interval_s,
        "mute_time_intervals": route.mute,
        "active_time_intervals": route.active,
    }
