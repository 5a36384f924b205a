"""Alerts that fire, and of which a channel knows nothing: routes changed, and lead there now."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from aiokafka.partitioner import DefaultPartitioner  # type: ignore[import-untyped]  # it has no types

from agents.desk import Desk
from agents.overview import Overview, Standing
from pipeline import failing
from pipeline.group import is_up
from pipeline.routes import Routes
from pipeline.routing import notification, routed

SETTLED_S = 120.0  # what is younger is told by whoever saw it fire


class Newcomers:
    """Looks at each alert once, and again where routes or the partitions that are ours are others.

    A channel that nobody ever told anything has no row: whose it is, its name says.
    """

    def __init__(self, overview: Overview, partitions: int) -> None:
        self._overview, self._all = overview, list(range(partitions))
        self._looked_at: dict[str, int] = {}
        self._terms: tuple[Routes, frozenset[int]] | None = None

    def told(
        self, routes: Routes, desks: Mapping[str, Desk], ours: frozenset[int]
    ) -> Iterator[dict[str, Any]]:
        """Yield the notifications that tell our channels of such alerts."""
        if self._terms is None or self._terms[0] is not routes or self._terms[1] != ours:
            self._terms, self._looked_at = (routes, ours), {}
        firing = dict(self._overview.firing(time.time() - SETTLED_S))
        fresh = {name: one for name, one in firing.items() if self._looked_at.get(name) != one.order.began}
        self._looked_at = {name: one.order.began for name, one in firing.items()}
        known = {channel: _known(desk) for channel, desk in desks.items()} if fresh else {}
        for name, one in fresh.items():
            for target in routed(routes, one.labels):
                if self._owner(target.channel) in ours and name not in known.get(target.channel, ()):
                    yield from (notification(target, record) for record in _paging(one))

    def _owner(self, channel: str) -> int:
        """Return the partition that all of a channel is in."""
        number: int = DefaultPartitioner()(channel.encode(), self._all, self._all)
        return number


def _known(desk: Desk) -> set[str]:
    return {name for group in desk.groups.values() for name, one in group.members.items() if is_up(one)}


def _paging(standing: Standing) -> Iterator[dict[str, Any]]:
    """Give the record, unless a limit holds it back, or it goes its own way: that a channel fails."""
    record: dict[str, Any] = orjson.loads(standing.written)
    held = record["timing"].get("held") if isinstance(record.get("timing"), dict) else None
    if not held and standing.labels.get("alertname") != failing.NAME:
        yield record | {"seq": standing.order.seq}
