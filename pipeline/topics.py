"""The topics of ours as they must be, and what does not fit in those that are there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.settings import Settings


@dataclass(frozen=True)
class Topic:
    """A row of `schemas/topics.toml`, read for some settings.

    `row` is its short name (`panics`), `name` the one in Kafka. `is_exact`: another number of partitions
    would part rows from their keys. `replication` -1: as the brokers are set. `config` as Kafka names it.
    """

    row: str
    name: str
    partitions: int
    is_exact: bool
    replication: int
    config: Mapping[str, str]


@dataclass(frozen=True)
class Found:
    """A topic in Kafka; `config` is empty where the brokers do not tell it, for the reason `untold`.

    `is_spreading`: a broker knows it, and another has not heard of it yet.
    """

    partitions: int
    replication: int
    config: Mapping[str, str]
    untold: str = ""
    is_spreading: bool = False


@dataclass(frozen=True)
class Misfit:
    """One thing about a topic that is not as it must be.

    `is_fatal`: the worker would lose, repeat or part something. `change` is what to set in its configuration,
    empty where that does not mend it.
    """

    topic: str
    what: str
    remedy: str
    is_fatal: bool
    change: Mapping[str, str]

    @property
    def text(self) -> str:
        """What is wrong, in one line."""
        return f"{self.topic}: {self.what}"

    @property
    def can_be_applied(self) -> bool:
        """True where `topics apply --update` mends it."""
        return self.what in {MISSING, SPREADING} or bool(self.change)


MISSING, SPREADING = "it is missing", "not every broker knows it yet"
APPLY = "`panicstream topics apply`"
UPDATE = "`panicstream topics apply --update`"


def wanted(table: Mapping[str, Mapping[str, Any]], settings: Settings) -> list[Topic]:
    """Read all rows of the parsed table."""
    return [_topic(row, fields, settings) for row, fields in table.items()]


def _topic(row: str, fields: Mapping[str, Any], settings: Settings) -> Topic:
    rule = fields["partitions"]
    return Topic(
        row=row,
        name=fields["name"].format(prefix=settings.topics.prefix, track_id=settings.track_id),
        partitions=rule if isinstance(rule, int) else settings.topics.partitions,
        is_exact=rule == "set",
        replication=settings.topics.replication_factor,
        config={name: str(value) for name, value in fields["config"].items()},
    )


def misfits(topics: Sequence[Topic], found: Mapping[str, Found], settings: Settings) -> list[Misfit]:
    """Compare each topic with what was found under its name."""
    compared = [(topic, found.get(topic.name)) for topic in topics]
    common = _common_count([there for topic, there in compared if there and topic.is_exact])
    tools = Tools(settings)
    return [
        misfit
        for topic, there in compared
        for misfit in (_of(topic, there, common, tools) if there else [_missing(topic)])
    ]


def to_make(topics: Sequence[Topic], found: Mapping[str, Found]) -> list[Topic]:
    """Return those that are missing; but not to stand beside one with another number of partitions."""
    parted = any(
        topic.is_exact and topic.partitions != found[topic.name].partitions
        for topic in topics
        if topic.name in found
    )
    return [topic for topic in topics if topic.name not in found and not (topic.is_exact and parted)]


def changes(wrong: Sequence[Misfit]) -> dict[str, dict[str, str]]:
    """Return what is to be set of each topic to mend what does not fit, as far as that can."""
    found: dict[str, dict[str, str]] = {}
    for misfit in wrong:
        if misfit.change:
            found.setdefault(misfit.topic, {}).update(misfit.change)
    return found


def made(topic: Topic) -> str:
    """Say in words that a topic was made."""
    return f"made, {_partitions(topic.partitions)}, {changed(topic.config)}"


def changed(config: Mapping[str, str]) -> str:
    """Say in words what was set of a topic."""
    return ", ".join(f"{name} {value}" for name, value in config.items())


def _missing(topic: Topic) -> Misfit:
    return Misfit(topic.name, MISSING, APPLY, is_fatal=True, change={})


def _common_count(found: Iterable[Found]) -> int | None:
    """Return the number of partitions that all have, None where they differ."""
    counts = {there.partitions for there in found}
    return counts.pop() if len(counts) == 1 else None


def _of(topic: Topic, found: Found, common: int | None, tools: "Tools") -> Iterable[Misfit]:
    if topic.is_exact and found.partitions != topic.partitions:
        yield _wrong_count(topic, found, common, tools)
    if topic.replication not in {-1, found.replication}:
        what = (
            f"its replication factor is {found.replication}, topics.replication_factor is {topic.replication}"
        )
        yield Misfit(topic.name, what, tools.replicate(topic), is_fatal=False, change={})
    if found.is_spreading:
        yield Misfit(topic.name, SPREADING, APPLY, is_fatal=False, change={})
    if found.untold:
        what = f"its configuration is not known: {found.untold}"
        yield Misfit(topic.name, what, tools.describe(topic), is_fatal=False, change={})
    for name, value in topic.config.items():
        if name in found.config and not _fits(name, found.config[name], value):
            yield _wrong_config(topic, name, found.config[name], tools)


def _wrong_count(topic: Topic, found: Found, common: int | None, tools: "Tools") -> Misfit:
    what = (
        f"it has {_partitions(found.partitions)}, topics.partitions is {topic.partitions};"
        " rows would stand apart from their keys"
    )
    agree = f"set topics.partitions = {common}, or " if common else ""
    return Misfit(topic.name, what, agree + tools.anew(topic), is_fatal=True, change={})


def _partitions(count: int) -> str:
    return f"{count} partition" + "s" * (count != 1)


# How a setting of a topic is compared, and how that is said; a longer or larger one than ours does no harm.
AT_LEAST = {"retention.ms", "max.message.bytes"}
AT_MOST = {"segment.bytes", "segment.ms"}
UNBOUNDED = -1  # of `retention.ms`


def _fits(name: str, found: str, value: str) -> bool:
    if name in AT_LEAST:
        return int(found) == UNBOUNDED or int(found) >= int(value)
    if name in AT_MOST:
        return int(found) <= int(value)
    return set(found.split(",")) == set(value.split(","))


def _wrong_config(topic: Topic, name: str, found: str, tools: "Tools") -> Misfit:
    value = topic.config[name]
    bound = " or more" * (name in AT_LEAST) + " or less" * (name in AT_MOST)
    # With `delete`, Kafka would at once take away what is older than it is to be kept: not ours to do.
    takes_away = name == "cleanup.policy" and value == "delete"
    return Misfit(
        topic.name,
        f"{name} is {found}, must be {value}{bound}",
        ("" if takes_away else f"{UPDATE} or ") + tools.configure(topic, {name: value}),
        is_fatal=name == "cleanup.policy",
        change={} if takes_away else {name: value},
    )


class Tools:
    """Kafka's own commands, as an operator would type them."""

    def __init__(self, settings: Settings) -> None:
        self._brokers = ",".join(settings.kafka.bootstrap_servers)
        # Kafka's tools take the login from a file that only the operator has.
        self._login = " --command-config FILE" * (settings.kafka.security_protocol != "plaintext")

    def configure(self, topic: Topic, config: Mapping[str, str]) -> str:
        """Set some of a topic's configuration."""
        pairs = ",".join(f"{name}={value}" for name, value in config.items())
        return self._command("kafka-configs.sh", f"--alter --topic {topic.name} --add-config {pairs}")

    def describe(self, topic: Topic) -> str:
        """Allow us to see its configuration."""
        words = f"--add --allow-principal User:NAME --operation DescribeConfigs --topic {topic.name}"
        return self._command("kafka-acls.sh", words)

    def anew(self, topic: Topic) -> str:
        """Make a topic anew, without its records."""
        delete = self._command("kafka-topics.sh", f"--delete --topic {topic.name}")
        return f"give up its records: stop the workers, {delete}, then {APPLY}"

    def replicate(self, topic: Topic) -> str:
        """Give each partition another number of copies."""
        execute = self._command("kafka-reassign-partitions.sh", "--execute --reassignment-json-file FILE")
        return f"{execute}, with {topic.replication} replicas of each partition in FILE"

    def _command(self, tool: str, words: str) -> str:
        return f"`{tool} --bootstrap-server {self._brokers}{self._login} {words}`"
