"""A coroutine that has begun, and is brought to its end by whoever waits for the rest of it."""

import asyncio

import pytest

from agents.intake import Rest


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
