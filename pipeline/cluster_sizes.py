"""How much there is of clusters, for metrics and lists."""

from collections.abc import Collection, Iterable, Iterator
from heapq import nsmallest
from typing import NamedTuple

from pipeline.shard import Shard

SLICE = 2_000  # clusters that are looked at without a break: about a ms

Heavy = tuple[int, str, str]
"""Of a cluster: less its crashes, its id, its shard."""


class Sizes(NamedTuple):
    """How much there is; `waiting` are fingerprints without a signature, `epoch` is the largest."""

    shards: int
    clusters: int
    established: int
    fingerprints: int
    waiting: int
    epoch: int


def sizes(shards: Collection[Shard]) -> Sizes:
    """Return how much there is."""
    return Sizes(
        shards=len(shards),
        clusters=sum(len(shard.clusters) for shard in shards),
        established=sum(shard.established for shard in shards),
        fingerprints=sum(len(shard.members) for shard in shards),
        waiting=sum(len(shard.unsigned) for shard in shards),
        epoch=max((shard.clusterer.epoch for shard in shards), default=0),
    )


def heaviest_first(shards: Collection[Shard], most: int | None = None) -> list[str]:
    """Return all clusters, those with the most crashes first; or so many of them."""
    crashes = ((-one.crashes, name) for shard in shards for name, one in shard.clusters.items())
    return [name for _, name in (sorted(crashes) if most is None else nsmallest(most, crashes))]


def distances(shards: Collection[Shard], limit: int) -> Iterator[tuple[str, int, float] | None]:
    """Yield how far the fingerprints of the heaviest clusters are from each other: id, number, mean.

    What there is may change between two of them. None: there is none to tell yet.
    """
    heaviest: list[Heavy] = []
    for shard in list(shards):
        names = list(shard.clusters)
        for begin in range(0, len(names), SLICE):
            heaviest = nsmallest(limit, [*heaviest, *_several(shard, names[begin : begin + SLICE])])
            yield None
    known = {shard.name: shard for shard in shards}
    for _, name, of in heaviest:
        shard = known[of]
        fingerprints = shard.clusters[name].fingerprints if name in shard.clusters else ()
        mean = shard.clusterer.distance(fingerprints)
        if mean is not None:
            yield name, len(fingerprints), mean


def _several(shard: Shard, names: Iterable[str]) -> Iterator[Heavy]:
    """Yield those of these that have several fingerprints."""
    for name in names:
        one = shard.clusters.get(name)
        if one and len(one.fingerprints) > 1:
            yield -one.crashes, name, shard.name
