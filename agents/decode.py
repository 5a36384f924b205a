"""The command `decode`: what each record of a dump is understood as."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import click
import orjson

from agents.core_options import envelope_option
from agents.dump import BrokenLines, Dump, Place, lines
from agents.exits import Exit
from agents.reading import Reading, run
from agents.show_decoded import Seen, decoded_text, seen_text
from pipeline._native import Decoder, envelopes

EXAMPLES = f"""\b
Examples:
  panicstream decode shop.jsonl                each line of each record, readable
  kcat -C -J -t logs.shop -o -20 -e | panicstream decode -
  panicstream decode --json shop.jsonl | jq -r .envelope | sort | uniq -c
  panicstream decode --json shop.jsonl | jq 'select(.damaged)'
  panicstream decode --envelope otlp_proto traces.jsonl

\b
A record is a line of JSON, with these fields or as kcat -J prints it (ts, payload):
  {{"topic": "logs.shop", "partition": 3, "offset": 1042, "key": null, "headers": [["name", "value"]],
   "record_timestamp_ms": 1795220445120, "value": "..."}}
Bytes that are no text go into value_b64 and key_b64. Only the value is needed.

Envelopes: {", ".join(envelopes())}.

\b
Exit codes:
  0   all records were read, damaged ones too
  2   something could not be read, or is no record (the rest was)
  70  a fault of panicstream itself
  130 Ctrl-C; SIGTERM gives 0
"""


@click.command(short_help="Show what Kafka records are understood as.", epilog=EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line of a record.")
@envelope_option
@click.argument("paths", nargs=-1, metavar="FILE|FOLDER|-...")
def decode(paths: tuple[str, ...], *, as_json: bool, envelope: str | None) -> Exit:
    """Show what Kafka records are understood as: envelope, stream, time, service and each line.

    For whoever asks why the logs of a shipper are not understood. Input is a record a line, as JSON.
    """
    if not paths:
        raise click.UsageError("nothing to decode: name a file of records, or - for stdin")
    return run(Decode(as_json, envelope), paths)


@dataclass
class Decode:
    """One run of the command: how it tells lines, and what it has met."""

    as_json: bool
    envelope: str | None
    reading: Reading = field(default_factory=Reading)
    seen: Seen = field(default_factory=Seen)

    def __post_init__(self) -> None:
        self.broken = BrokenLines(self.reading, "`panicstream scan` reads log files")

    @property
    def code(self) -> Exit:
        """The exit code for what was met."""
        return Exit.COULD_NOT if self.reading.failed else Exit.FINE

    def read(self, path: str, pieces: Iterator[bytes], /) -> None:
        """Tell the lines of one file's records. Which piece of a line one holds depends on its partition."""
        dump = Dump(path, self.broken)
        decoders: defaultdict[tuple[str, int], Decoder] = defaultdict(
            partial(Decoder, envelope=self.envelope)
        )
        for some in lines(pieces):
            for place, record in dump.read(some):
                decoder = decoders[place[:2]]
                self.seen.records += 1
                for line in decoder.decode(record.value, key=record.key, headers=record.headers):
                    self._tell(place, orjson.loads(line))
        dump.end()

    def _tell(self, place: Place, line: dict[str, Any]) -> None:
        self.seen.add(place.topic, line)
        if self.as_json:
            source = {f"source_{name}": value for name, value in place._asdict().items()}
            self.reading.write(orjson.dumps(line | source))
        else:
            self.reading.show(decoded_text(place, line))

    def end(self) -> None:
        """Tell how much was met, and what to do about lines without a stream."""
        if not self.as_json:
            self.reading.show(seen_text(self.seen))
        self.broken.end()
