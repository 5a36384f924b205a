"""The worker with roles that a test picks: `python -m tests.hosted calm,fails worker --no-supervise`.

Patience is short, so that what hangs is left behind soon.
"""

import asyncio
import logging
import os
import sys
import threading
import time
from functools import partial
from typing import NoReturn

from agents import __main__, process, roles, watchdog
from agents.logs import fields
from agents.metrics import Metrics
from agents.role import FaultError, MisfitError, Readiness
from pipeline.settings import Settings

PATIENCE_S = 1.0
START_S = 0.2  # in which the other role, too, is at work
STILL = 2
NEVER_S = 10_000
STAYS = {"stays", "stays-in-a-thread", "blocks-the-loop"}  # whatever `stop` asks


class Tried:
    """A role that does what its name says."""

    def __init__(self, name: str, _settings: Settings, _metrics: Metrics) -> None:
        self.name = name
        self.stopping = threading.Event()
        if name == "cannot-be-made":
            raise MisfitError("panics is missing", "`panicstream topics apply`")

    async def run(self) -> None:
        """Work, each name in its way."""
        logging.getLogger(__name__).info("at work", extra=fields(process=os.getpid()))
        await RUNS.get(self.name, calm)(self)

    def stop(self) -> None:
        """Ask the work to stop."""
        if self.name == "fails-at-stop":
            raise TypeError("nothing to stop")
        if self.name not in STAYS:
            self.stopping.set()

    def readiness(self) -> Readiness:
        """Say what the tests expect."""
        return Readiness(["the tables are being rebuilt"], {"lag": 7})


async def calm(role: Tried) -> None:
    while not role.stopping.is_set():
        await asyncio.sleep(0.02)


async def fails(_role: Tried) -> None:
    await asyncio.sleep(START_S)
    raise TypeError("no such row")


async def fails_in_a_thread(role: Tried) -> None:
    def fail() -> NoReturn:
        raise FaultError("the producer is fenced")

    await asyncio.sleep(START_S)
    threading.Thread(target=fail).start()
    await calm(role)


async def ends(_role: Tried) -> None:
    return


async def exits(_role: Tried) -> None:
    sys.exit(0)


async def misfits(_role: Tried) -> None:
    raise MisfitError("panics has 4 partitions of 12", "`panicstream topics apply`")


async def stays_in_a_thread(_role: Tried) -> None:
    await asyncio.to_thread(time.sleep, NEVER_S)


async def blocks_the_loop(_role: Tried) -> None:
    await asyncio.sleep(START_S / 2)
    time.sleep(NEVER_S)


async def blocks_the_loop_at_stop(role: Tried) -> None:
    await calm(role)
    time.sleep(NEVER_S)


RUNS = {
    "fails": fails,
    "fails-in-a-thread": fails_in_a_thread,
    "ends": ends,
    "exits": exits,
    "misfits": misfits,
    "stays-in-a-thread": stays_in_a_thread,
    "blocks-the-loop": blocks_the_loop,
    "blocks-the-loop-at-stop": blocks_the_loop_at_stop,
}

if __name__ == "__main__":
    process.STOP_S = process.FAULT_S = PATIENCE_S
    watchdog.STILL = STILL
    detect, track = sys.argv.pop(1).split(",")
    roles.ROLES.update(detect=partial(Tried, detect), track=partial(Tried, track))
    __main__.main()
