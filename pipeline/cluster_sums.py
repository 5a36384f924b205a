"""The sums of clusters: of one with few fingerprints made when it is asked for, of others kept at hand.

So what it costs to tell of a cluster does not depend on how many fingerprints it has.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from pipeline.cluster_sum import JoinStreams, Sum
from pipeline.fingerprint_row import FINGERPRINT, Row
from pipeline.shard import Shard

FEW = 128  # fingerprints; the sum of a cluster with more is kept, in up to 1 KB of memory for each of them

Key = tuple[str, str]
"""A shard and a cluster of it."""
RowOf = Callable[[str], Row | None]
"""Returns the latest row of a fingerprint, None where there is none."""


class Mending:
    """A sum that is made anew, a row at a time, while rows come, change and leave."""

    def __init__(self, fingerprints: Iterable[str], total: Sum) -> None:
        self.sum, self.taken = total, set[str]()
        self._left = list(fingerprints)

    @property
    def is_done(self) -> bool:
        """Whether all rows are in it."""
        return not self._left

    def go_on(self, row_of: RowOf) -> None:
        """Take the next row in; it may have left."""
        fingerprint = self._left.pop()
        row = row_of(fingerprint)
        if fingerprint not in self.taken and row and row["sort"] == FINGERPRINT:
            self.change(None, row)

    def change(self, before: Row | None, after: Row | None) -> None:
        """Take note of a row; one whose turn has not come yet is left to it."""
        fingerprint = (before or after or {})["fingerprint"]
        if before is None or fingerprint in self.taken:
            self.sum.change(before, after)
            (self.taken.add if after else self.taken.discard)(fingerprint)


class Sums:
    """The sums of the clusters of a partition."""

    def __init__(self, row_of: RowOf, join: JoinStreams) -> None:
        self._row_of, self._join = row_of, join
        self._kept: dict[Key, Sum] = {}
        self._mending: dict[Key, Mending] = {}  # those that are stale

    def keep(self, shard: Shard) -> None:
        """Make the sums of all large clusters of a shard, for which each row of theirs is looked at."""
        for name in shard.clusters:
            self._keep(shard, name)

    def of(self, shard: Shard, cluster: str, fresh: Row | None = None) -> Sum:
        """Return the sum of a cluster that lives; `fresh` is a row that is not kept yet."""
        kept = self._kept.get((shard.name, cluster))
        return kept or self._made(shard.clusters[cluster].fingerprints, fresh)

    def change(self, shard: Shard, cluster: str, before: Row | None, after: Row | None) -> None:
        """Take note of a row of a cluster that came (before: None), changed, or left (after: None)."""
        if total := self._kept.get((shard.name, cluster)):
            self._change((shard, cluster), total, before, after)
        elif before is None:
            self._keep(shard, cluster, after)

    def regroup(self, shard: Shard, were: Mapping[str, Sequence[str]]) -> None:
        """Take note of fingerprints that are in other clusters now; `were` are those of each before."""
        keys = [(shard.name, name) for name in were]
        kept = {key[1]: self._kept.pop(key) for key in keys if key in self._kept}
        for key in keys:
            self._mending.pop(key, None)
        for name in were:
            if name in shard.clusters:
                self._regroup((shard, name), were, kept)

    def mend(self, rows: int) -> list[Key]:
        """Go on with stale sums by so many rows; return the clusters whose sum is right again."""
        mended = []
        for _ in range(rows):
            if not self._mending:
                break
            key, mending = next(iter(self._mending.items()))
            mending.go_on(self._row_of)
            if mending.is_done:
                mended.append(key)
                self._put(key, mending)
        return mended

    def _put(self, key: Key, mending: Mending) -> None:
        mending.sum.labels = self._kept[key].labels
        self._kept[key] = mending.sum
        del self._mending[key]
        if mending.sum.is_stale:  # a row that was in it has left meanwhile
            self._mending[key] = Mending(mending.taken, Sum(self._join))

    def _keep(self, shard: Shard, cluster: str, fresh: Row | None = None) -> None:
        fingerprints = shard.clusters[cluster].fingerprints
        if len(fingerprints) > FEW:
            self._kept[shard.name, cluster] = self._made(fingerprints, fresh)

    def _made(self, fingerprints: Iterable[str], fresh: Row | None) -> Sum:
        known = {fresh["fingerprint"]: fresh} if fresh else {}
        rows = (known.get(one) or self._row_of(one) for one in fingerprints)
        return Sum(self._join, (row for row in rows if row))

    def _change(self, where: tuple[Shard, str], total: Sum, before: Row | None, after: Row | None) -> None:
        shard, name = where
        total.change(before, after)
        if mending := self._mending.get((shard.name, name)):
            mending.change(before, after)
        self._look(where, total)

    def _look(self, where: tuple[Shard, str], total: Sum) -> None:
        """Drop the sum of a cluster that became small, and begin to mend one that is stale."""
        shard, name = where
        key, cluster = (shard.name, name), shard.clusters.get(name)
        if cluster is None or len(cluster.fingerprints) <= FEW // 2:
            del self._kept[key]
            self._mending.pop(key, None)
        elif total.is_stale and key not in self._mending:
            self._mending[key] = Mending(cluster.fingerprints, Sum(self._join))

    def _regroup(
        self, where: tuple[Shard, str], were: Mapping[str, Sequence[str]], kept: dict[str, Sum]
    ) -> None:
        """Go on with the sum that has most of a cluster's rows, and add or take away the others."""
        shard, name = where
        now = set(shard.clusters[name].fingerprints)
        base = max(kept, key=lambda one: len(now.intersection(were[one])), default=name)
        if base not in kept or len(now.intersection(were[base])) <= len(now) // 2:
            self._keep(shard, name)
            return
        total = self._kept[shard.name, name] = kept.pop(base)
        came, went = now.difference(were[base]), set(were[base]).difference(now)
        for other in [one for one in kept if came.issuperset(were[one])]:
            total.join(kept.pop(other))
            came.difference_update(were[other])
        for one in (*went, *came):
            if row := self._row_of(one):
                total.change(*((None, row) if one in came else (row, None)))
        self._look(where, total)
