"""Routes that are well written and can never do what they say."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import NamedTuple

from pipeline.alerting import NAMESAKES
from pipeline.channels.links import IDS
from pipeline.channels.settings import PLACE
from pipeline.matchers import Matcher
from pipeline.route_checks import walk
from pipeline.routes import ALERTMANAGER, EVERY_LABEL, Route, Routes
from pipeline.rules import Rule, Severity

LABELS = (
    "alertname",
    "severity",
    "source",
    "service",
    "namespace",
    "env",
    "release",
    "cluster_id",
    "partition",
)
OURS = ("Digest", "ChannelFailing")  # alerts that no rule makes


class Known(NamedTuple):
    """The names of labels that alerts have, and of some labels the values."""

    labels: Collection[str]
    values: Mapping[str, Collection[str]]


def known(rules: Iterable[Rule]) -> Known:
    """Return what the alerts of rules have for labels."""
    listed = list(rules)
    labels = dict.fromkeys([*LABELS, *(name for rule in listed for name in rule.labels)])
    names = [*(rule.name for rule in listed), *OURS]
    return Known(list(labels), {"alertname": names, "severity": list(Severity), "source": ["panicstream"]})


def lint(routes: Routes, rules: Iterable[Rule]) -> list[str]:
    """Say in a line each what can never work, and what to do: `route 2: matchers: ...`."""
    labels = known(rules)
    found = list(_inhibitions(routes, labels))
    for route, _, _ in walk(routes.root):
        found += _matchers(f"{route.name}: matchers", route.matchers, labels)
        found += (f"{route.name}: group_by: {fault}" for fault in _strangers(route.group_by, labels))
    found += [*_impossible(routes.root, ()), *_unreached(routes.root), *_unnamed(routes)]
    # An Alertmanager may tell channels through us that no route names, of alerts with any labels.
    return found if _is_behind(routes) else [*found, *_untold(routes), *_links(routes, labels)]


def _told(routes: Routes) -> set[str]:
    return {route.channel for route, _, _ in walk(routes.root)} & routes.channels.keys()


def _is_behind(routes: Routes) -> bool:
    return any(routes.channels[name].type == ALERTMANAGER for name in _told(routes))


def _links(routes: Routes, labels: Known) -> Iterator[str]:
    """Find names in addresses that nothing would stand in place of."""
    known = [*IDS, *labels.labels]
    for channel, settings in routes.channels.items():
        for name in PLACE.findall(settings.link):
            if name not in known:
                near = [NAMESAKES[name]] if name in NAMESAKES else get_close_matches(name, known, n=1)
                hint = f"did you mean {{{near[0]}}}?" if near else f"there are {', '.join(known)}"
                yield f"channels: {channel}: link: there is no {{{name}}}; {hint}"


def _matchers(where: str, matchers: Iterable[Matcher], labels: Known) -> Iterator[str]:
    """Find matchers of labels that no alert has, or of values that none has."""
    for matcher in matchers:
        for fault in _strangers([matcher.name], labels):
            yield f"{where}: {fault}"
        values = labels.values.get(matcher.name, ())
        if values and not any(matcher.meets({matcher.name: value}) for value in values):
            near = get_close_matches(matcher.value, list(values), n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(values)}"
            yield f"{where}: no alert has {matcher}; {hint}"


def _strangers(names: Iterable[str], labels: Known) -> Iterator[str]:
    for name in names:
        if name not in labels.labels and name != EVERY_LABEL:
            near = [NAMESAKES[name]] if name in NAMESAKES else get_close_matches(name, labels.labels, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(labels.labels)}"
            yield f"no alert has a label {name}; {hint}"


def _inhibitions(routes: Routes, labels: Known) -> Iterator[str]:
    for number, one in enumerate(routes.inhibitions, 1):
        where = f"inhibit_rules {number}"
        yield from _matchers(f"{where}: source_matchers", one.source, labels)
        yield from _matchers(f"{where}: target_matchers", one.target, labels)
        yield from (f"{where}: equal: {fault}" for fault in _strangers(one.equal, labels))


def _impossible(route: Route, above: tuple[Matcher, ...]) -> Iterator[str]:
    """Find routes that want one label to be two things, with those above them."""
    wanted = {one.name: one.value for one in above if one.op == "="}
    for matcher in route.matchers:
        if matcher.op == "=" and wanted.setdefault(matcher.name, matcher.value) != matcher.value:
            both = f"{matcher.name} cannot be {wanted[matcher.name]} and {matcher.value} at once"
            yield f"{route.name}: matchers: it takes no alert: {both}"
            return
    for child in route.routes:
        yield from _impossible(child, (*above, *route.matchers))


def _unreached(route: Route) -> Iterator[str]:
    """Find routes of which one before takes all alerts."""
    for number, child in enumerate(route.routes):
        takers = (one for one in route.routes[:number] if not one.continue_)
        first = next((one for one in takers if set(one.matchers) <= set(child.matchers)), None)
        if first:
            cure = f"put it in front of that one, or give {first.name} `continue = true`"
            yield f"{child.name}: it is never reached: {first.name} takes all that it would; {cure}"
        yield from _unreached(child)


def _untold(routes: Routes) -> Iterator[str]:
    for name in routes.channels.keys() - _told(routes):
        yield f"channels: {name}: no route tells it; name it in one, or take it away"


def _unnamed(routes: Routes) -> Iterator[str]:
    named = {name for route, _, _ in walk(routes.root) for name in (*route.mute, *route.active)}
    for name in sorted(routes.intervals.keys() - named):
        yield f"time_intervals: {name}: no route names it; do so, or take it away"
