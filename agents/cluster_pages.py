"""Pages of bugs: those of this worker, and what others tell, put together.

Records are made in the loop, where all that they are made of changes; a thread would see it half changed. So
that nothing waits for a long list, the loop has a turn after every few of them.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import NamedTuple, TypeVar

import orjson

from agents.times import utc
from pipeline.clusters import Clusters
from pipeline.listing import Cluster, Wanted

SLICE_S, REST_S = 0.004, 0.001  # so long at a time, and what others have at least in between
KEPT = 1_000  # clusters, beside those that may be shown, before the last in the order are dropped

One = TypeVar("One")


class Part(NamedTuple):
    """What a worker has: how many it knows, and of these how many are wanted; the first of them, in order."""

    known: int
    total: int
    partitions: list[int]
    clusters: list[Cluster]


async def part(partitions: Mapping[int, Clusters], wanted: Wanted) -> Part:
    """Return what this worker has."""
    now, known = utc(time.time_ns()), sum(map(len, partitions.values()))
    most = wanted.reach if wanted.is_plain else None
    ids = [(clusters, one) for clusters in partitions.values() for one in clusters.ids(most)]
    taken, total = list[Cluster](), 0
    async for clusters, cluster_id in calmly(ids):
        value = clusters.record(cluster_id, now)
        if value and wanted.takes(value):
            taken.append(value)
            total += 1
        if len(taken) > wanted.reach + KEPT:
            taken = wanted.first(taken)
    return Part(known, known if wanted.is_plain else total, sorted(partitions), wanted.first(taken))


async def lines(one: Part) -> bytes:
    """Write a part as JSON lines, for another worker: what it is, then a line a cluster."""
    *about, clusters = one
    return b"\n".join([orjson.dumps(about), *[orjson.dumps(value) async for value in calmly(clusters)]])


async def read(written: bytes) -> Part | None:
    """Read a part that another worker wrote; None where it is none, as of another version of panicstream."""
    about, *clusters = written.split(b"\n")
    try:
        known, total, partitions = orjson.loads(about)
        return Part(known, total, partitions, [orjson.loads(value) async for value in calmly(clusters)])
    except (ValueError, TypeError):
        return None


async def page(wanted: Wanted, parts: Iterable[Part], of: int) -> bytes:
    """Write the page that is wanted, of the parts of so many partitions in all."""
    parts = list(parts)
    shown = wanted.page(value for one in parts for value in one.clusters)
    told = {
        "known": sum(one.known for one in parts),
        "total": sum(one.total for one in parts),
        "partitions": sorted({number for one in parts for number in one.partitions}),
        "of": of,
        "clusters": [orjson.Fragment(orjson.dumps(value)) async for value in calmly(shown)],
    }
    return orjson.dumps(told)


async def calmly(things: Iterable[One]) -> AsyncIterator[One]:
    """Yield things, and let the loop do what else there is every few of them."""
    end = time.monotonic() + SLICE_S
    for thing in things:
        yield thing
        if time.monotonic() > end:
            await asyncio.sleep(REST_S)
            end = time.monotonic() + SLICE_S
