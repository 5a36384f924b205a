"""The order of effects, row and acknowledgement."""

import asyncio
from typing import cast

import pytest
from faust.types import EventT

from agents.lane import Acknowledged, Lane, Outcome
from agents.role import FaultError


class Record:
    """A record that says when it is acknowledged."""

    def __init__(self, name: str, told: list[str]) -> None:
        self.name, self.told = name, told

    def ack(self) -> None:
        """Be done."""
        self.told.append(f"{self.name} is done")


class Bench:
    """A lane at work, and what happens in it."""

    def __init__(self) -> None:
        self.lane, self.told = Lane(), list[str]()
        self.running = asyncio.ensure_future(self.lane.run())

    def outcome(self, name: str, effects: list[Acknowledged], row: Acknowledged | None) -> Outcome:
        """Return what a record comes to; None has no row."""

        async def write() -> Acknowledged:
            assert row
            self.told.append(f"{name} is written")
            return row

        record = cast("EventT[bytes]", Record(name, self.told))
        return Outcome(record, effects, write if row else None)

    async def turn(self) -> list[str]:
        """Let everything happen that can, and return all that has happened."""
        for _ in range(20):
            await asyncio.sleep(0)
        return list(self.told)


def future() -> asyncio.Future[None]:
    return asyncio.get_running_loop().create_future()


def test_a_row_is_written_when_all_effects_are_acknowledged_and_the_record_done_when_the_row_is() -> None:
    async def work() -> list[list[str]]:
        bench, first, second, row = Bench(), future(), future(), future()
        await bench.lane.put(bench.outcome("a", [first, second], row))
        seen = []
        for acknowledged in (first, second, row):
            seen.append(await bench.turn())
            acknowledged.set_result(None)
        return [*seen, await bench.turn()]

    assert asyncio.run(work()) == [[], [], ["a is written"], ["a is written", "a is done"]]


def test_a_record_without_a_row_is_not_done_before_those_in_front_of_it() -> None:
    async def work() -> list[list[str]]:
        bench, row = Bench(), future()
        await bench.lane.put(bench.outcome("a", [], row))
        await bench.lane.put(bench.outcome("b", [], None))
        before = await bench.turn()
        row.set_result(None)
        return [before, await bench.turn()]

    assert asyncio.run(work()) == [["a is written"], ["a is written", "a is done", "b is done"]]


def test_the_next_row_does_not_wait_until_kafka_has_the_one_before() -> None:
    async def work() -> list[str]:
        bench = Bench()
        await bench.lane.put(bench.outcome("a", [], future()))
        await bench.lane.put(bench.outcome("b", [], future()))
        return await bench.turn()

    assert asyncio.run(work()) == ["a is written", "b is written"]


def test_what_kafka_does_not_take_ends_the_lane_and_the_record_stays_undone() -> None:
    async def work() -> list[str]:
        bench, effect = Bench(), future()
        await bench.lane.put(bench.outcome("a", [effect], future()))
        effect.set_exception(FaultError("too large"))
        with pytest.raises(FaultError, match="too large"):
            await bench.running
        return await bench.turn()

    assert asyncio.run(work()) == []
