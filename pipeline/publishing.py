"""The records of clusters, made from the rows of their fingerprints, and when each is made again."""

from collections.abc import Callable, Iterable
from functools import cache
from operator import itemgetter
from typing import Any

from pipeline.agenda import Agenda, Key
from pipeline.cluster_record import About, CountStreams, summed
from pipeline.departures import near
from pipeline.event_time import DAY, HOUR, MINUTE, seconds
from pipeline.fingerprint_row import Row
from pipeline.labels import label, weight
from pipeline.shard import Shard
from pipeline.states import NEW, NEW_S
from pipeline.step import Effect

RowOf = Callable[[str], Row | None]
"""Returns the latest row of a fingerprint, None where there is none."""


class Publisher:
    """Makes the records of `clusters`; `agenda` says whose turn it is."""

    def __init__(self, row_of: RowOf, count_streams: CountStreams) -> None:
        self.agenda = Agenda()
        self.row_of, self._count_streams = row_of, count_streams

    def record(self, shard: Shard, cluster: str, now: str, fresh: Row | None = None) -> dict[str, Any] | None:
        """Return a cluster as it is now; None where there is none. `fresh` is a row that is not kept yet."""
        if cluster not in shard.clusters:
            return None
        known = shard.clusters[cluster]
        found = (row for one in known.fingerprints if (row := self._row(one, fresh)))
        rows = {row["fingerprint"]: row for row in sorted(found, key=itemgetter("ordinal"))}
        if not rows:
            return None
        weigh, alike = self.weigh(seconds(now) // DAY, rows), near(shard)
        about = About(cluster, shard.name, shard.ledger.aliases_of(cluster), shard.ledger.state(cluster))
        value = summed(
            about, list(rows.values()), now, lambda one: label(one, weigh, alike), self._count_streams
        )
        known.is_established = value["is_established"]
        return value

    def published(
        self, shard: Shard, clusters: Iterable[str], now: str, fresh: Row | None = None
    ) -> list[Effect]:
        """Return the records of clusters; the value of one that is no more is null."""
        effects = []
        for cluster in clusters:
            value, key = self.record(shard, cluster, now, fresh), (shard.name, cluster)
            self.agenda.drop(key)
            if value:
                self._plan(key, value, seconds(now))
            if value or cluster not in shard.clusters:
                effects.append(Effect("clusters", cluster, value))
        return effects

    def weigh(self, day: int, rows: dict[str, Row] | None = None) -> Callable[[str], float]:
        """Return what tells the weight of a fingerprint on a day; `rows` are at hand already."""

        @cache
        def of(fingerprint: str) -> float:
            row = (rows or {}).get(fingerprint) or self.row_of(fingerprint)
            return weight(row, day) if row else 0.0

        return of

    def _row(self, fingerprint: str, fresh: Row | None) -> Row | None:
        return fresh if fresh and fresh["fingerprint"] == fingerprint else self.row_of(fingerprint)

    def _plan(self, key: Key, value: dict[str, Any], second: int) -> None:
        """Let it be told again while time alone changes it."""
        if value["crashes_1h"]:
            self.agenda.plan(key, second + 5 * MINUTE)
        elif value["crashes_24h"]:
            self.agenda.plan(key, second + HOUR)
        elif value["state"] == NEW:
            self.agenda.plan(key, seconds(value["first_seen"]) + NEW_S)
