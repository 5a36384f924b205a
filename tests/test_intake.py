"""Records are handed to agents at once; what has begun, and has to wait, is brought to its end."""

import asyncio

import pytest

from agents.inbound import Inbound
from agents.intake import Consumer, Intake, Rest


class Handing:
    """Hands something over in two steps, each of which has to wait; says what became of it."""

    def __init__(self) -> None:
        self.room = [asyncio.Event(), asyncio.Event()]
        self.became = "begun"

    async def run(self) -> str:
        """Return what became of it."""
        try:
            for room in self.room:
                await room.wait()
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.became = "cancelled"
            raise
        self.became = "handed over"
        return self.became


async def begun(handing: Handing) -> Rest:
    coroutine = handing.run()
    return Rest(coroutine, coroutine.send(None))


def test_a_coroutine_that_has_begun_ends_as_if_it_had_been_awaited() -> None:
    async def steps() -> tuple[str, str]:
        handing = Handing()
        rest = asyncio.ensure_future(await begun(handing))
        for room in handing.room:
            await asyncio.sleep(0)
            room.set()
        return await rest, handing.became

    assert asyncio.run(steps()) == ("handed over", "handed over")


def test_who_no_longer_waits_cancels_it() -> None:
    async def steps() -> str:
        handing = Handing()
        rest = asyncio.ensure_future(await begun(handing))
        await asyncio.sleep(0)
        rest.cancel()
        with pytest.raises(asyncio.CancelledError):
            await rest
        return handing.became

    assert asyncio.run(steps()) == "cancelled"


def test_what_it_raises_is_raised() -> None:
    async def steps() -> None:
        room = asyncio.Event()

        async def fails() -> None:
            await room.wait()
            raise ValueError("no room")

        coroutine = fails()
        rest = asyncio.ensure_future(Rest(coroutine, coroutine.send(None)))
        room.set()
        await rest

    with pytest.raises(ValueError, match="no room"):
        asyncio.run(steps())


def test_what_need_not_wait_is_over_without_a_task_for_it() -> None:
    async def at_once() -> int:
        return len(asyncio.all_tasks())

    async def steps() -> tuple[int, list[int]]:
        tasks = len(asyncio.all_tasks())
        return tasks, (await Intake().wait_first(at_once(), asyncio.Event().wait())).results

    tasks, results = asyncio.run(steps())
    assert results == [tasks]


def test_where_the_flow_is_suspended_what_waits_for_room_is_given_up() -> None:
    async def steps() -> tuple[list[bool], str]:
        handing, suspended = Handing(), asyncio.Event()
        waiting = asyncio.ensure_future(Intake().wait_first(handing.run(), suspended.wait()))
        await asyncio.sleep(0)
        suspended.set()
        results = (await waiting).results
        await asyncio.sleep(0)
        return results, handing.became

    assert asyncio.run(steps()) == ([True], "cancelled")


def test_what_waited_for_room_is_handed_over_when_there_is_some() -> None:
    async def steps() -> list[str]:
        handing = Handing()
        waiting = asyncio.ensure_future(Intake().wait_first(handing.run(), asyncio.Event().wait()))
        for room in handing.room:
            await asyncio.sleep(0)
            room.set()
        return (await waiting).results

    assert asyncio.run(steps()) == ["handed over"]


def test_what_fails_at_once_raises_and_leaves_nothing_behind() -> None:
    async def fails() -> None:
        raise KeyError("no agent")

    async def steps() -> None:
        await Intake().wait_first(fails(), asyncio.Event().wait())

    with pytest.raises(KeyError, match="no agent"):
        asyncio.run(steps())


def test_its_steps_are_told_as_those_of_faust() -> None:
    assert [Consumer.logger.name, Inbound.logger.name] == ["faust", "faust"]
