"""Who would be told of an alert now, by which route, in which group; and what keeps it silent."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pipeline.routes import Route, Routes
from pipeline.routing import Explained, Labels, explained
from pipeline.silence import Silence
from pipeline.time_intervals import Hours, Moment, muted_by


class Hush(NamedTuple):
    """What keeps alerts with some labels silent, whatever the channel."""

    silences: Callable[[Labels], list[Silence]]
    inhibitor: Callable[[Labels], Labels | None]
    now: float
    """Seconds since 1970."""


def explanation(routes: Routes, labels: Labels, moment: Moment, hush: Hush | None) -> dict[str, Any]:
    """Return it for people and programs; without `hush`, silences and other alerts are not known (null)."""
    inhibitor = hush and hush.inhibitor(labels)
    return {
        "labels": dict(labels),
        "targets": [_target(one, routes, moment) for one in explained(routes, labels)],
        "silences": hush and [one.shown(hush.now) for one in hush.silences(labels)],
        "inhibited": hush and inhibitor is not None,
        "inhibited_by": None if inhibitor is None else dict(inhibitor),
    }


def _target(one: Explained, routes: Routes, moment: Moment) -> dict[str, Any]:
    target, timings, route = one.target, one.target.timings, one.path[-1]
    channel = routes.channels.get(target.channel)
    return {
        "channel": target.channel,
        "type": channel and channel.type,
        "enabled": bool(channel and channel.enabled),
        "route": route.name,
        "path": [_step(route) for route in one.path],
        "group_key": target.group_key,
        "group_labels": target.group_labels,
        "group_wait_s": timings.group_wait_s,
        "group_interval_s": timings.group_interval_s,
        "repeat_interval_s": timings.repeat_interval_s,
        "muted_by": muted_by(Hours(route.mute, route.active), routes.intervals, moment),
    }


def _step(route: Route) -> dict[str, Any]:
    return {"name": route.name, "matchers": [str(one) for one in route.matchers]}


def read_labels(texts: Mapping[str, str]) -> dict[str, str]:
    """Return labels without those that are empty, which are none."""
    return {name: value for name, value in texts.items() if value}
