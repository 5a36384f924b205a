"""CLUSTER: the clusters of this worker's partitions, in memory beside their rows, and what they cause."""

import asyncio
import gc
import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import orjson

from agents.cluster_report import ClusterReport
from agents.rows import Place, Rows
from agents.table_app import TableApp
from agents.times import utc
from pipeline._native import Clusterer, add_streams, count_streams, join_streams
from pipeline.clusters import Clusters, Tools
from pipeline.commands import Command
from pipeline.event_time import DAY
from pipeline.sighting import Sighting
from pipeline.step import Arrival, Effect

LOG = logging.getLogger(__name__)

TICK_S = 1.0  # a cluster is told at most so often
AT_ONCE = 500  # clusters told in a tick; the others wait for the next
REPORT_S, SPLITS_S, LEAVING_S = 10.0, 10.0, 600.0

Changed = tuple[dict[str, Any] | None, list[Effect]]


class Cluster:
    """Joins rows to clusters: the steps of the table `fingerprints`, and what time alone brings about."""

    def __init__(self, app: TableApp, rows: Rows) -> None:
        self._app, self._rows = app, rows
        self.partitions: dict[int, Clusters] = {}
        self._tools = Tools(Clusterer, add_streams, count_streams, join_streams)
        self._report = ClusterReport(app.metrics)
        app.on_partitions_revoked.connect(self._forget)

    def count(self, row: dict[str, Any] | None, sighting: Sighting, arrival: Arrival) -> Changed:
        """Count a sighting into the row of its fingerprint, and say which bug it is."""
        clusters, begun = self.partitions[arrival.partition], time.perf_counter()
        made, effects = clusters.step(row, sighting, arrival.time)
        self._mark(effects, arrival.partition)
        if made["home"] and not (row and row["home"]):
            self._report.placed(clusters, sighting.shard, time.perf_counter() - begun)
        return made, effects

    def obey(self, row: dict[str, Any] | None, command: Command, arrival: Arrival) -> Changed:
        """Do what people, and we ourselves, decided. Raises BadRecordError."""
        made, effects = self.partitions[arrival.partition].obey(row, command, arrival.time)
        self._report.told(effects)
        self._mark(effects, arrival.partition)
        return made, effects

    def _mark(self, effects: Iterable[Effect], partition: int) -> None:
        """Say of bugs whether logs are behind: whoever reads that again judges by what was known then."""
        if self._app.watch and self._app.watch.catches_up(partition):
            for effect in effects:
                if effect.topic == "clusters" and effect.value:
                    effect.value["catching_up"] = True

    async def keep(self) -> None:
        """Tell what changed, once a second, until cancelled."""
        due = {self._splits: SPLITS_S, self._leaving: LEAVING_S}
        reported = 0.0
        done = dict.fromkeys(due, time.monotonic())
        while True:
            await asyncio.sleep(TICK_S)
            now, seconds = utc(time.time_ns()), time.monotonic()
            await self._tell(partial(_changed, now=now, limit=AT_ONCE // max(1, len(self.partitions)) + 1))
            if seconds - reported >= REPORT_S:
                reported = seconds
                await self._report.tell(self.partitions)
            for work, interval in due.items():
                if seconds - done[work] >= interval:
                    done[work] = seconds
                    await self._tell(partial(work, now=now))

    def _splits(self, clusters: Clusters, now: str) -> list[Effect]:
        return clusters.due(now)

    def _leaving(self, clusters: Clusters, now: str) -> list[Effect]:
        return clusters.leaving(now, self._app.settings.track.keep_days * DAY)

    async def _tell(self, work: "partial[list[Effect]]") -> None:
        for number, clusters in list(self.partitions.items()):
            if self.partitions.get(number) is not clusters:
                return  # another worker has it now, and tells
            effects = work(clusters)
            self._mark(effects, number)
            sent = [await self._app.cause(effect, number) for effect in effects]
            for acknowledged in sent:
                await acknowledged

    async def _forget(self, *_: Any, **__: Any) -> None:
        self.partitions = {}

    async def load(self, partitions: Iterable[int]) -> None:
        """Make the clusters of these partitions, which are all that we have, from their rows."""
        self.partitions = await asyncio.to_thread(self._loaded, self._rows.shelf.rows(partitions))

    def _loaded(self, held: Mapping[int, Iterable[bytes]]) -> dict[int, Clusters]:
        """Make the clusters of each partition's rows.

        What is made stays: looking through it for garbage, again and again, would take a third more.
        """
        begun = time.monotonic()
        gc.disable()
        try:
            loaded = {number: self._clusters(number, rows) for number, rows in held.items()}
        finally:
            gc.freeze()
            gc.enable()
        fingerprints = sum(clusters.sizes().fingerprints for clusters in loaded.values())
        LOG.info("made the clusters of %d fingerprints in %.1f s", fingerprints, time.monotonic() - begun)
        return loaded

    def _clusters(self, partition: int, rows: Iterable[bytes]) -> Clusters:
        clusters = Clusters(self._tools, partial(self._value_of, partition))
        clusters.load(_values(rows))
        return clusters

    def _value_of(self, partition: int, key: str) -> dict[str, Any] | None:
        row = self._rows.latest(Place(partition, key.encode()))
        return row.value if row else None


def _changed(clusters: Clusters, now: str, limit: int) -> list[Effect]:
    return clusters.changed(now, limit)


def _values(rows: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    return (orjson.loads(row)["value"] for row in rows)
