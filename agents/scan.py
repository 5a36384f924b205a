"""The command `scan`: feed each file to the core and hand on the crashes it finds."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

import click
import orjson

from agents.exits import Exit, Terminated
from agents.inputs import BrokenArchiveError, Notice, chunks, files, refusal, total_size
from agents.progress import Bar
from agents.show import crash_text, group_text, tally_text
from agents.summary import Group, count_in, ranked
from agents.terminal import OutputClosedError, UnwritableError, complain, show, write
from pipeline._native import Scanner

EXAMPLES = """\b
Examples:
  panicstream scan app.log                     every crash in a file, readable
  panicstream scan --summary /var/log/pods     which bugs a folder holds, most frequent first
  kubectl logs my-pod | panicstream scan -     from a pipe
  panicstream scan --json app.log.gz | jq -r .title
  panicstream scan --summary --json logs/      the rows of the summary as JSON lines

\b
Exit codes:
  0   no crash found
  1   crash found
  2   something could not be read (the rest was)
  70  a fault of panicstream itself
  130 Ctrl-C; SIGTERM gives 0. What was found so far is told
"""


@click.command(epilog=EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="One JSON document a line: schemas/panic.v1.json.")
@click.option("--summary", is_flag=True, help="One row a bug: how often, what, where, first and last.")
@click.argument("paths", nargs=-1, metavar="FILE|FOLDER|-...")
def scan(paths: tuple[str, ...], *, as_json: bool, summary: bool) -> Exit:
    """Find the Go crashes in log files.

    Folders are read with all files below them, .gz and .zst are unpacked, - is stdin. Each file is a stream
    of its own: a crash does not go on in the next file.
    """
    if not paths:
        raise click.UsageError("nothing to scan: name a file, a folder, or - for stdin")
    run = Scan(as_json, summary)
    stopped: Exit | None = None
    try:
        try:
            run.read_all(paths)
        except Terminated:
            stopped = Exit.FINE
        except KeyboardInterrupt:
            stopped = Exit.INTERRUPTED
        run.end()
    except OutputClosedError:
        pass
    except UnwritableError as error:
        run.notice(Notice("stdout", str(error), "make room, or send it elsewhere"))
    return run.code if stopped is None else stopped


@dataclass
class Scan:
    """One run of the command: how it tells crashes, and what it has met."""

    as_json: bool
    summary: bool
    bar: Bar = field(default_factory=lambda: Bar(None))
    lines: int = 0
    crashes: int = 0
    unread: bool = False
    groups: dict[str, Group] = field(default_factory=dict)

    @property
    def code(self) -> Exit:
        """The exit code for what was met."""
        if self.unread:
            return Exit.COULD_NOT
        return Exit.FOUND if self.crashes else Exit.FINE

    def read_all(self, arguments: tuple[str, ...]) -> None:
        """Read what the arguments name. Raises KeyboardInterrupt, OutputClosedError or UnwritableError."""
        paths = list(self._paths(arguments))
        self.bar = Bar(total_size(paths))
        try:
            for path in paths:
                self._read(path)
        finally:
            self.bar.hide()

    def _paths(self, arguments: tuple[str, ...]) -> Iterator[str]:
        for found in chain.from_iterable(map(files, arguments)):
            if isinstance(found, Notice):
                self.notice(found)
            else:
                yield found

    def _read(self, path: str) -> None:
        topic = os.fsencode(path).decode(errors="backslashreplace")
        try:
            self._feed(Scanner(topic), path)
        except (OSError, BrokenArchiveError) as error:
            self.notice(refusal(path, error))

    def _feed(self, scanner: Scanner, path: str) -> None:
        try:
            for chunk in chunks(path, self.bar.advance):
                self._tell(scanner.feed(chunk))
        finally:  # after a fault or Ctrl-C, too: a crash that was open is told as far as it came
            self._tell(scanner.finish())
            self.lines += scanner.lines

    def _tell(self, documents: list[bytes]) -> None:
        for document in documents:
            self.crashes += 1
            self.bar.hide()
            if self.as_json and not self.summary:
                write(document)
                continue
            crash = orjson.loads(document)
            count_in(self.groups, crash)
            if not self.summary:
                show(crash_text(crash))

    def notice(self, notice: Notice) -> None:
        """Say what was not read."""
        self.bar.hide()
        self.unread |= not notice.intended
        complain(f"{notice.where}: {notice.what}", notice.remedy)

    def end(self) -> None:
        """Tell what is known only at the end: the groups, and how much was met."""
        for group in ranked(self.groups) if self.summary else ():
            if self.as_json:
                write(orjson.dumps(group))
            else:
                show(group_text(group))
        if not self.as_json:
            show(tally_text(self.crashes, len(self.groups), self.lines))
