"""What records come to, in their order: first the effects, then the row, then the record is done.

A record is acknowledged, so that its offset may be committed, when its row is: a kill at any moment repeats
effects and rows, and loses none. Many are under way at once; none waits for an answer alone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from faust.types import EventT

UNDER_WAY = 1000  # records; beyond, the agents wait

Acknowledged = Awaitable[Any]
"""Ends when the brokers have a record; raises what they say against it."""


@dataclass(frozen=True)
class Outcome:
    """What a record comes to: effects, which are sent already, and what writes its row, where it has one."""

    record: EventT[bytes]
    effects: Sequence[Acknowledged]
    write: Callable[[], Awaitable[Acknowledged]] | None = None


class Lane:
    """Brings outcomes to their end."""

    def __init__(self) -> None:
        self._sent: asyncio.Queue[Outcome] = asyncio.Queue(UNDER_WAY)
        self._written: asyncio.Queue[tuple[EventT[bytes], Acknowledged | None]] = asyncio.Queue(UNDER_WAY)

    async def put(self, outcome: Outcome) -> None:
        """Take an outcome; wait where too many are under way."""
        await self._sent.put(outcome)

    async def run(self) -> None:
        """Work until cancelled. Raises what a send or a write raises."""
        await asyncio.gather(self._write(), self._acknowledge())

    async def _write(self) -> NoReturn:
        while True:
            outcome = await self._sent.get()
            for effect in outcome.effects:
                await effect
            written = await outcome.write() if outcome.write else None
            await self._written.put((outcome.record, written))

    async def _acknowledge(self) -> NoReturn:
        while True:
            record, written = await self._written.get()
            if written:
                await written
            record.ack()
