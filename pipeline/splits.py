"""Splits that wait: what stands apart is split off only where it still does ten minutes later.

Only what is connected is compared: a cluster whose fingerprints lost what connected them stays one. What
waits is kept in memory alone, a worker that takes over begins to wait anew.
"""

from typing import Any, NamedTuple

from pipeline.orders import new_id
from pipeline.placing import Roots, survivors
from pipeline.shard import Shard

SLACK = 0.10  # apart is what is apart at so much less similarity than joins
WAIT_S = 600


class Split(NamedTuple):
    """Fingerprints of a cluster that are to be in another one, which may be new."""

    source: str
    into: str
    fingerprints: list[str]


def look(shard: Shard, roots: Roots, second: int) -> None:
    """Note since when fingerprints stand apart from most of their root, and which do no more."""
    strays = roots.strays()
    where = _places(shard, roots, shard.clusterer.tau - SLACK) if strays else {}
    for root, parts in roots.members.items():
        beside = {where.get(one) for one in parts[roots.claims[root]]}
        apart = [one for one in strays.get(root, []) if where.get(one) not in beside]
        since = shard.waiting.pop(root, {})
        if apart:
            shard.waiting[root] = {one: since.get(one, second) for one in apart}


def due(shard: Shard, second: int, time: str) -> list[Split]:
    """Return the splits that have waited long enough, and forget that they did."""
    ready = [root for root, since in shard.waiting.items() if min(since.values()) + WAIT_S <= second]
    return [
        split for root in ready if root in shard.waiting for split in _splits(shard, root, (second, time))
    ]


def arguments(split: Split, shard: Shard) -> dict[str, Any]:
    """Return the arguments of the command for a split."""
    return {"into": split.into, "fingerprints": split.fingerprints, "epoch": shard.clusterer.epoch}


def _splits(shard: Shard, root: str, now: tuple[int, str]) -> list[Split]:
    """Look at a root once more; what still stands apart joins who claims its part, else founds a cluster."""
    roots = Roots(shard.clusterer.parts(min(shard.waiting[root])), shard)
    look(shard, roots, now[0])
    since = shard.waiting.pop(root, {})
    apart = {one for one, second in since.items() if second + WAIT_S <= now[0]}
    if young := {one: second for one, second in since.items() if one not in apart}:
        shard.waiting[root] = young
    parts = [[one for one in part if one in apart] for part in roots.parts]
    source = shard.ledger.cluster(root)
    return [
        Split(source, _claimant(shard, roots, number, source) or new_id(shard, part, now[1]), part)
        for number, part in enumerate(parts)
        if part
    ]


def _claimant(shard: Shard, roots: Roots, number: int, source: str) -> str | None:
    becomes = survivors(roots.claimants(number), shard)
    return next((one for one in becomes.values() if one != source), None)


def _places(shard: Shard, roots: Roots, tau: float) -> dict[str, int]:
    parts = shard.clusterer.parts(roots.parts[0][0], tau)
    return {fingerprint: number for number, part in enumerate(parts) for fingerprint in part}
