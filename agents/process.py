"""One worker process: its roles in one event loop beside the web server, and every way in which it ends."""

import asyncio
import gc
import logging
import os
import signal
import threading
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import NoReturn

from agents.exits import Exit
from agents.faults import REMEDY, told
from agents.logs import fields
from agents.metrics import Metrics
from agents.role import FaultError, LostError, MisfitError, Readiness, Role
from agents.roles import Factory
from agents.watchdog import Pulse, end_within, in_background
from agents.web import Views, Web
from pipeline.settings import Settings

STOP_S = 3.8  # for the roles to finish; whoever sent SIGTERM waits 5 s
FAULT_S = 15.0  # the same after a fault, where more hangs; Faust may stop for ever
FAILED = {Exit.COULD_NOT, Exit.OUR_FAULT}
STOPS = {signal.SIGTERM: Exit.FINE, signal.SIGINT: Exit.INTERRUPTED}

LOG = logging.getLogger(__name__)


class Process:
    """Runs roles until they are stopped or one fails."""

    def __init__(self, settings: Settings, factories: Mapping[str, Factory]) -> None:
        self.settings, self.factories = settings, factories
        self.roles: dict[str, Role] = {}
        self.running: set[str] = set()
        self.code: Exit | None = None  # what the process ends with, as soon as it is to end
        self._lock = threading.Lock()

    def run(self, lifeline: int | None = None) -> Exit:
        """Run in the main thread, before there are others, until all is over or the pipe `lifeline` ends."""
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)  # a thread waits for them: the main one may hang
        in_background(self._await_signals)
        if lifeline is not None:
            in_background(partial(self._await_end, lifeline))
        threading.excepthook = lambda thrown: self._fault("a thread", thrown.exc_value or thrown.exc_type())
        asyncio.run(self._work())
        return self.code or Exit.FINE

    def end(self, code: Exit, why: str, fault: BaseException | None = None) -> None:
        """Stop every role, and the process in time, whatever hangs; the higher code wins. From any thread."""
        with self._lock:
            first, self.code = self.code is None, max(code, self.code or code)
        # Armed first of all: whatever follows may hang.
        end_within(FAULT_S if fault else STOP_S, lambda: self.code or code, self._tell_what_hangs)
        LOG.log(logging.ERROR if code in FAILED else logging.INFO, why, exc_info=fault)
        for role in self.roles.values() if first else ():
            in_background(role.stop)

    async def _work(self) -> None:
        try:
            await self._serve()
        except MisfitError as misfit:
            self.end(Exit.COULD_NOT, f"{misfit}; {misfit.remedy}")
        except BaseException as fault:  # whatever it is, asyncio may hang on its way out
            self._fault("the worker", fault)

    async def _serve(self) -> None:
        metrics = Metrics()
        self.roles = {name: make(self.settings, metrics) for name, make in self.factories.items()}
        web = Web(self.settings.http.listen, metrics, self._wrong, self._readiness)
        for role in self.roles.values():
            web.add(role.routes() if isinstance(role, Views) else ())
        spare_the_garbage_collector()
        async with web:
            where = self.settings.http.listen
            LOG.info("listening", extra=fields(address=where, roles=" ".join(self.roles)))
            pulse = asyncio.create_task(Pulse(metrics.loop_lag_seconds.observe, self._stands_still).beat())
            await asyncio.gather(*(self._run(name, role) for name, role in self.roles.items()))
            pulse.cancel()

    async def _run(self, name: str, role: Role) -> None:
        self.running.add(name)
        try:
            if self.code is None:
                await role.run()
            if self.code is None:
                self._fault(name, FaultError("it ended by itself"))
        except MisfitError as misfit:
            self.end(Exit.COULD_NOT, f"{name}: {misfit}; {misfit.remedy}")
        except LostError as lost:
            self.end(Exit.OUR_FAULT, f"{name}: {lost}; it ends, to be started again", lost)
        except BaseException as fault:  # a panic in Rust arrives as a BaseException of its own
            self._fault(name, fault)
        self.running.discard(name)

    def _fault(self, name: str, fault: BaseException) -> None:
        self.end(Exit.OUR_FAULT, f"a fault of panicstream itself in {name}: {told(fault)}; {REMEDY}", fault)

    def _stands_still(self, place: str) -> None:
        self.end(Exit.OUR_FAULT, f"a fault of panicstream itself: its loop stands still ({place}); {REMEDY}")

    def _await_signals(self) -> None:
        while True:
            number = signal.Signals(signal.sigwait(STOPS))
            self.end(STOPS[number], f"stopping: {number.name}")

    def _await_end(self, lifeline: int) -> None:
        os.read(lifeline, 1)
        self.end(Exit.FINE, "stopping: the supervisor is gone")

    def _tell_what_hangs(self) -> None:
        hung = ", ".join(sorted(self.running)) or "the process itself"
        LOG.error("ended by force, it did not stop in time: %s", hung)

    def _wrong(self) -> str:
        return "a fault, its line is in the log" if self.code == Exit.OUR_FAULT else ""

    def _readiness(self) -> dict[str, Readiness]:
        return {name: self._ready(role) for name, role in self.roles.items()}

    def _ready(self, role: Role) -> Readiness:
        found = role.readiness()
        return replace(found, in_the_way=[*found.in_the_way, "stopping"]) if self.code is not None else found


def spare_the_garbage_collector() -> None:
    """Keep Python's collector from looking at what stays anyway, and after every batch of records."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def leave(code: Exit) -> NoReturn:
    """End the process here: nothing is left to do, and libraries that Python takes apart may hang."""
    logging.shutdown()
    os._exit(code)
