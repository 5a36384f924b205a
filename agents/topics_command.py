"""The commands `topics check` and `topics apply`."""

from collections.abc import Sequence
from functools import partial

import click
import orjson
from rich.text import Text

from agents import asking, terminal
from agents.admin import Admin, refused
from agents.configuration import config_option
from agents.exits import Exit
from agents.topics import apply as apply_topics
from agents.topics import look, wanted
from pipeline.settings import Settings
from pipeline.topics import Found, Misfit, Topic, misfits

EXAMPLES = """\b
Examples:
  panicstream topics apply --config panicstream.toml
  panicstream topics check
  PANICSTREAM_KAFKA_BOOTSTRAP_SERVERS=kafka:9092 panicstream topics apply
"""

CHECK_EXAMPLES = """\b
Examples:
  panicstream topics check --config panicstream.toml
  panicstream topics check --json | jq 'select(.misfits != [])'

\b
Exit codes:
  0   all topics fit
  1   some do not: one line each says what differs, and the command that mends it
  2   Kafka could not be asked
"""

APPLY_EXAMPLES = """\b
Examples:
  panicstream topics apply --config panicstream.toml
  panicstream topics apply --update            set what differs, too

\b
Exit codes:
  0   all topics fit now
  1   some do not, and were left so: one line each says what differs, and the command that mends it
  2   Kafka could not be asked, or refused
"""

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a topic.")


@click.group(short_help="Make and compare the topics of panicstream.", epilog=EXAMPLES)
def topics() -> None:
    """Make the topics of panicstream, and compare those that are there with what they must be."""


@topics.command(short_help="Say what differs, and the command that mends it.", epilog=CHECK_EXAMPLES)
@config_option
@json_option
def check(settings: Settings, *, as_json: bool) -> Exit:
    """Say what differs: partitions, replication, cleanup policy, retention, size of records.

    A topic may keep more and longer than it must. Nothing is changed.
    """
    return asking.run(partial(_check, settings, as_json))


@topics.command(epilog=APPLY_EXAMPLES)
@config_option
@click.option("--update", "is_update", is_flag=True, help="Set the configuration of topics that differ, too.")
@json_option
def apply(settings: Settings, *, is_update: bool, as_json: bool) -> Exit:
    """Make the topics that are missing.

    Nothing is deleted, and no number of partitions changed.
    """
    return asking.run(partial(_apply, settings, is_update, as_json))


def _check(settings: Settings, as_json: bool) -> Exit:
    topics = wanted(settings)
    found = look(Admin(settings.kafka), topics)
    wrong = misfits(topics, found, settings)
    for topic in topics:
        _tell(topic, found.get(topic.name), "", _of(topic, wrong), as_json)
    return Exit.FOUND if wrong else Exit.FINE


def _apply(settings: Settings, is_update: bool, as_json: bool) -> Exit:
    topics, admin = wanted(settings), Admin(settings.kafka)
    applied = apply_topics(admin, topics, settings, is_update)
    for topic in topics:
        found, done = applied.found.get(topic.name), applied.done.get(topic.name, "")
        _tell(topic, found, done, _of(topic, applied.left), as_json)
    for name, error in applied.refused.items():
        refusal = refused(settings.kafka, error)
        terminal.complain(f"{name}: {refusal}", refusal.remedy)
    if applied.refused:
        return Exit.COULD_NOT
    return Exit.FOUND if applied.left else Exit.FINE


def _of(topic: Topic, wrong: Sequence[Misfit]) -> list[Misfit]:
    return [misfit for misfit in wrong if misfit.topic == topic.name]


def _tell(topic: Topic, found: Found | None, done: str, wrong: Sequence[Misfit], as_json: bool) -> None:
    """Say how a topic is now, and what was done to it. Raises OutputClosedError or UnwritableError."""
    if as_json:
        terminal.write(orjson.dumps(_fields(topic, found, done, wrong)))
    else:
        terminal.show(_text(topic, done, wrong))


def _text(topic: Topic, done: str, wrong: Sequence[Misfit]) -> Text:
    lines = [Text.assemble((misfit.text, "yellow"), f"; {misfit.remedy}") for misfit in wrong]
    if done:
        lines.insert(0, Text(f"{topic.name}: {done}", "green"))
    return Text("\n").join(lines or [Text(f"{topic.name}: fits")])


def _fields(topic: Topic, found: Found | None, done: str, wrong: Sequence[Misfit]) -> dict[str, object]:
    return {
        "topic": topic.name,
        "row": topic.row,
        "partitions": found and found.partitions,
        "replication": found and found.replication,
        "config": found and {name: found.config.get(name) for name in topic.config},
        "done": done or None,
        "misfits": [
            {"what": misfit.what, "remedy": misfit.remedy, "is_fatal": misfit.is_fatal} for misfit in wrong
        ],
    }
