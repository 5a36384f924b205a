"""NOTIFY: tells channels what they should know: the steps of the table `told`, a desk for each."""

import asyncio
import logging
import time
from collections.abc import Coroutine, Iterable
from typing import Any

import orjson

from agents.attempts import Attempts, Sends
from agents.channel_health import SORT as CHANNEL
from agents.channel_health import ChannelHealth
from agents.desk import Desk
from agents.forgetting import forget
from agents.newcomers import Newcomers
from agents.notify_report import NotifyReport
from agents.overview import Overview
from agents.route_book import RouteBook
from agents.rows import Rows
from agents.sweep import ended
from agents.table_app import TableApp
from agents.told_rows import ToldRows
from pipeline.channels.alertmanager import AlertmanagerSettings
from pipeline.digests import KEY
from pipeline.group import untold
from pipeline.retries import Deadlines
from pipeline.row import Row
from pipeline.step import Arrival, Effect
from pipeline.wanted import SORT as WANTED
from pipeline.wanted import Notification, row_key, take

LOG = logging.getLogger(__name__)

LOOK_S = 1.0
AGAIN_S = 10.0  # between looks at all groups: spans of time begin and end
SWEEP_S = 60.0
GRACE_S = 3.0  # for requests that are under way when partitions leave

Value = dict[str, Any]


class Notify:
    """The channels whose partitions this worker has."""

    def __init__(self, app: TableApp, rows: Rows, book: RouteBook, sender: Sends) -> None:
        self._app, self._rows, self._sender = app, rows, sender
        self._settings = app.settings.notify
        self.book, self.overview = book, Overview(app.settings, book, app.metrics)
        self._newcomers = Newcomers(self.overview, app.settings.topics.partitions)
        self._desks: dict[str, Desk] = {}
        self._ours = frozenset[int]()
        self._tasks: list[asyncio.Task[None]] = []
        self._report = NotifyReport(app.metrics)
        self._routes, self._is_loaded = book.routes, False
        self._looked_at = self._swept_at = time.monotonic()
        app.on_partitions_revoked.connect(self._forget)

    def key(self, notification: Notification, _arrival: Arrival) -> str:
        """Return the row that a notification changes."""
        return notification.row_key

    def take(
        self, row: Value | None, notification: Notification, arrival: Arrival
    ) -> tuple[Value, list[Effect]]:
        """Take what a channel should know."""
        made = take(row, notification, arrival)
        if made is not row and self._is_loaded:  # else it is loaded with all others
            known = self._desks.get(notification.channel)
            desk = known or self._opened(notification.channel, arrival.partition)
            desk.want(made)
            if not known:
                self._start(desk)
        return made, []

    async def load(self, partitions: Iterable[int]) -> None:
        """Take over what these partitions, which are all that we have, know."""
        await self._rows.settle()  # a record may have come since this was asked for last
        self._desks, self._is_loaded, self._ours = {}, True, frozenset(partitions)
        for number, rows in self._rows.shelf.rows(self._ours).items():
            for written in rows:
                self._read(number, written)
        for desk in self._desks.values():
            desk.load()
            self._start(desk)

    def _read(self, partition: int, written: bytes) -> None:
        """Take a row as it stands; one that is none must not end every worker that finds it."""
        try:
            self._put(partition, Row.read(orjson.loads(written)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self._app.metrics.bad_records.labels("told", "unreadable").inc()
            LOG.warning("a row of what channels were told cannot be used: %r", error)

    def _put(self, partition: int, row: Row) -> None:
        """Give a row to its channel's desk."""
        value = row.value
        desk = self._desks.get(value["channel"]) or self._opened(value["channel"], partition)
        if value["sort"] == WANTED:
            desk.group(value["group_key"]).want(value)
            return
        is_channel = value["sort"] == CHANNEL
        name = value["channel"] if is_channel else row_key(value["channel"], value["group_key"])
        desk.rows.know(name, row)
        if is_channel:
            desk.health.load(value)
        elif value["group_key"] == KEY:
            desk.digest.load(untold(desk.name, KEY) | value)
        else:
            key = value["group_key"]
            desk.group(key).told = untold(desk.name, key) | value

    def _opened(self, channel: str, partition: int) -> Desk:
        rows = ToldRows(self._rows, partition)
        health = ChannelHealth(self._app, rows, channel, self.book, self._settings.failing_after)
        deadlines = Deadlines(self._settings.deadline_critical, self._settings.deadline)
        attempts = Attempts(self._app, rows, self._sender, health, deadlines)
        desk = self._desks[channel] = Desk(
            channel, attempts, self.overview, self._app.metrics, self._settings
        )
        return desk

    def _start(self, desk: Desk) -> None:
        self._adopt(desk)
        self._tasks.append(asyncio.ensure_future(self._guarded(desk.run())))

    def _adopt(self, desk: Desk) -> None:
        desk.adopt(self.book.routes.channels.get(desk.name))
        if not self._app.alertmanagers:
            return
        if isinstance(desk.settings, AlertmanagerSettings):
            self._app.alertmanagers.adopt(desk.name, desk.settings, desk.records())
        else:
            self._app.alertmanagers.leave([desk.name])

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as fault:
            await self._app.halt(fault)

    async def keep(self) -> None:
        """Go by the routes, silences and alerts as they are, and report, until cancelled."""
        tailing = asyncio.ensure_future(self.overview.keep())
        try:
            while not tailing.done():
                await asyncio.sleep(LOOK_S)
                await self._look()
            await tailing
        finally:
            tailing.cancel()

    async def _look(self) -> None:
        if self.book.routes is not self._routes:  # WATCH reads them again
            self._routes = self.book.routes
            for desk in self._desks.values():
                self._adopt(desk)
        has_changed = self.overview.has_changed()
        if has_changed or time.monotonic() - self._looked_at > AGAIN_S:
            self._looked_at = time.monotonic()
            for desk in list(self._desks.values()):
                await desk.knock()
                desk.look_at_all()
        if self.overview.is_known and time.monotonic() - self._swept_at > SWEEP_S:
            self._swept_at = time.monotonic()
            await self._sweep()
        self._report.tell(self._desks)

    async def _sweep(self) -> None:
        fresh = self._newcomers.told(self.book.routes, self._desks, self._ours)
        for value in [*ended(self._desks, self.overview), *fresh]:
            await self._app.cause(Effect("notifications", value["channel"], value), 0)
        for desk in list(self._desks.values()):
            await forget(desk, self._rows, time.time())

    async def rest(self) -> None:
        """Begin nothing more, and end what is under way."""
        desks, self._desks, self._is_loaded, self._ours = self._desks, {}, False, frozenset()
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        if self._app.alertmanagers:
            self._app.alertmanagers.leave(desks)
        await asyncio.gather(*(desk.rest(GRACE_S) for desk in desks.values()))

    async def _forget(self, *_: Any, **__: Any) -> None:
        await self.rest()
        self._report.tell({})
