"""Rows that are on their way to Kafka: what the next record finds."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from faust.types import RecordMetadata
from faust.types.tuples import TP

from agents.app import create_app
from agents.metrics import Metrics
from agents.rows import Place, Rows
from agents.table_app import TableApp
from pipeline.row import Row
from pipeline.settings import Settings

PLACE = Place(0, b"shop/cart/live")
ROW = Row({"crashes": 1}, {})


class Brokers:
    """What takes records, and acknowledges them when it is told to."""

    def __init__(self) -> None:
        self.waiting: list[asyncio.Future[RecordMetadata]] = []

    async def send(self, *_: Any) -> asyncio.Future[RecordMetadata]:
        """Take a record."""
        self.waiting.append(asyncio.get_running_loop().create_future())
        return self.waiting[-1]

    async def acknowledge(self) -> None:
        """Acknowledge the first that waits."""
        tp = TP("changelog", 0)
        self.waiting.pop(0).set_result(RecordMetadata(tp.topic, tp.partition, tp, 0))
        await asyncio.sleep(0)


def with_rows(play: Callable[[Rows, Brokers], Awaitable[None]]) -> None:
    """Play with a table whose brokers are ours."""

    async def run() -> None:
        brokers, app = Brokers(), create_app(Settings(), Metrics())
        with mock.patch.object(TableApp, "producer", SimpleNamespace(send=brokers.send)):
            await play(app.rows["watched"], brokers)

    asyncio.run(run())


@pytest.mark.parametrize("rows", [[None, ROW, None], [ROW, None, ROW], [ROW, ROW]])
def test_what_was_planned_last_is_found_until_all_of_it_is_kept(rows: list[Row | None]) -> None:
    async def play(table: Rows, brokers: Brokers) -> None:
        for row in rows:
            table.plan(PLACE, row)
            await table.write(PLACE, row)
        for _ in rows:
            assert table.latest(PLACE) == rows[-1]
            await brokers.acknowledge()
        assert table.latest(PLACE) == rows[-1]
        assert not table._planned

    with_rows(play)
