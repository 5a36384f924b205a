"""The records of clusters, made from the rows of their fingerprints, and when each is made again."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from pipeline.agenda import Agenda, Key
from pipeline.cluster_record import About, CountStreams, summed
from pipeline.cluster_sums import Sums
from pipeline.event_time import DAY, HOUR, MINUTE, seconds
from pipeline.fingerprint_row import Row
from pipeline.labels import Neighbours
from pipeline.shard import Shard
from pipeline.states import NEW, NEW_S
from pipeline.step import Effect

LOOKS = 10_000  # at others, to find what is like the fingerprints of a cluster: about five ms


class Publisher:
    """Makes the records of `clusters`; `agenda` says whose turn it is, `sums` what they count."""

    def __init__(self, sums: Sums, count_streams: CountStreams) -> None:
        self.agenda, self.sums = Agenda(), sums
        self._count_streams = count_streams

    def record(self, shard: Shard, cluster: str, now: str, fresh: Row | None = None) -> dict[str, Any] | None:
        """Return a cluster as it is now; None where there is none. `fresh` is a row that is not kept yet."""
        rows = self.sums.of(shard, cluster, fresh) if cluster in shard.clusters else None
        if rows is None or not rows.rows:
            return None
        weigh, near = partial(shard.weight, day=seconds(now) // DAY), Neighbours(shard.clusterer, LOOKS)
        about = About(cluster, shard.name, shard.ledger.aliases_of(cluster), shard.ledger.state(cluster))
        labels = partial(rows.labels.of, weigh=weigh, near=near)
        value = summed(about, rows, now, labels, self._count_streams)
        shard.establish(cluster, value["is_established"])
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

    def _plan(self, key: Key, value: dict[str, Any], second: int) -> None:
        """Let it be told again while time alone changes it."""
        if value["crashes_1h"]:
            self.agenda.plan(key, second + 5 * MINUTE)
        elif value["crashes_24h"]:
            self.agenda.plan(key, second + HOUR)
        elif value["state"] == NEW:
            self.agenda.plan(key, seconds(value["first_seen"]) + NEW_S)
