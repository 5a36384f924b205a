"""Which fingerprints leave: those not told of for long; and, where there are too many, the least missed.

First those that wait for a signature, then noise, of both the longest unheard of first, then borders and last
cores, each those that weigh least first.
"""

from collections.abc import Sequence
from functools import cache
from heapq import nsmallest

from pipeline.labels import LABELS, LOOKED_AT, NOISE, Near, Weigh, label
from pipeline.shard import Shard

COMPARED = 4  # so many of those unseen for the longest are compared for each that is too many


def departures(shard: Shard, before: int, excess: int, weigh: Weigh, limit: int) -> list[str]:
    """Return those last told of before a second, and as many as are too many, in the order of leaving.

    At most `limit`; where more are to leave, those unheard of for the longest are looked at first.
    """
    waiting = sorted((told, one) for one, told in shard.unsigned.items() if told < before)[:limit]
    return [one for _, one in waiting] + _placed(shard, before, excess, weigh, limit - len(waiting))


def _placed(shard: Shard, before: int, excess: int, weigh: Weigh, limit: int) -> list[str]:
    alike = near(shard)

    def order(fingerprint: str) -> tuple[int, float, int, str]:
        rank, last = label(fingerprint, weigh, alike), shard.members[fingerprint].told
        return LABELS.index(rank), 0.0 if rank == NOISE else weigh(fingerprint), last, fingerprint

    gone = [one for one, member in shard.members.items() if member.told < before]
    more = max(0, excess - len(gone))
    oldest = _unheard(shard, len(gone) + COMPARED * more)[len(gone) :] if more else []
    looked_at = nsmallest(COMPARED * limit, gone, key=lambda one: (shard.members[one].told, one))
    return [*sorted(looked_at, key=order), *sorted(oldest, key=order)[:more]][:limit]


def near(shard: Shard) -> Near:
    """Return what tells those that are like a fingerprint; one without a signature is like none.

    It remembers them: of a thousand that are alike, each is asked for by the others.
    """

    @cache
    def those(fingerprint: str) -> Sequence[str]:
        try:
            return [other for other, _ in shard.clusterer.neighbours(fingerprint)[:LOOKED_AT]]
        except KeyError:
            return ()

    return those


def _unheard(shard: Shard, count: int) -> list[str]:
    return nsmallest(count, shard.members, key=lambda one: (shard.members[one].told, one))
