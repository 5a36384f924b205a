"""Routes read from TOML: all that is wrong with them at once."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from pipeline.channels import read_channel
from pipeline.channels.settings import ChannelSettings
from pipeline.route_fields import CALLED, CHANNEL, INHIBITION, PERIOD, ROOT_HAS_NONE, ROUTE, Field
from pipeline.routes import NOBODY, Inhibition, Route, Routes
from pipeline.time_intervals import Period
from pipeline.toml_lines import MARK, FaultsError, Path, nearest, parsed, places

TABLES = ("route", "inhibit_rules", "time_intervals", "channels")
DEEPEST = 20  # routes within routes
GROUPED = ("alertname", "service", "env", "severity")  # where the root names no labels
Table = Mapping[str, Any]


class RouteFaultsError(FaultsError):
    """Routes that cannot be used."""


class Source:
    """A TOML text, its file, and all that is wrong with it."""

    def __init__(self, text: str, where: str) -> None:
        self.faults: list[str] = []
        self._where, self._lines = where, places(text)

    def say(self, path: Path, told: str) -> None:
        """Take note of a fault: `FILE:LINE: route 2: matchers: ...`."""
        at = nearest(self._lines, path)
        self.faults.append(f"{self._where}{at}: {told}")


def is_routes(text: str) -> bool:
    """Return whether a TOML text holds routes; rules are tables, too."""
    try:
        tables = parsed(text, "")
    except ValueError:
        return False
    return any(name in tables and not _is_rule(tables[name]) for name in TABLES)


def read_routes(text: str, where: str, shipped: str = "") -> Routes:
    """Read a file of routes. Raises RouteFaultsError with every fault.

    `shipped` is the text of those that there are without it: what the file has no table of is as there.
    """
    source = Source(text.removeprefix(MARK), where)
    try:
        given, before = parsed(text, where), parsed(shipped, where)
    except ValueError as error:
        raise RouteFaultsError([str(error)]) from None
    for name in given.keys() - set(TABLES):
        source.say((name,), f"{name}: no such table; {_meant(name, TABLES)}")
    tables = before | given
    found = Routes(
        _root(tables.get("route"), source),
        tuple(_inhibitions(tables.get("inhibit_rules", []), source)),
        _intervals(tables.get("time_intervals", {}), source),
        _channels(tables.get("channels", {}), source),
    )
    if shipped:
        _name(found, source, is_own="route" in given)
    if source.faults:
        raise RouteFaultsError(source.faults)
    return found


def _is_rule(table: object) -> bool:
    return isinstance(table, dict) and "kind" in table


def _meant(name: str, known: Iterable[str]) -> str:
    """Say what may be meant by a name."""
    if name in CALLED:
        return f"it is called {CALLED[name]} here"
    listed = list(known)
    near = get_close_matches(name, listed, n=1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(dict.fromkeys(listed)) or 'none'}"


def _read(table: Table, fields: Mapping[str, Field], source: Source, place: tuple[str, Path]) -> Table:
    """Read the fields of a table, under the names of our nouns; what is wrong is told, and left out."""
    called, path = place
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in fields:
            source.say((*path, name), f"{called}: {name}: no such field; {_meant(name, fields)}")
            continue
        try:
            values[fields[name].name] = fields[name].read(value)
        except ValueError as error:
            source.say((*path, name), f"{called}: {name}: it is {_shown(value)}; {error}")
    return values


def _shown(value: object) -> str:
    return str(value)[:80].lower() if isinstance(value, bool) else repr(value)[:80]


def _root(table: object, source: Source) -> Route:
    """Read the tree. Its root takes all alerts, and inherits nothing."""
    above = Route("", "", GROUPED)
    if not isinstance(table, dict):
        source.say(("route",), "route: it is missing; a table [route] that names a channel")
        return above
    for name in ROOT_HAS_NONE:
        if name in table:
            told = "the root takes all alerts at all times; put it into a [[route.routes]]"
            source.say(("route", name), f"route: {name}: {told}")
    if "channel" not in table:
        told = "it is missing" if "receiver" not in table else "it is what is called receiver elsewhere"
        source.say(("route",), f"route: channel: {told}; who is told where no other route takes an alert")
    return _route(table, above, source, ("route",))


def _route(table: Table, above: Route, source: Source, path: Path) -> Route:
    """Read a route and those below it; what it does not set is as it is above."""
    name = words(path)
    own = {field: value for field, value in table.items() if field != "routes"}
    values = _read(own, ROUTE, source, (name, path))
    inherited = {
        "channel": above.channel,
        "group_by": above.group_by,
        "group_wait_s": above.group_wait_s,
        "group_interval_s": above.group_interval_s,
        "repeat_interval_s": above.repeat_interval_s,
    }
    route = Route(name, **{**inherited, **values})
    below = table.get("routes", [])
    if not _are_tables(below):
        tables = ".".join(part for part in path if isinstance(part, str))
        source.say((*path, "routes"), f"{name}: routes: tables [[{tables}.routes]]")
    elif below and len(path) > 2 * DEEPEST:
        source.say(path, f"{name}: routes: more than {DEEPEST} within each other")
    else:
        children = (_route(one, route, source, (*path, "routes", at)) for at, one in enumerate(below))
        route = replace(route, routes=tuple(children))
    return route


def _are_tables(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _inhibitions(value: Any, source: Source) -> Iterator[Inhibition]:
    if not _are_tables(value):
        source.say(("inhibit_rules",), "inhibit_rules: tables [[inhibit_rules]]")
        return
    for number, table in enumerate(value):
        called, path = f"inhibit_rules {number + 1}", ("inhibit_rules", number)
        values = _read(table, INHIBITION, source, (called, path))
        for name in ("source_matchers", "target_matchers"):
            if not table.get(name):
                source.say(path, f"{called}: {name}: it is missing; {INHIBITION[name].meaning}")
        yield Inhibition(**{"source": (), "target": (), **values})


def _intervals(value: Any, source: Source) -> dict[str, tuple[Period, ...]]:
    if not isinstance(value, dict):
        source.say(("time_intervals",), "time_intervals: a table [time_intervals] of lists of periods")
        return {}
    found = {}
    for name, periods in value.items():
        path, called = ("time_intervals", name), f"time_intervals: {name}"
        if not _are_tables(periods) or not periods:
            source.say(
                path, f"{called}: a list of periods, such as [{{ weekdays = ['saturday', 'sunday'] }}]"
            )
            periods = []  # noqa: PLW2901  # its name is known all the same
        read = (_read(one, PERIOD, source, (called, (*path, at))) for at, one in enumerate(periods))
        found[name] = tuple(Period(**one) for one in read)
    return found


def _channels(value: Any, source: Source) -> dict[str, ChannelSettings]:
    if not isinstance(value, dict):
        source.say(("channels",), "channels: a table [channels.NAME] for each")
        return {}
    found = {}
    for name, table in value.items():
        path, called = ("channels", name), f"channels: {name}"
        if not CHANNEL.fullmatch(name) or name == NOBODY:
            source.say(
                path, f"{called}: no name of a channel; letters, digits, _, . and -, and not `{NOBODY}`"
            )
        try:
            found[name] = read_channel(table if isinstance(table, dict) else {})
        except ValueError as error:
            for fault in str(error).splitlines():
                source.say((*path, fault.partition(":")[0]), f"{called}: {fault}")
    return found


def _name(routes: Routes, source: Source, *, is_own: bool) -> None:
    """Say which names are of nothing. The shipped tree may name a heartbeat that there is not."""
    for route, above, path in walk(routes.root) if is_own else ():
        _known((*path, "channel"), [route.channel], [*routes.channels, NOBODY, "", above], source)
        _known((*path, "mute_time_intervals"), route.mute, routes.intervals, source)
        _known((*path, "active_time_intervals"), route.active, routes.intervals, source)
    if not is_own and routes.channels and routes.root.channel not in routes.channels:
        what = f"the shipped route tells {routes.root.channel}, which is not there"
        source.say(("channels",), f"channels: {what}; call one so, or write a [route] of your own")


def _known(path: Path, names: Iterable[str], known: Collection[str], source: Source) -> None:
    for name in names:
        if name not in known:
            meant = _meant(name, filter(None, known))
            source.say(path, f"{words(path[:-1])}: {path[-1]}: there is no {name}; {meant}")


def words(path: Path) -> str:
    """Return how a route is called: `route`, `route 2`, `route 2.1`."""
    numbers = ".".join(str(part + 1) for part in path if isinstance(part, int))
    return f"route {numbers}" if numbers else "route"


def walk(route: Route, above: str = "", path: Path = ("route",)) -> Iterator[tuple[Route, str, Path]]:
    """Yield a route and all below it, with the channel above each, and where it stands."""
    yield route, above, path
    for number, child in enumerate(route.routes):
        yield from walk(child, route.channel, (*path, "routes", number))
