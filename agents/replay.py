"""The command `replay`: log files into Kafka, as a log shipper would write them."""

import math
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Unpack

import click
from rich.text import Text

from agents.admin import Admin
from agents.configuration import config_option
from agents.dump import BrokenLines
from agents.exits import Exit
from agents.inputs import Notice
from agents.layout import counted
from agents.reading import Reading, run
from agents.replay_sources import NO_KEY, OF_CONTAINER, Dumps, LogFiles, Parcel, Shipping, Source
from agents.role import MisfitError
from agents.sending import Sender
from agents.shippers.table import SHIPPERS
from agents.terminal import clean
from pipeline.settings import Settings

DEFAULT_ENVELOPE = "fluent_bit"
LOOK_S, ROOM_S = 0.1, 0.001  # between two looks; the shortest wait for a turn
STALLED_S = 5.0  # without an acknowledgement, before it is said
HURRY_S = 5.0  # for what is under way, where we are to stop

EXAMPLES = f"""\b
Examples:
  panicstream replay app.log --topic logs.shop
  panicstream replay logs/ --topic logs.shop --envelope vector --rate 500
  kubectl logs -f my-pod | panicstream replay - --topic logs.shop --service shop
  panicstream replay app.log --topic logs.shop --key none      as shippers write that are not told better
  panicstream replay --records shop.jsonl                      records back to where they were

\b
Each file is a container of its own; without --service it is called as the file. A line gets the time at which
it is sent. The topic has to be there: kafka-topics.sh --create --topic logs.shop

Envelopes: {", ".join(SHIPPERS)}.

\b
Exit codes:
  0   all is in Kafka
  2   something could not be read or sent (the rest was)
  70  a fault of panicstream itself
  130 Ctrl-C; SIGTERM gives 0. How many were sent is told
"""


@click.command(short_help="Write log files to Kafka as a log shipper would.", epilog=EXAMPLES)
@config_option
@click.option("--topic", metavar="T", help="Where they go; with --records, without it: where each was.")
@click.option(
    "--envelope",
    type=click.Choice(list(SHIPPERS)),
    default=DEFAULT_ENVELOPE,
    metavar="NAME",
    help=f"The envelope of a log shipper around each line; without it, {DEFAULT_ENVELOPE}.",
)
@click.option(
    "--key",
    default=OF_CONTAINER,
    metavar="KEY",
    help=f"`{OF_CONTAINER}`, which is what it is without it: the container's id; `{NO_KEY}`; or any text.",
)
@click.option("--service", metavar="NAME", help="Whose lines they are; without it, as the file is called.")
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    help="So many records a second; without it, as fast as Kafka takes them.",
)
@click.option("--records", is_flag=True, help="Each line is a Kafka record as JSON, as kcat -J prints it.")
@click.option("--bootstrap", metavar="SERVERS", help="HOST:PORT,... instead of kafka.bootstrap_servers.")
@click.argument("paths", nargs=-1, metavar="FILE|FOLDER|-...")
def replay(
    settings: Settings,
    paths: tuple[str, ...],
    *,
    rate: float | None,
    records: bool,
    bootstrap: str | None,
    **shipping: Unpack[Shipping],
) -> Exit:
    """Write log files to Kafka as a log shipper would, to try panicstream on one's own logs."""
    if not paths:
        raise click.UsageError("nothing to replay: name a file, a folder, or - for stdin")
    topic = shipping["topic"]
    if not topic and not records:
        raise click.UsageError("--topic is missing: name the topic that the lines go to")
    kafka = settings.kafka
    if bootstrap:
        servers = [server.strip() for server in bootstrap.split(",")]
        kafka = kafka.model_copy(update={"bootstrap_servers": servers})
    there = Admin(kafka).metadata().topics
    if topic and topic not in there:
        raise MisfitError(*missing(topic))
    reading = Reading()
    dumps = Dumps(topic, BrokenLines(reading, "leave --records away for log files"))
    source = dumps if records else LogFiles(**shipping)
    with Sender(kafka) as sender:
        return run(Replay(reading, source, sender, there, rate), paths)


def missing(topic: str) -> tuple[str, str]:
    """Say that there is no such topic, and what to do."""
    return f"there is no topic {topic}", f"make it: kafka-topics.sh --create --topic {topic}"


@dataclass
class Replay:
    """One run of the command; `there` are the topics that there are."""

    reading: Reading
    source: Source
    sender: Sender
    there: Collection[str]
    rate: float | None
    topics: dict[str, None] = field(default_factory=dict)  # in the order in which they were met
    missing: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._began: float | None = None
        self._looked = self._heard = time.monotonic()
        self._arrived = 0

    @property
    def code(self) -> Exit:
        """The exit code for what was met."""
        return Exit.COULD_NOT if self.reading.failed else Exit.FINE

    def read(self, path: str, pieces: Iterator[bytes], /) -> None:
        """Send the records of one file, and wait until they have arrived."""
        for parcel in self._in_turn(self.source.parcels(path, pieces)):
            if parcel.topic in self.there:
                self._send(parcel)
            else:
                self._miss(parcel.topic)
        while self.sender.flush(LOOK_S):
            self._look()

    def _in_turn(self, parcels: Iterator[Parcel]) -> Iterator[Parcel]:
        """Ask for each when it is its turn: its time is that at which it is made."""
        self._began = self._began or time.monotonic()
        while True:
            due = self._began + self.sender.sent / self.rate if self.rate else 0
            while (left := due - time.monotonic()) > 0 or not self.sender.has_room():
                self._look()
                time.sleep(min(max(left, ROOM_S), LOOK_S))
            if (parcel := next(parcels, None)) is None:
                return
            yield parcel

    def _send(self, parcel: Parcel) -> None:
        self.sender.send(parcel.topic, parcel.record, parcel.partition)
        self.topics[parcel.topic] = None
        self._look()

    def _miss(self, topic: str) -> None:
        if topic not in self.missing:
            self.missing.add(topic)
            self.reading.notice(Notice("Kafka", *missing(topic)))

    def _look(self) -> None:
        """Now and then, show how far it is, and say once that the brokers do not answer."""
        now = time.monotonic()
        if now < self._looked + LOOK_S:
            return
        arrived, self._looked = self.sender.arrived, now
        self.reading.note(f"{arrived:,} records in Kafka")
        if arrived != self._arrived or not self.sender.flush(0):
            self._arrived, self._heard = arrived, now
        elif now - self._heard > STALLED_S:
            self._heard = math.inf
            why = self.sender.objection() or "Kafka does not answer"
            self.reading.complain(why, "waiting for it; Ctrl-C ends that")

    def end(self) -> None:
        """Tell how many were sent, and what became of the others."""
        left = self.sender.flush(HURRY_S)
        for (what, remedy), count in self.sender.refused.items():
            self.reading.notice(Notice(f"{counted(count, 'record')} refused", what, remedy))
        if left:
            what = f"{counted(left, 'record')} may not have arrived"
            self.reading.notice(Notice("Kafka", what, "send again what is missing"))
        self.source.end()
        to = f" to {clean(', '.join(self.topics))}" if self.topics else ""
        self.reading.show(Text(f"{counted(self.sender.arrived, 'record')} sent{to}"))
