"""TRACK: keeps the tables, with a Faust app inside the worker's event loop."""

import asyncio
import logging
import threading
import warnings
from collections.abc import Callable, Iterable
from tempfile import TemporaryDirectory
from typing import Any

from aiohttp import web

from agents import topics
from agents.alert_view import AlertView
from agents.app import create_app
from agents.bridge import Bridge
from agents.cluster_view import ClusterView
from agents.metrics import Metrics
from agents.patience import waited_for
from agents.role import FaultError, Readiness
from agents.silence_view import SilenceView
from agents.table_app import TableApp
from agents.track_report import TrackReport
from pipeline.settings import Settings

LOG = logging.getLogger(__name__)

LEAVE_S, CANCEL_S = 3.0, 0.5
# They tell every try that fails, many a second while brokers are away; what matters of it is told by us.
LOUD = ("aiokafka", "faust", "mode")


class Track:
    """The role."""

    def __init__(
        self, settings: Settings, metrics: Metrics, make: Callable[[Settings, Metrics], TableApp] = create_app
    ) -> None:
        self._settings, self._metrics, self._make = settings, metrics, make
        self._asked, self._stopping = threading.Event(), asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._report: TrackReport | None = None
        self._view, self._alerts = ClusterView(settings), AlertView(settings)
        self._silences = SilenceView(settings)
        self._bridge = Bridge(settings.http, metrics)

    async def run(self) -> None:
        """Keep the tables. Raises FaultError, and MisfitError where it cannot work as it is set."""
        self._loop = asyncio.get_running_loop()
        if self._asked.is_set() or not await self._topics_fit():
            return
        for name in LOUD:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        with TemporaryDirectory(prefix="panicstream-", ignore_cleanup_errors=True) as folder:
            await self._work(self._make(_placed(self._settings, folder), self._metrics))

    def stop(self) -> None:
        """Finish what is under way, commit, leave."""
        self._asked.set()
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopping.set)

    def readiness(self) -> Readiness:
        """Say how it is."""
        return self._report.readiness if self._report else Readiness(["track waits for Kafka"])

    def routes(self) -> Iterable[web.RouteDef]:
        """Return the pages of the tables."""
        views = (self._view, self._alerts, self._silences, self._bridge)
        return [route for view in views for route in view.routes()]

    async def _topics_fit(self) -> bool:
        """Look at the topics as soon as a broker answers; False where we are to stop. Raises MisfitError."""
        asking = asyncio.to_thread(waited_for, lambda: topics.require(self._settings), self._asked.is_set)
        asked, stopping = asyncio.ensure_future(asking), asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait([asked, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if self._asked.is_set():
            return False  # questions to brokers that do not answer take long
        for misfit in asked.result() or ():
            LOG.warning("%s; %s", misfit.text, misfit.remedy)
        return True

    async def _work(self, app: TableApp) -> None:
        self._report = TrackReport(app, self._metrics)
        self._view.app = self._alerts.app = self._silences.app = app
        if app.notify:
            book = app.notify.book
            self._bridge.open(app.cause, lambda: book.routes.channels)
        work = [app.fault, app.lane.run(), app.presence.keep(), self._report.keep(), _faust(app)]
        work += [one.keep() for one in (app.cluster, app.watch, app.notify, app.alertmanagers) if one]
        tasks = [asyncio.ensure_future(one) for one in (*work, self._stopping.wait())]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        faults = [fault for task in tasks if task in done and (fault := task.exception())]
        if app.notify:
            await app.notify.rest()
        await _leave(app, is_calm=not faults)
        await _cancel(tasks)
        if faults:
            raise faults[0]


async def _cancel(tasks: Iterable[asyncio.Future[Any]]) -> None:
    """End tasks; what they raise on their way out tells nothing."""
    for task in tasks:
        task.cancel()
    await asyncio.wait([asyncio.gather(*tasks, return_exceptions=True)], timeout=CANCEL_S)


def _placed(settings: Settings, folder: str) -> Settings:
    """Let rows stand in a temporary folder where none is set."""
    track = settings.track.model_copy(update={"data_dir": settings.track.data_dir or folder})
    return settings.model_copy(update={"track": track})


async def _faust(app: TableApp) -> None:
    """Run Faust. Raises FaultError when it ends."""
    try:
        await app.start()
        await app.wait()
    except Exception as error:
        raise FaultError(f"Faust does not start: {error!r}") from error
    raise FaultError(f"Faust ended: {app.crash_reason!r}") from app.crash_reason


async def _leave(app: TableApp, *, is_calm: bool) -> None:
    """Commit and leave the group, so that others need not wait for the session's end; it may hang.

    After a fault, a record that is under way is never acknowledged: then it is not waited for.
    """
    if not is_calm:
        with warnings.catch_warnings(action="ignore"):  # that it is late to set this
            app.conf.stream_wait_empty = False
    done, _ = await asyncio.wait([asyncio.ensure_future(app.stop())], timeout=LEAVE_S)
    if not done:
        LOG.warning("track left before all was committed: it will be read again")
