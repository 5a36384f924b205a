"""Bugs on a terminal that are drawn anew every few seconds, until Ctrl-C."""

import sys
import time
from collections.abc import Callable, Sequence
from typing import NoReturn

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from agents import terminal
from agents.role import MisfitError

REFRESH_S = 2.0
GENTLE = 10  # times as long as a worker takes to answer it is left in peace
BESIDE_ROWS = 2  # lines of a picture that are no rows

Look = Callable[[], Sequence[Text]]
"""Returns lines as they are now; the last one says how many there are. Raises MisfitError."""


def watch(look: Look) -> NoReturn:
    """Show what there is until Ctrl-C. Raises MisfitError where the first look fails; later ones are told."""
    begun = time.monotonic()
    lines = look()
    view = _Picture() if sys.stdout is not None and sys.stdout.isatty() else _Lines()
    with view:
        while True:
            view.show(lines)
            time.sleep(max(REFRESH_S, GENTLE * (time.monotonic() - begun)))
            begun = time.monotonic()
            try:
                lines = look()
            except MisfitError as misfit:
                lines = [*lines[:-1], Text(terminal.clean(str(misfit)), "yellow")]


class _Lines:
    """Writes all lines each time: not on a terminal."""

    def __enter__(self) -> "_Lines":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, lines: Sequence[Text]) -> None:
        for one in lines:
            terminal.show(one)


class _Picture:
    """Draws as many lines as there is room for, the last one always."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._live = Live(
            console=self._console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
        )

    def __enter__(self) -> "_Picture":
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, lines: Sequence[Text]) -> None:
        self._live.update(picture(lines, self._console.height), refresh=True)


def picture(lines: Sequence[Text], height: int) -> Group:
    """Draw lines in so many, none longer than the terminal is wide."""
    *rows, last = [row for one in lines for row in one.split(allow_blank=True)]
    shown = [*rows[: max(1, height - BESIDE_ROWS)], Text.assemble(last, ("  Ctrl-C ends it", "dim"))]
    return Group(*(_on_one(one) for one in shown))


def _on_one(text: Text) -> Text:
    text = text.copy()
    text.no_wrap, text.overflow = True, "ellipsis"
    return text
