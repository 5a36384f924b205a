"""Threads that see to it that the process ends, whatever in it hangs."""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable

from agents.faults import place

TELL_S = 0.9  # whoever reads our stderr may hang, too
BEAT_S = 0.1
STILL = 14  # looks, a second apart, that find a loop where it was; a suspended process is not looked at


def end_within(seconds: float, code: Callable[[], int], tell: Callable[[], None]) -> None:
    """End the process after so many seconds, unless it has ended by then."""

    def end() -> None:
        time.sleep(seconds)
        in_background(tell).join(TELL_S)
        os._exit(code())

    in_background(end)


def in_background(work: Callable[[], None]) -> threading.Thread:
    """Start a thread that keeps no process alive."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


class Pulse:
    """Beats in the event loop as long as it lives, and measures how late it is."""

    def __init__(self, late: Callable[[float], object], blocked: Callable[[str], None]) -> None:
        """`late` is told of each beat how late it is, in seconds.

        `blocked` is told, from a thread, where a loop stands that has not beaten for `STILL` seconds.
        """
        self._late, self._blocked, self._beats = late, blocked, 0

    async def beat(self) -> None:
        """Beat until cancelled; to be called in the main thread."""
        in_background(self._watch)
        while True:
            due = time.monotonic() + BEAT_S
            await asyncio.sleep(BEAT_S)
            self._late(max(0.0, time.monotonic() - due))
            self._beats += 1

    def _watch(self) -> None:
        seen, still = -1, 0
        while still < STILL:
            time.sleep(1)
            still = still + 1 if self._beats == seen else 0
            seen = self._beats
        main = threading.main_thread().ident or 0
        self._blocked(place(sys._current_frames()[main]))
