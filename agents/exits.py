"""The exit codes of every command."""

from enum import IntEnum


class Exit(IntEnum):
    """What a command's exit code says; the higher one wins."""

    FINE = 0  # nothing found, nothing wrong
    FOUND = 1  # `scan`: a crash
    COULD_NOT = 2  # something could not be read or written, or was not understood
    OUR_FAULT = 70
    INTERRUPTED = 130  # Ctrl-C
