"""What leaves the program: lines on stdout, complaints on stderr, and nothing in them that a log can steer.

Text of a log comes from whoever can make a program crash: `clean` takes from it what a terminal would obey.
"""

import contextlib
import os
import sys

from rich.console import Console
from rich.text import Text


class OutputClosedError(Exception):
    """Whoever read stdout has left (`| head`): stop, there is nothing to say about it."""


class UnwritableError(Exception):
    """Stdout takes nothing more (a full disk): stop and say why."""


def clean(text: str) -> str:
    r"""Make control, bidirectional and invisible characters visible: ESC becomes `\x1b`, a tab `\t`."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def complain(what: str, remedy: str) -> None:
    """Say in one line on stderr what is wrong and what to do."""
    tell(f"{what}; {remedy}")


def tell(line: str) -> None:
    """Say one line on stderr."""
    with contextlib.suppress(OSError, AttributeError):  # stderr is closed: there is nobody to tell
        sys.stderr.write(f"panicstream: {clean(line)}\n")
        sys.stderr.flush()


def write(line: bytes) -> None:
    """Put one line on stdout at once. Raises OutputClosedError or UnwritableError."""
    if sys.stdout is None:
        raise UnwritableError("closed")
    try:
        sys.stdout.buffer.write(line + b"\n")
        sys.stdout.buffer.flush()
    except OSError as error:
        _drop_output()
        if isinstance(error, BrokenPipeError):
            raise OutputClosedError from error
        raise UnwritableError(str(error.strerror).lower()) from error


def _drop_output() -> None:
    """Send what is still buffered nowhere; Python would try again at exit, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def show(text: Text) -> None:
    """Put styled text on stdout, in colours only on a terminal that wants them. Raises as `write`."""
    encoding = getattr(sys.stdout, "encoding", "utf-8")
    write((_styled(text) or text.plain).encode(encoding, "replace"))


def _styled(text: Text) -> str:
    """Return the text with colours, empty where there are none."""
    if sys.stdout is None or not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return ""
    console = Console(force_terminal=True, highlight=False)
    with console.capture() as captured:
        console.print(text, soft_wrap=True, end="")
    return captured.get()
