"""The Faust app that table agents run in, and what they share."""

import asyncio
import logging
from typing import TYPE_CHECKING, Any, cast

import faust
import orjson
from faust.tables.manager import TableManager
from faust.transport.drivers.aiokafka import Consumer

from agents.inbound import Inbound
from agents.intake import Transport
from agents.lane import Acknowledged, Lane
from agents.metrics import Metrics
from agents.rebalances import Deliveries, HoleError
from agents.recovery import Recovery, read_back
from agents.rows import Rows
from agents.suspension import Presence
from pipeline.settings import Settings
from pipeline.step import Effect

if TYPE_CHECKING:
    from agents.alertmanager import Alertmanagers
    from agents.cluster import Cluster
    from agents.notify import Notify
    from agents.watch import Watch

FETCH_WAIT_MS = 100  # an idle worker takes 0.02 of a core with it


class TableApp(faust.App):
    """A Faust app without a web server, folders, or a say of the environment; to be made in an event loop.

    Where something went wrong, `fault` holds it, and nothing more is done.
    """

    logger = logging.getLogger("faust")  # else its steps are told as ours

    def __init__(self, settings: Settings, metrics: Metrics, **options: Any) -> None:
        """`options` are Faust's."""
        # Else BROKER_URL and a hundred other variables would win over what it is told here.
        super().__init__(settings.track_id, env={}, Monitor=Inbound, **options)
        self.settings, self.metrics = settings, metrics
        self.rows: dict[str, Rows] = {}
        self.cluster: Cluster | None = None
        self.watch: Watch | None = None
        self.notify: Notify | None = None
        self.alertmanagers: Alertmanagers | None = None
        self.deliveries, self.lane = Deliveries(self), Lane()
        self.presence = Presence(settings.track.session_timeout / 2)
        self.fault: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        tables = cast(TableManager, self.tables)
        tables._recovery = Recovery(self, tables, beacon=tables.beacon, loop=self.loop)
        self.on_rebalance_complete.connect(self._take_over)

    def add_rows(self, name: str) -> Rows:
        """Make a table; its changelog is `<app id>-<name>-changelog`."""
        partitions = self.settings.topics.partitions
        table = self.rows[name] = Rows(self, name, partitions, beacon=self.tables.beacon)
        self.tables.add(table)
        return table

    async def cause(self, effect: Effect, here: int) -> Acknowledged:
        """Send what was caused in partition `here`; what is returned ends when Kafka has it."""
        value = None if effect.value is None else orjson.dumps(effect.value)
        topic, partition = self.settings.topic(effect.topic), here if effect.beside else None
        sending = await self.producer.send(topic, effect.key.encode(), value, partition, None, None)
        return cast(Acknowledged, sending)

    async def halt(self, fault: Exception) -> None:
        """Let the fault end the process, and nothing more be done: it does not return."""
        self.metrics.holes.inc(isinstance(fault, HoleError))
        if not self.fault.done():
            self.fault.set_exception(fault)
        await asyncio.Event().wait()

    async def _take_over(self, *_: Any, **__: Any) -> None:
        """Make rows and clusters ready where partitions have come or left; records flow again afterwards.

        A further rebalance cancels this, and begins anew.
        """
        partitions = {tp.partition for tp in self.assignor.assigned_actives()}
        try:
            self._hurry()
            await self.deliveries.go_back()
            for rows in self.rows.values():
                await rows.settle()
                await read_back(self.settings.kafka, rows, partitions)
            if self.cluster:
                await self.cluster.load(partitions)
            if self.watch:
                await self.watch.load(partitions)
            if self.notify:
                await self.notify.load(partitions)
        except Exception as fault:
            await self.halt(fault)

    def _hurry(self) -> None:
        """Let no broker wait long for records of partitions that have none.

        Until it answers, aiokafka asks it for no others: with Faust's 1.5 s, which is no setting, all records
        of a steady stream came as late as that.
        """
        if client := self._client:
            client._fetcher._fetch_max_wait_ms = FETCH_WAIT_MS

    @property
    def _client(self) -> Any:
        return cast(Consumer, self.consumer)._thread._consumer

    def has_connection(self) -> bool:
        """Return whether the consumer is connected to any broker."""
        client = self._client
        return client is not None and any(one.connected() for one in list(client._client._conns.values()))

    def _new_transport(self) -> Transport:
        return Transport(self.conf.broker_consumer, self)

    def _create_directories(self) -> None:
        if self.conf.store.scheme != "memory":
            super()._create_directories()
