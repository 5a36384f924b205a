"""Where a fingerprint belongs, what is to be merged, and what stands apart: history against what is alike.

The parts are those of the clusterer, which knows no history; roots are what history says (`Ledger.root`).
A root claims the part that holds most of its crashes.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pipeline.shard import Shard

Parts = Sequence[Sequence[str]]

LOOKED_AT = 64  # fingerprints of a cluster, when the two most similar of two clusters are looked for


class Merge(NamedTuple):
    """Two clusters that are one; `pair` are their two most similar fingerprints, `s` how similar."""

    source: str
    into: str
    pair: tuple[str, str]
    s: float | None


class Roots:
    """The roots in some parts."""

    def __init__(self, parts: Parts, shard: Shard) -> None:
        self.parts, self._shard = parts, shard
        self.members: dict[str, dict[int, list[str]]] = {}  # root -> number of a part -> fingerprints
        for number, part in enumerate(parts):
            for fingerprint in part:
                if root := shard.root(fingerprint):
                    self.members.setdefault(root, {}).setdefault(number, []).append(fingerprint)
        self.claims = {root: self.heaviest(root) for root in self.members}

    def heaviest(self, root: str) -> int:
        """Return the number of the part that holds most crashes of a root; of equal ones the first."""
        parts = self.members[root]
        if len(parts) == 1:
            return next(iter(parts))
        return max(parts, key=lambda number: (self._crashes(parts[number]), -number))

    def claimants(self, number: int) -> list[str]:
        """Return the clusters that claim a part, the oldest first."""
        clusters = {
            self._shard.ledger.cluster(root) for root, claimed in self.claims.items() if claimed == number
        }
        if len(clusters) < 2:  # noqa: PLR2004  # nothing to compare: an age costs a look at all members
            return list(clusters)
        return sorted(clusters, key=lambda cluster: (self._shard.age(cluster), cluster))

    def strays(self) -> dict[str, list[str]]:
        """Return the fingerprints of each root that are not in the part that it claims."""
        spread = [root for root, parts in self.members.items() if len(parts) > 1]
        return {root: self._elsewhere(root) for root in spread if not self._shard.ledger.is_pinned(root)}

    def _elsewhere(self, root: str) -> list[str]:
        parts, claimed = self.members[root], self.claims[root]
        return [fingerprint for number in parts if number != claimed for fingerprint in parts[number]]

    def _crashes(self, fingerprints: Iterable[str]) -> int:
        return sum(self._shard.members[fingerprint].crashes for fingerprint in fingerprints)


def survivors(claimants: Iterable[str], shard: Shard) -> dict[str, str]:
    """Return what each cluster of a part becomes: the oldest that it is not kept apart from."""
    becomes: dict[str, str] = {}
    for cluster in claimants:
        kept = (
            old for old, end in becomes.items() if old == end and not shard.ledger.are_apart(old, cluster)
        )
        becomes[cluster] = next(kept, cluster)
    return becomes


def merges(roots: Roots, shard: Shard) -> list[Merge]:
    """Return what is to be merged in all parts."""
    return [
        Merge(source, into, *_most_similar(source, into, part, shard))
        for number, part in enumerate(roots.parts)
        for source, into in survivors(roots.claimants(number), shard).items()
        if source != into
    ]


def home(fingerprint: str, roots: Roots, shard: Shard) -> str | None:
    """Return the cluster that a new fingerprint joins, None where it founds one."""
    number = next(number for number, part in enumerate(roots.parts) if fingerprint in part)
    chosen = set(survivors(roots.claimants(number), shard).values())
    if len(chosen) == 1:
        return chosen.pop()
    beside = [other for other in roots.parts[number] if other in shard.members]
    if not beside:
        return None
    alike = dict(shard.clusterer.neighbours(fingerprint))
    nearest = min(beside, key=lambda other: (-alike.get(other, -1.0), -shard.members[other].crashes, other))
    return shard.cluster_of(nearest)


def _most_similar(
    source: str, into: str, part: Sequence[str], shard: Shard
) -> tuple[tuple[str, str], float | None]:
    known = {
        fingerprint: shard.cluster_of(fingerprint) for fingerprint in part if fingerprint in shard.members
    }
    ours = [fingerprint for fingerprint, cluster in known.items() if cluster == source]
    theirs = {fingerprint for fingerprint, cluster in known.items() if cluster == into}
    edges = [
        (-s, fingerprint, other)
        for fingerprint in ours[:LOOKED_AT]
        for other, s in shard.clusterer.neighbours(fingerprint)
        if other in theirs
    ]
    if not edges:
        return (ours[0], min(theirs)), None
    s, fingerprint, other = min(edges)
    return (fingerprint, other), -s
