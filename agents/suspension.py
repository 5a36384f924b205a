"""A process that stood still for so long that others may work in its place must not go on."""

import asyncio
import time

from agents.role import FaultError


class AwayError(FaultError):
    """The process stood still; what it has not sent must not be sent any more."""


class Presence:
    """Knows whether this process was there all the time."""

    def __init__(self, seconds: float) -> None:
        """To be away for longer than `seconds` is a fault."""
        self._seconds, self._seen = seconds, time.monotonic()

    def check(self) -> None:
        """Make sure of it, before anything is written. Raises AwayError."""
        away = time.monotonic() - self._seen
        if away > self._seconds:
            raise AwayError(f"this process stood still for {away:.1f} s: others may have its partitions")

    async def keep(self) -> None:
        """Take note of being there until cancelled. Raises AwayError."""
        while True:
            self.check()
            self._seen = time.monotonic()
            await asyncio.sleep(self._seconds / 10)
