"""What CLUSTER says of itself: metrics, of few series however many clusters there are."""

import asyncio
from collections.abc import Iterable, Mapping

from agents.metrics import Metrics
from pipeline.cluster_vitals import MERGED, SPLIT
from pipeline.clusters import Clusters
from pipeline.step import Effect

SHOWN = 200  # clusters that have a series of their own, the heaviest
OTHERS = "other"


class ClusterReport:
    """Keeps the series of clusters."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._shown: set[str] = set()

    def placed(self, clusters: Clusters, shard: str, seconds: float) -> None:
        """Take note of a fingerprint that found its cluster within so many seconds."""
        candidates, component = clusters.compared(shard)
        self._metrics.new_fingerprints.inc()
        self._metrics.fuzzy_seconds.observe(seconds)
        self._metrics.candidates.observe(candidates)
        self._metrics.component_size.observe(component)

    def told(self, effects: Iterable[Effect]) -> None:
        """Take note of what a command caused."""
        kinds = {effect.value["kind"] for effect in effects if effect.topic == "vitals" and effect.value}
        self._metrics.merges.inc(MERGED in kinds)
        self._metrics.splits.inc(SPLIT in kinds)

    async def tell(self, partitions: Mapping[int, Clusters]) -> None:
        """Tell how much there is."""
        sizes = [clusters.sizes() for clusters in partitions.values()]
        established = sum(one.established for one in sizes)
        known = sum(one.clusters for one in sizes)
        self._metrics.centers.labels("established").set(established)
        self._metrics.centers.labels("noise").set(known - established)
        self._metrics.waiting_fingerprints.set(sum(one.waiting for one in sizes))
        self._metrics.epoch.set(max((one.epoch for one in sizes), default=0))
        distances = []
        for clusters in list(partitions.values()):
            for one in clusters.distances(SHOWN):
                distances += [one] if one else []
                await asyncio.sleep(0)  # one may take a few ms
        self._tell_distances(sorted(distances, key=lambda one: (-one[1], one[0])))

    def _tell_distances(self, distances: list[tuple[str, int, float]]) -> None:
        """Give the largest a series each; the others have their mean in one."""
        shown = {cluster: mean for cluster, _, mean in distances[:SHOWN]}
        others = [mean for _, _, mean in distances[SHOWN:]]
        if others:
            shown[OTHERS] = sum(others) / len(others)
        for cluster, mean in shown.items():
            self._metrics.distance.labels(cluster).set(mean)
        for gone in self._shown - shown.keys():
            self._metrics.distance.remove(gone)
        self._shown = set(shown)
