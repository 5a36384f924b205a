"""The Faust app that table agents run in, and what they share."""

import asyncio
import logging
from typing import Any, cast

import faust
from faust.transport.drivers.aiokafka import Consumer

from agents.lane import Lane
from agents.metrics import Metrics
from agents.rebalances import Deliveries, HoleError
from agents.rows import Rows
from agents.suspension import Presence
from pipeline.settings import Settings


class TableApp(faust.App):
    """A Faust app without a web server, folders, or a say of the environment; to be made in an event loop.

    Where something went wrong, `fault` holds it, and nothing more is done.
    """

    logger = logging.getLogger("faust")  # else its steps are told as ours

    def __init__(self, settings: Settings, metrics: Metrics, **options: Any) -> None:
        """`options` are Faust's."""
        # Else BROKER_URL and a hundred other variables would win over what it is told here.
        super().__init__(settings.track_id, env={}, **options)
        self.settings, self.metrics = settings, metrics
        self.rows: dict[str, Rows] = {}
        self.deliveries, self.lane = Deliveries(self), Lane()
        self.presence = Presence(settings.track.session_timeout / 2)
        self.fault: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def add_rows(self, name: str) -> Rows:
        """Make a table; its changelog is `<app id>-<name>-changelog`."""
        table = self.rows[name] = Rows(self, name, beacon=self.tables.beacon)
        self.tables.add(table)
        return table

    async def halt(self, fault: Exception) -> None:
        """Let the fault end the process, and nothing more be done: it does not return."""
        self.metrics.holes.inc(isinstance(fault, HoleError))
        if not self.fault.done():
            self.fault.set_exception(fault)
        await asyncio.Event().wait()

    def has_connection(self) -> bool:
        """Return whether the consumer is connected to any broker."""
        client = cast(Consumer, self.consumer)._thread._consumer
        return client is not None and any(one.connected() for one in list(client._client._conns.values()))

    def _create_directories(self) -> None:
        if self.conf.store.scheme != "memory":
            super()._create_directories()
