"""The exit codes of every command, and the signal that asks for one."""

import signal
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
