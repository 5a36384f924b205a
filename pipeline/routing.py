"""Who is to be told of an alert: the walk through the tree of routes, as Prometheus' Alertmanager does it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pipeline.alert import fingerprint
from pipeline.deploy import Deploy
from pipeline.matchers import matches
from pipeline.routes import ALERTMANAGER, EVERY_LABEL, Route, Routes
from pipeline.step import Told

SERVICE = ("namespace", "service", "env")  # as labels of alerts
Labels = Mapping[str, str]


class Timings(NamedTuple):
    """When a group is told. Spans are in seconds; intervals by their names."""

    group_wait_s: float
    group_interval_s: float
    repeat_interval_s: float
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()


class Target(NamedTuple):
    """A group of a channel that an alert belongs to."""

    channel: str
    group_labels: dict[str, str]
    group_key: str
    """FNV-1a of the group's labels: no change of routes changes it."""
    timings: Timings


class Explained(NamedTuple):
    """A target, and the routes that lead there: the root first, the one that decides last."""

    target: Target
    path: tuple[Route, ...]


def routed(routes: Routes, labels: Labels) -> list[Target]:
    """Return the groups of channels that an alert with these labels belongs to, and that are told."""
    return [found.target for found in explained(routes, labels) if routes.tells(found.target.channel)]


def explained(routes: Routes, labels: Labels) -> list[Explained]:
    """Return all such groups, at least one, with the way there. Of two ways to one the first counts."""
    found: dict[tuple[str, str], Explained] = {}
    for path in paths(routes.root, labels):
        one = Explained(_target(path[-1], routes, labels), path)
        found.setdefault((one.target.channel, one.target.group_key), one)
    return list(found.values())


def paths(route: Route, labels: Labels, above: tuple[Route, ...] = ()) -> list[tuple[Route, ...]]:
    """Return each way through the tree that ends at a route which takes the labels.

    The first child that takes them ends the search, but for one with `continue`; where no child does, the
    route itself is the end.
    """
    if not matches(route.matchers, labels):
        return []
    here, found = (*above, route), list[tuple[Route, ...]]()
    for child in route.routes:
        below = paths(child, labels, here)
        found += below
        if below and not child.continue_:
            break
    return found or [here]


def notification(target: Target, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of `notifications` that tells a group of one alert, a record of `alerts`."""
    return {
        **addressed(target),
        "episode": record["episode"],
        "seq": record["seq"],
        "status": record["status"],
        "alerts": [dict(record)],
    }


def addressed(target: Target, *, whole: bool = False) -> dict[str, Any]:
    """Return the fields of a notification that say whom it is for, and when."""
    timings = target.timings
    return {
        "schema_version": 1,
        "channel": target.channel,
        "kind": "alerts",
        "group_key": target.group_key,
        "group_labels": target.group_labels,
        "group_wait_s": timings.group_wait_s,
        "group_interval_s": timings.group_interval_s,
        "repeat_interval_s": timings.repeat_interval_s,
        "mute_time_intervals": list(timings.mute_time_intervals),
        "active_time_intervals": list(timings.active_time_intervals),
        "whole": whole,
    }


def deployed(routes: Routes, deploy: Deploy) -> list[dict[str, Any]]:
    """Return the values of `notifications` that tell of a release.

    They go to the channels that want them, whatever the routes.
    """
    service = [part or "" for part in deploy.service]
    value = {
        "schema_version": 1,
        "channel": "",
        "kind": "deploy",
        "group_key": "/".join(["deploy", *service, deploy.release]),
        "group_labels": {name: part for name, part in zip(SERVICE, service, strict=True) if part},
        "deploy": deploy.model_dump(exclude=set(Told.model_fields)),
    }
    return [value | {"channel": name} for name, channel in routes.channels.items() if channel.deploys]


def _target(route: Route, routes: Routes, labels: Labels) -> Target:
    """Return the group that a route puts labels into; an Alertmanager groups by itself, and waits itself."""
    channel = routes.channels.get(route.channel)
    by_itself = channel is not None and channel.type == ALERTMANAGER
    is_every = by_itself or EVERY_LABEL in route.group_by
    grouped = {name: value for name, value in labels.items() if is_every or name in route.group_by}
    waits = (0.0, 0.0) if by_itself else (route.group_wait_s, route.group_interval_s)
    timings = Timings(*waits, route.repeat_interval_s, route.mute, route.active)
    return Target(route.channel, grouped, fingerprint(grouped), timings)
