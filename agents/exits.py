"""The exit codes of every command, and the signal that asks for one."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from types import FrameType
from typing import NoReturn


class Exit(IntEnum):
    """What a command's exit code says; the higher one wins."""

    FINE = 0  # nothing found, nothing wrong
    FOUND = 1  # `scan`: a crash
    COULD_NOT = 2  # something could not be read or written, or was not understood
    OUR_FAULT = 70
    INTERRUPTED = 130  # Ctrl-C


class Terminated(KeyboardInterrupt):
    """SIGTERM: stop in order, as on Ctrl-C; whoever sent it expects 0."""


def stop_on_sigterm() -> None:
    """From now on SIGTERM raises `Terminated` in the main thread."""
    signal.signal(signal.SIGTERM, _terminate)


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated


@contextmanager
def held_back() -> Iterator[Callable[[], bool]]:
    """Hold Ctrl-C and SIGTERM back until the end of the block; give what says whether one has come.

    For what may not be interrupted anywhere, such as the callbacks of a library. The second one is not held
    back.
    """
    came: list[int] = []

    def take(number: int, _frame: FrameType | None) -> None:
        if came:
            raise KeyboardInterrupt
        came.append(number)

    before = {number: signal.signal(number, take) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])
