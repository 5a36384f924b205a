"""The command `scan`: feed each file to the core and hand on the crashes it finds."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar, Unpack

import click
import orjson

from agents.core_options import Core, OwnRule, envelope_option
from agents.dump import BrokenLines, Dump, lines
from agents.exits import Exit
from agents.inputs import topic
from agents.layout import counted, line_place, record_place
from agents.reading import Reading, run
from agents.record_scanner import Met, RecordScanner
from agents.show import crash_text, group_text, records_read, spread_line, tally_text
from agents.summary import Group, count_in, ranked
from pipeline._native import Scanner, advice, envelopes

EXAMPLES = f"""\b
Examples:
  panicstream scan app.log                     every crash in a file, readable
  panicstream scan --summary /var/log/pods     which bugs a folder holds, most frequent first
  kubectl logs my-pod | panicstream scan -     from a pipe
  panicstream scan --json app.log.gz | jq -r .title
  panicstream scan --summary --json logs/      the rows of the summary as JSON lines
  panicstream scan --redact 'order=order (\\d+)' app.log   mask a secret of your own

\b
From Kafka, with keys, partitions and times:
  kcat -C -J -t logs.shop -o beginning -e | panicstream scan --records -
  kcat -C -J -t logs.shop -o beginning -e | zstd > shop.jsonl.zst
  panicstream scan --records --summary shop.jsonl.zst
  panicstream scan --records --envelope otlp_proto traces.jsonl
  panicstream decode --help                    why a shipper's logs are not understood

Envelopes: {", ".join(envelopes())}.

\b
Exit codes:
  0   no crash found
  1   crash found
  2   something could not be read (the rest was)
  70  a fault of panicstream itself
  130 Ctrl-C; SIGTERM gives 0. What was found so far is told
"""

Piece = TypeVar("Piece")


@click.command(short_help="Find the Go crashes in log files, or in dumps of records.", epilog=EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="One JSON document a line: schemas/panic.v1.json.")
@click.option("--summary", is_flag=True, help="One row a bug: how often, what, where, first and last.")
@click.option("--records", is_flag=True, help="Each line is a Kafka record as JSON, as kcat -J prints it.")
@envelope_option
@click.option(
    "--redact",
    "redaction",
    multiple=True,
    type=OwnRule(),
    metavar="NAME=PATTERN",
    help="Mask what this regular expression finds, beside the secrets that are known. May be given again.",
)
@click.argument("paths", nargs=-1, metavar="FILE|FOLDER|-...")
def scan(
    paths: tuple[str, ...], *, as_json: bool, summary: bool, records: bool, **core: Unpack[Core]
) -> Exit:
    """Find the Go crashes in log files, or in dumps of Kafka records.

    Each line is what a program wrote, or a record of a log shipper that holds it. Folders are read with all
    files below them, .gz and .zst are unpacked, - is stdin. A crash does not go on in the next file.
    """
    if not paths:
        raise click.UsageError("nothing to scan: name a file, a folder, or - for stdin")
    return run(Scan(as_json, summary, records, core), paths)


@dataclass
class Scan:
    """One run of the command: how it tells crashes, and what it has met."""

    as_json: bool
    summary: bool
    records: bool
    core: Core
    reading: Reading = field(default_factory=Reading)
    lines: int = 0
    crashes: int = 0
    met: Met = field(default_factory=Met)
    groups: dict[str, Group] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.broken = BrokenLines(self.reading, "leave --records away for log files")
        self.place = record_place if self.records else line_place

    @property
    def code(self) -> Exit:
        """The exit code for what was met."""
        if self.reading.failed:
            return Exit.COULD_NOT
        return Exit.FOUND if self.crashes else Exit.FINE

    def read(self, path: str, pieces: Iterator[bytes], /) -> None:
        """Tell the crashes of one file."""
        if self.records:
            dump = RecordScanner(Dump(path, self.broken), self.met, self.core)
            self._feed(lines(pieces), dump.feed, dump.finish)
            return
        scanner = Scanner(topic(path), **self.core)
        try:
            self._feed(pieces, scanner.feed, scanner.finish)
        finally:
            self.lines += scanner.lines

    def _feed(
        self,
        pieces: Iterable[Piece],
        feed: Callable[[Piece], Iterable[bytes]],
        finish: Callable[[], Iterable[bytes]],
    ) -> None:
        try:
            for piece in pieces:
                self._tell(feed(piece))
        finally:  # after a fault or Ctrl-C, too: a crash that was open is told as far as it came
            self._tell(finish())

    def _tell(self, documents: Iterable[bytes]) -> None:
        for document in documents:
            self.crashes += 1
            if self.as_json and not self.summary:
                self.reading.write(document)
                continue
            crash = orjson.loads(document)
            count_in(self.groups, crash)
            if not self.summary:
                self.reading.show(crash_text(crash, self.place))

    def end(self) -> None:
        """Tell what is known only at the end: the groups, how much was met, what to do about it."""
        for group in ranked(self.groups) if self.summary else ():
            if self.as_json:
                self.reading.write(orjson.dumps(group))
            else:
                self.reading.show(group_text(group, self.place))
        if not self.as_json:
            read = records_read(self.met) if self.records else counted(self.lines, "line")
            self.reading.show(tally_text(self.crashes, len(self.groups), read))
        self.broken.end()
        for (name, envelope), streams in self.met.spread.items():
            self.reading.complain(spread_line(name, envelope, list(streams)), advice(envelope))
