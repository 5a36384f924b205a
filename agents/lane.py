"""What records come to, in their order: first the effects, then the row, then the record is done.

A record is acknowledged, so that its offset may be committed, when its row is: a kill at any moment repeats
effects and rows, and loses none. Many are under way at once; none waits for an answer alone.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from faust.types import EventT

UNDER_WAY = 1000  # records; beyond, the agents wait

Acknowledged = asyncio.Future[Any]
"""Ends when the brokers have a record; raises what they say against it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a record comes to: effects, which are sent already, and what writes its row, where it has one."""

    record: EventT[bytes]
    effects: Sequence[Acknowledged]
    write: Callable[[], Awaitable[Acknowledged]] | None = None


class Lane:
    """Brings outcomes to their end, in an event loop.

    Records are acknowledged in their order: where Faust hears of a later one first, it may commit past the
    one before.
    """

    def __init__(self) -> None:
        self._waiting: deque[Outcome] = deque()
        self._written: deque[tuple[EventT[bytes], Acknowledged | None]] = deque()
        self._is_writing = False
        self._more, self._room = asyncio.Event(), asyncio.Event()
        self._fault: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def put(self, outcome: Outcome) -> None:
        """Take an outcome; wait where too many are under way."""
        while len(self._waiting) + len(self._written) >= UNDER_WAY:
            self._room.clear()
            await self._room.wait()
        if outcome.effects or self._waiting or self._is_writing:
            self._waiting.append(outcome)
            self._more.set()
        else:  # nothing to wait for: a turn of the loop is saved
            await self._write(outcome)
            if self._waiting:
                self._more.set()

    async def run(self) -> None:
        """Work until cancelled. Raises what a send or a write raises."""
        writing = asyncio.ensure_future(self._write_waiting())
        try:
            await asyncio.wait([writing, self._fault], return_when=asyncio.FIRST_COMPLETED)
            await (writing if writing.done() else self._fault)
        finally:
            writing.cancel()

    async def _write_waiting(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            while self._waiting and not self._is_writing:
                outcome = self._waiting[0]  # it stays, so that none passes it by
                for effect in outcome.effects:
                    await effect
                await self._write(outcome)
                self._waiting.popleft()

    async def _write(self, outcome: Outcome) -> None:
        self._is_writing = True
        written = await outcome.write() if outcome.write else None
        self._is_writing = False
        self._written.append((outcome.record, written))
        if written:
            written.add_done_callback(self._acknowledge)
        else:
            self._acknowledge()

    def _acknowledge(self, _: Acknowledged | None = None) -> None:
        """Acknowledge the records up to the first whose row is still under way."""
        while self._written and _is_done(self._written[0][1]):
            record, written = self._written[0]
            fault = written and written.exception()
            if fault:
                if not self._fault.done():
                    self._fault.set_exception(fault)
                return
            self._written.popleft()
            self._room.set()
            record.ack()


def _is_done(written: Acknowledged | None) -> bool:
    return written is None or (written.done() and not written.cancelled())
