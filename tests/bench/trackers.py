"""`python -m tests.bench.trackers NAME BOOTSTRAP PREFIX RECORDS [RULES]`: say what so many records took.

NAME is `ours`, for sightings, or `watch`, for vitals; or `bare`, `bare-watch`: a Faust agent that does
nothing but add one up in a table, with our settings of Faust. Time and CPU are from the first record to the
last one's row.
"""

# the answer stands on stdout

import asyncio
import os
import resource
import sys
from collections.abc import Callable

import faust
import orjson
from faust.types import StreamT

from agents.app import options
from agents.metrics import Metrics
from agents.process import spare_the_garbage_collector
from agents.track import Track
from pipeline.settings import Settings
from tests.bench.readers import Spent, leave
from tests.kafka.tracking import settings

LOOK_S = 0.005


async def ours(chosen: Settings, sightings: int) -> None:
    """Let TRACK work."""
    metrics = Metrics()
    track = Track(chosen, metrics)
    running = asyncio.ensure_future(track.run())
    applied = metrics.applied.labels("fingerprints")
    before = await _past(running, lambda: applied._value.get() > 0)
    after = await _past(running, lambda: applied._value.get() >= sightings)
    leave(after.since(before))  # before asyncio waits for what may hang


async def watch(chosen: Settings, vitals: int) -> None:
    """Let WATCH work."""
    metrics = Metrics()
    track = Track(chosen, metrics)
    running = asyncio.ensure_future(track.run())
    applied = metrics.applied.labels("watched")
    before = await _past(running, lambda: applied._value.get() > 0)
    after = await _past(running, lambda: applied._value.get() >= vitals)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print([*after.since(before), peak], flush=True)  # noqa: T201
    os._exit(0)


async def bare_watch(chosen: Settings, vitals: int) -> None:
    """Let an agent count by service."""
    await bare(chosen, vitals, "vitals", "service_name")


async def bare(
    chosen: Settings, sightings: int, topic: str = "sightings", field: str = "fingerprint"
) -> None:
    """Let an agent count by fingerprint."""
    app = faust.App(chosen.track_id, env={}, **options(chosen))
    table = app.Table("naive", key_type=str, value_type=int, default=int)
    seen = 0

    @app.agent(app.topic(chosen.topic(topic), value_type=bytes, value_serializer="raw"))
    async def count(stream: StreamT[bytes]) -> None:
        nonlocal seen
        async for value in stream:
            table[orjson.loads(value)[field] or ""] += 1
            seen += 1

    running = asyncio.ensure_future(app.start())
    before = await _past(running, lambda: seen > 0)
    after = await _past(running, lambda: seen >= sightings)
    leave(after.since(before))  # before asyncio waits for what may hang


async def _past(running: asyncio.Future[None], is_so: Callable[[], bool]) -> Spent:
    while not is_so():
        if running.done() and (fault := running.exception()):
            raise fault
        await asyncio.sleep(LOOK_S)
    return Spent.now()


def main() -> None:
    """Print CPU and wall seconds as JSON; of `watch` the most memory, too."""
    name, bootstrap, prefix, records, *rules = sys.argv[1:]
    work = {"ours": ours, "bare": bare, "watch": watch, "bare-watch": bare_watch}[name]
    spare_the_garbage_collector()  # as a worker does
    chosen = settings(bootstrap, prefix)
    watched = chosen.watch.model_copy(update={"rules": rules[0] if rules else ""})
    asyncio.run(work(chosen.model_copy(update={"watch": watched}), int(records)))


if __name__ == "__main__":
    main()
