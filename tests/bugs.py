"""Bugs that are watched, as records of `clusters` tell of them."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from pipeline.alert import Timing
from pipeline.alerting import Row
from pipeline.cluster_told import ClusterTold, read_cluster
from pipeline.event_time import DAY, MINUTE, written
from pipeline.rules import Rule
from pipeline.step import Effect
from pipeline.storms import Tally
from pipeline.terms import Terms
from pipeline.watching_clusters import cluster_arrived
from tests.watched import BEGIN, LATENESS_S

CART = {"service_namespace": "shop", "service_name": "cart", "environment": "live"}


def told(seconds: Iterable[int], at: int, **fields: object) -> ClusterTold:
    """Return the record, at a second after the beginning, of a bug of yesterday that crashed at seconds."""
    by_minute, newest = [0] * 60, (BEGIN + at) // MINUTE
    for second in seconds:
        age = newest - (BEGIN + second) // MINUTE
        if 0 <= age < len(by_minute):
            by_minute[-1 - age] += 1
    value: dict[str, Any] = {
        "schema_version": 1,
        "cluster_id": "c-0000000000000001",
        "title": "nil map in cart.Put",
        "state": "ongoing",
        "streams": 1,
        "first_seen": written(BEGIN - DAY),
        "updated_at": written(BEGIN + at),
        "first_release": "v1",
        "sample_id": "0" * 32,
        "crashes_by_minute": by_minute,
        "services": [CART],
        "releases": [],
    }
    return read_cluster(orjson.dumps(value | fields))


class WatchedBug:
    """One bug: its row, and what was told of it at which second."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.terms = Terms(rules, Tally())
        self.row: Row | None = None
        self.told: list[tuple[int, Effect]] = []

    def take(self, at: int, record: ClusterTold | None) -> None:
        """Let a record come at a second."""
        timing = Timing(BEGIN + at - LATENESS_S, written(BEGIN + at))
        self.row, effects = cluster_arrived(self.row, record, self.terms, timing)
        self.row = orjson.loads(orjson.dumps(self.row))
        self.told += [(at, effect) for effect in effects]

    def phases(self) -> list[tuple[int, str]]:
        """Return the transitions, at the second at which they were told."""
        return [
            (at, one.value["phase"]) for at, one in self.told if one.topic == "alert-events" and one.value
        ]

    def of(self, topic: str) -> list[dict[str, Any]]:
        """Return the values that a topic was told."""
        return [effect.value for _, effect in self.told if effect.topic == topic and effect.value is not None]
