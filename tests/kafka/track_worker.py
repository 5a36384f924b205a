"""A process that runs TRACK: `python -m tests.kafka.track_worker BOOTSTRAP PREFIX HOW SECONDS`.

HOW is `ours`; or `stock`, guarded rows with Faust alone: no hook, no rule, no lane; or `lossy`, which leaves
a delivery out. All await so many SECONDS at every sixth record, as agents do that have more to do: a fast one
hides what is lost. Going back to the committed offsets takes as long as with a few hundred partitions. Beside
the rows, a naive counter adds up what comes.
"""

import asyncio
import logging
import os
import signal
import sys
import threading
from functools import partial
from unittest import mock

import faust
import orjson
from faust.transport.drivers.aiokafka import Consumer
from faust.types import EventT, StreamT

from agents import tables
from agents.app import create_app, options
from agents.exits import Exit
from agents.metrics import Metrics
from agents.table_app import TableApp
from agents.track import Track
from pipeline._native import add_streams
from pipeline.fingerprint_row import counted
from pipeline.row import Row, applied
from pipeline.settings import Settings
from pipeline.sighting import Sighting
from tests.kafka.tracking import settings

SLOW_EVERY = 6
SEEK_S = 0.1
NOW = "2026-11-21T00:20:45.120249605Z"
LOST = 500  # the delivery that is left out


class Slow:
    """Counts naively, and takes its time."""

    def __init__(self, app: faust.App, seconds: float) -> None:
        self._naive = app.Table("naive", key_type=str, value_type=int, default=int)
        self._seconds, self.seen = seconds, 0

    async def take(self, record: EventT[bytes]) -> None:
        """See a record."""
        self.seen += 1
        value = orjson.loads(record.message.value or b"{}")
        if fingerprint := value.get("fingerprint"):  # no command has one
            self._naive[fingerprint] += 1
        if self.seen % SLOW_EVERY == 0:
            await asyncio.sleep(self._seconds)


def ours(chosen: Settings, metrics: Metrics, *, seconds: float, is_lossy: bool) -> TableApp:
    """Make the app of TRACK."""
    app = create_app(chosen, metrics)
    slow, take = Slow(app, seconds), tables.TableAgent.take

    async def slowly(agent: tables.TableAgent[Sighting], record: EventT[bytes]) -> None:
        await slow.take(record)
        if not (is_lossy and slow.seen == LOST):
            await take(agent, record)

    mock.patch.object(tables.TableAgent, "take", slowly).start()
    return app


def stock(chosen: Settings, seconds: float) -> faust.App:
    """Make an app as Faust's own documents show it."""
    app = faust.App(chosen.track_id, env={}, **options(chosen))
    table = app.Table("fingerprints", key_type=bytes, value_type=bytes)
    slow = Slow(app, seconds)

    @app.agent(app.topic(chosen.topic("sightings"), value_type=bytes, value_serializer="raw"))
    async def sightings(stream: StreamT[bytes]) -> None:
        async for record in stream.events():
            await slow.take(record)
            sighting = Sighting.model_validate_json(record.message.value or b"")
            key, source = sighting.fingerprint.encode(), sighting.source()
            row = Row.read(orjson.loads(table[key])) if key in table else None
            if source and not (row and row.knows(source)):
                made = counted(row.value if row else None, sighting, NOW, add_streams)
                table[key] = orjson.dumps(applied(row, source, made).written())

    return app


async def run_stock(chosen: Settings, seconds: float) -> None:
    """Run Faust until SIGTERM."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    app = stock(chosen, seconds)
    starting = asyncio.ensure_future(app.start())
    await stopping.wait()
    await app.stop()
    starting.cancel()


async def run_ours(chosen: Settings, seconds: float, *, is_lossy: bool) -> None:
    """Run TRACK until SIGTERM. Raises what it raises."""
    track = Track(chosen, Metrics(), partial(ours, seconds=seconds, is_lossy=is_lossy))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, track.stop)
    await track.run()


def seek_slowly() -> None:
    """Let Faust's way back to the committed offsets take longer: a question to the broker a partition."""
    seek = Consumer.perform_seek

    async def slowly(consumer: Consumer) -> None:
        await asyncio.sleep(SEEK_S)
        await seek(consumer)

    mock.patch.object(Consumer, "perform_seek", slowly).start()


def end_with(pipe: int) -> None:
    """End when the pipe ends, which whoever started this process holds."""
    os.read(pipe, 1)
    os._exit(Exit.FINE)


def main() -> None:
    """Run, and end at once: a thread of Faust's may hang."""
    logging.basicConfig(format="%(asctime)s %(process)d %(name)s %(levelname)s %(message)s")
    bootstrap, prefix, how, slow, *lifeline = sys.argv[1:]
    for pipe in lifeline[1:]:
        threading.Thread(target=end_with, args=[int(pipe)], daemon=True).start()
    chosen, seconds, code = settings(bootstrap, prefix), float(slow), Exit.FINE
    seek_slowly()
    work = (
        run_stock(chosen, seconds) if how == "stock" else run_ours(chosen, seconds, is_lossy=how == "lossy")
    )
    try:
        asyncio.run(work)
    except Exception:
        logging.exception("fault")
        code = Exit.OUR_FAULT
    os._exit(code)


if __name__ == "__main__":
    main()
