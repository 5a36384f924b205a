"""Which fingerprints leave: those not told of for long; and, where there are too many, the least missed.

First those that wait for a signature, then noise, of both the longest unheard of first, then borders and last
cores, each those that weigh least first. A stub is kept of each, so that what comes back has its id; it
leaves `STUB_DAYS` later, the longest unheard of first; one that the epoch counts, not before the next epoch.
"""

from functools import partial
from heapq import nsmallest

from pipeline.labels import LABELS, NOISE, Neighbours, labeller
from pipeline.shard import Shard

STUB_DAYS = 365  # that a stub stays longer than the row did
LOOKS = 200_000  # at others, to find what is like those that may leave; beyond, they count as noise
COMPARED = 4  # so many of those unseen for the longest are compared for each that is too many


def departures(shard: Shard, day: int, before: int, excess: int, limit: int) -> list[str]:
    """Return those last told of before a second, and as many as are too many, in the order of leaving.

    `day` is the present one since 1970. At most `limit`; where more are to leave, those unheard of for the
    longest are looked at first.
    """
    waiting = sorted((told, one) for one, told in shard.unsigned.items() if told < before)[:limit]
    return [one for _, one in waiting] + _placed(shard, day, before, excess, limit - len(waiting))


def _placed(shard: Shard, day: int, before: int, excess: int, limit: int) -> list[str]:
    weigh = partial(shard.weight, day=day)
    label = labeller(weigh, Neighbours(shard.clusterer, LOOKS))

    def order(fingerprint: str) -> tuple[int, float, int, str]:
        rank, last = label(fingerprint), shard.members[fingerprint].told
        return LABELS.index(rank), 0.0 if rank == NOISE else weigh(fingerprint), last, fingerprint

    gone = [one for one, member in shard.members.items() if member.told < before]
    more = max(0, excess - len(gone))
    oldest = _unheard(shard, len(gone) + COMPARED * more)[len(gone) :] if more else []
    looked_at = nsmallest(COMPARED * limit, gone, key=lambda one: (shard.members[one].told, one))
    return [*sorted(looked_at, key=order), *sorted(oldest, key=order)[:more]][:limit]


def _unheard(shard: Shard, count: int) -> list[str]:
    return nsmallest(count, shard.members, key=lambda one: (shard.members[one].told, one))
