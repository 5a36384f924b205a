"""How much there is of clusters, for metrics and lists."""

from collections.abc import Collection, Iterator
from heapq import nsmallest
from typing import NamedTuple

from pipeline.shard import Shard


class Sizes(NamedTuple):
    """How much there is; `waiting` are fingerprints without a signature, `epoch` is the largest."""

    shards: int
    clusters: int
    established: int
    fingerprints: int
    waiting: int
    epoch: int


def sizes(shards: Collection[Shard]) -> Sizes:
    """Return how much there is; looks at every cluster."""
    return Sizes(
        shards=len(shards),
        clusters=sum(len(shard.clusters) for shard in shards),
        established=sum(one.is_established for shard in shards for one in shard.clusters.values()),
        fingerprints=sum(len(shard.members) for shard in shards),
        waiting=sum(len(shard.unsigned) for shard in shards),
        epoch=max((shard.clusterer.epoch for shard in shards), default=0),
    )


def heaviest_first(shards: Collection[Shard], most: int | None = None) -> list[str]:
    """Return all clusters, those with the most crashes first; or so many of them."""
    crashes = ((-one.crashes, name) for shard in shards for name, one in shard.clusters.items())
    return [name for _, name in (sorted(crashes) if most is None else nsmallest(most, crashes))]


def distances(shards: Collection[Shard], limit: int) -> Iterator[tuple[str, int, float]]:
    """Yield how far the fingerprints of the heaviest clusters are from each other: id, number, mean.

    What there is may change between two of them.
    """
    several = [
        (-one.crashes, name, shard, one.fingerprints)
        for shard in shards
        for name, one in shard.clusters.items()
        if len(one.fingerprints) > 1
    ]
    heaviest = nsmallest(limit, several, key=lambda one: one[:2])
    for _, name, shard, known in heaviest:
        mean = shard.clusterer.distance(known)
        if mean is not None:
            yield name, len(known), mean
