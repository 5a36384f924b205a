"""How far a long run is, on stderr, where that is a terminal."""

import sys
import time
from collections.abc import Sequence

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    FileSizeColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

QUIET_S = 0.5  # what is done by then needs no bar
REFRESH_S = 0.1


class Bar:
    """A progress bar that gives way to other output: `hide` takes it away, `advance` brings it back."""

    def __init__(self, total: int | None, columns: Sequence[ProgressColumn] | None = None) -> None:
        """`total` is in bytes; None (a pipe) gives a spinner and the bytes read so far.

        Where `columns` are given, `total` is in what they count.
        """
        columns = columns or (
            (SpinnerColumn(), FileSizeColumn(), TransferSpeedColumn())
            if total is None
            else (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        )
        console = Console(stderr=True, force_terminal=sys.stderr is not None and sys.stderr.isatty())
        self._progress = Progress(
            *columns,
            TextColumn("{task.description}"),
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            disable=not console.is_interactive,
        )
        self._task = self._progress.add_task("", total=total)
        self._due = time.monotonic() + QUIET_S

    def advance(self, count: int) -> None:
        """Count bytes read, or what else is counted."""
        self._progress.advance(self._task, count)
        self._draw()

    def note(self, text: str) -> None:
        """Say beside the bar what has come of the bytes, and draw it where it is due."""
        self._progress.update(self._task, description=text)
        self._draw()

    def _draw(self) -> None:
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + REFRESH_S
            self._progress.start()
            self._progress.refresh()

    def hide(self) -> None:
        """Take the bar off the screen."""
        self._progress.stop()


def steps(total: int) -> Bar:
    """Return a bar for so many steps of any kind."""
    return Bar(total, (BarColumn(), TaskProgressColumn(), TimeRemainingColumn()))
