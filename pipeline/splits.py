"""Splits that wait: what stands apart is split off only where it still does ten minutes later.

Only what is connected is compared: a cluster whose fingerprints lost what connected them stays one. What
waits is kept in memory alone, a worker that takes over begins to wait anew.
"""

from collections.abc import Mapping
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
    """Note since when fingerprints stand apart from most of their root, and which do no more.

    Of a root whose fingerprints are not all connected, those that are not looked at wait on.
    """
    strays = roots.strays()
    where = _places(shard, roots, shard.clusterer.tau - SLACK) if strays else {}
    waited = {one: waits for since in shard.waiting.values() for one, waits in since.items()}
    shard.stay(_looked_at(roots))
    for root, those in strays.items():
        beside = {where.get(one) for one in roots.members[root][roots.claims[root]]}
        if apart := {one: waited.get(one, second) for one in those if where.get(one) not in beside}:
            shard.waiting[root] = shard.waiting.get(root, {}) | apart


def due(shard: Shard, second: int, time: str) -> list[Split]:
    """Look once more at what has waited long enough; return what is to be split off, which waits no more."""
    splits: list[Split] = []
    ripe = _ripe(shard, second)
    while ripe:
        roots = Roots(shard.clusterer.parts(min(ripe)), shard)
        look(shard, roots, second)
        splits += _splits(shard, roots, _ripe(shard, second), time)
        for fingerprint in _looked_at(roots):
            ripe.pop(fingerprint, None)
    return splits


def arguments(split: Split, shard: Shard) -> dict[str, Any]:
    """Return the arguments of the command for a split."""
    return {"into": split.into, "fingerprints": split.fingerprints, "epoch": shard.clusterer.epoch}


def _ripe(shard: Shard, second: int) -> dict[str, str]:
    """Return the fingerprints that have waited long enough, each with its root."""
    return {
        one: root
        for root, since in shard.waiting.items()
        for one, waits in since.items()
        if waits + WAIT_S <= second
    }


def _splits(shard: Shard, roots: Roots, apart: Mapping[str, str], time: str) -> list[Split]:
    """Part what stands apart from its root: it joins who claims its part, else founds a cluster."""
    splits = []
    for number, part in enumerate(roots.parts):
        for root in dict.fromkeys(apart[one] for one in part if one in apart):
            members = [one for one in part if apart.get(one) == root]
            source = shard.ledger.cluster(root)
            into = _claimant(shard, roots, number, source) or new_id(shard, members, time)
            splits.append(Split(source, into, members))
            shard.stay(members)
    return splits


def _looked_at(roots: Roots) -> set[str]:
    return {fingerprint for part in roots.parts for fingerprint in part}


def _claimant(shard: Shard, roots: Roots, number: int, source: str) -> str | None:
    becomes = survivors(roots.claimants(number), shard)
    return next((one for one in becomes.values() if one != source), None)


def _places(shard: Shard, roots: Roots, tau: float) -> dict[str, int]:
    parts = shard.clusterer.parts(roots.parts[0][0], tau)
    return {fingerprint: number for number, part in enumerate(parts) for fingerprint in part}
