"""What commands that read files share: walk them, show progress, say what was not read, end in order."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Protocol

from rich.text import Text

from agents import terminal
from agents.exits import Exit, Terminated
from agents.inputs import BrokenArchiveError, Notice, chunks, files, refusal, total_size
from agents.progress import Bar
from agents.terminal import OutputClosedError, UnwritableError


class Reading:
    """The files of one run, and all that is said in it: the progress bar gives way to it."""

    def __init__(self) -> None:
        self.failed = False  # something could not be read, written or understood
        self._bar = Bar(None)

    def read(self, arguments: tuple[str, ...], take: Callable[[str, Iterator[bytes]], None]) -> None:
        """Give `take` each path and what is in it, as logged; say which could not be read."""
        paths = list(self._paths(arguments))
        self._bar = Bar(total_size(paths))
        try:
            for path in paths:
                self._read(path, take)
        finally:
            self._bar.hide()

    def _paths(self, arguments: tuple[str, ...]) -> Iterator[str]:
        for found in chain.from_iterable(map(files, arguments)):
            if isinstance(found, Notice):
                self.notice(found)
            else:
                yield found

    def _read(self, path: str, take: Callable[[str, Iterator[bytes]], None]) -> None:
        try:
            take(path, chunks(path, self._bar.advance))
        except (OSError, BrokenArchiveError) as error:
            self.notice(refusal(path, error))

    def notice(self, notice: Notice) -> None:
        """Say what was not read."""
        self.failed |= not notice.intended
        self.complain(f"{notice.where}: {notice.what}", notice.remedy)

    def note(self, text: str) -> None:
        """Say beside the progress bar what has come of what was read."""
        self._bar.note(text)

    def complain(self, what: str, remedy: str) -> None:
        """Say one line on stderr that is no failure."""
        self._bar.hide()
        terminal.complain(what, remedy)

    def write(self, line: bytes) -> None:
        """Put one line on stdout. Raises OutputClosedError or UnwritableError."""
        self._bar.hide()
        terminal.write(line)

    def show(self, text: Text) -> None:
        """Put styled text on stdout. Raises as `write`."""
        self._bar.hide()
        terminal.show(text)


class Job(Protocol):
    """A command's work on the files it was given."""

    reading: Reading

    @property
    def code(self) -> Exit:
        """The exit code for what was met."""

    def read(self, path: str, pieces: Iterator[bytes], /) -> None:
        """Take one file."""

    def end(self) -> None:
        """Tell what is known only at the end; the job may have been stopped before all was read."""


def run(job: Job, arguments: tuple[str, ...]) -> Exit:
    """Do the job on the files; what it met is told, too, where it is stopped by a signal."""
    stopped: Exit | None = None
    try:
        try:
            job.reading.read(arguments, job.read)
        except Terminated:
            stopped = Exit.FINE
        except KeyboardInterrupt:
            stopped = Exit.INTERRUPTED
        job.end()
    except OutputClosedError:
        pass
    except UnwritableError as error:
        job.reading.notice(Notice("stdout", str(error), "make room, or send it elsewhere"))
    return job.code if stopped is None else stopped
