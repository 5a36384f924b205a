"""What commands that ask Kafka share: how they end where nobody takes what they tell."""

from collections.abc import Callable

from agents.exits import Exit
from agents.terminal import OutputClosedError, UnwritableError, complain


def run(work: Callable[[], Exit]) -> Exit:
    """Do a command's work."""
    try:
        return work()
    except OutputClosedError:
        return Exit.FINE
    except UnwritableError as error:
        complain(f"stdout: {error}", "make room, or send it elsewhere")
        return Exit.COULD_NOT
