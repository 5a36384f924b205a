"""The topics in Kafka: looked at, compared with `schemas/topics.toml`, made and mended."""

import time
import tomllib
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaError
from confluent_kafka.admin import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
    TopicMetadata,
)

from agents.admin import Admin, Name, answers, refused
from agents.clients import LARGEST
from agents.role import MisfitError
from pipeline import topics as rows
from pipeline.settings import Settings
from pipeline.topics import Found, Misfit, Topic

SCHEMAS = Path(__file__).parents[1] / "schemas"
TABLE = SCHEMAS / "topics.toml"
SIZE = "max.message.bytes"
KAFKAS_SIZE = 1_048_588  # where neither topic nor brokers are set otherwise
LOOK_S = 0.2  # between two looks whether what was done is seen


@cache
def table() -> dict[str, Any]:
    """Return the rows of `schemas/topics.toml` by their names."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def wanted(settings: Settings) -> list[Topic]:
    """Return the topics as these settings want them."""
    return rows.wanted(table(), settings)


def misfits(settings: Settings) -> list[Misfit]:
    """Say what does not fit about the topics; those that `is_fatal` is true of nobody may work on.

    Waits for an answer for 10 s, so not for an event loop. Raises RefusedError. A cluster that names no
    controller (librdkafka's mock) tells no configurations: there only partitions are compared.
    """
    topics = wanted(settings)
    return rows.misfits(topics, look(Admin(settings.kafka), topics), settings)


def require(settings: Settings) -> list[Misfit]:
    """Return what does not fit but can be borne. Raises MisfitError where no worker may start, RefusedError.

    As `misfits`, not for an event loop.
    """
    wrong = misfits(settings)
    fatal = [misfit for misfit in wrong if misfit.is_fatal]
    if fatal:
        others = f" (and {len(fatal) - 1} more: `panicstream topics check`)" if len(fatal) > 1 else ""
        raise MisfitError(fatal[0].text + others, fatal[0].remedy)
    return wrong


def sizes(settings: Settings) -> dict[str, int]:
    """Return the largest record of each topic in bytes, by the topic's row: `panics`. Raises RefusedError.

    It counts what stands around key and value, too: 100 bytes, and the headers.
    """
    topics = wanted(settings)
    found = look(Admin(settings.kafka), topics)
    return {topic.row: min(LARGEST, _size(topic, found.get(topic.name))) for topic in topics}


def _size(topic: Topic, found: Found | None) -> int:
    known = (found and found.config) or topic.config
    return int(known.get(SIZE, KAFKAS_SIZE))


def look(admin: Admin, topics: Sequence[Topic]) -> dict[str, Found]:
    """Return those of the topics that are there, by their names in Kafka. Raises RefusedError."""
    known = admin.metadata()
    there = {topic.name: known.topics[topic.name] for topic in topics if topic.name in known.topics}
    has_controller = known.controller_id in known.brokers
    configs = _configs(admin, list(there)) if has_controller else {}
    return {name: _found(admin, topic, configs.get(name, {})) for name, topic in there.items()}


def _found(admin: Admin, topic: TopicMetadata, config: Mapping[str, str] | KafkaError) -> Found:
    partitions = topic.partitions.values()
    copies = min((len(partition.replicas) for partition in partitions), default=0)
    if not isinstance(config, KafkaError):
        return Found(len(partitions), copies, config)
    if config.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
        return Found(len(partitions), copies, {}, is_spreading=True)
    refusal = refused(admin.kafka, config)
    if refusal.is_silence:
        raise refusal
    return Found(len(partitions), copies, {}, untold=str(refusal))


def _configs(admin: Admin, names: Sequence[str]) -> dict[str, Mapping[str, str] | KafkaError]:
    """Return the configuration of each topic, or why it is not told."""
    if not names:
        return {}
    asked = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    told = answers(admin.client.describe_configs(asked, request_timeout=admin.patience))
    return {resource.name: _values(answer) for resource, answer in told.items()}


def _values(told: Mapping[str, ConfigEntry] | KafkaError) -> Mapping[str, str] | KafkaError:
    if isinstance(told, KafkaError):
        return told
    return {name: entry.value or "" for name, entry in told.items()}


@dataclass(frozen=True)
class Applied:
    """How topics are after `apply`, by name in Kafka: what was done, what was refused, what is left."""

    found: Mapping[str, Found]
    done: Mapping[str, str]
    refused: Mapping[str, KafkaError]
    left: Sequence[Misfit]


def apply(admin: Admin, topics: Sequence[Topic], settings: Settings, is_update: bool) -> Applied:
    """Make the topics that are missing; with `is_update` set the configuration of those that differ.

    Waits until that is so. What is wrong in another way is left. Raises RefusedError.
    """
    found = look(admin, topics)
    wrong = rows.misfits(topics, found, settings)
    missing = rows.to_make(topics, found)
    changes = rows.changes(wrong) if is_update else {}
    refusals = _create(admin, missing) | _update(admin, changes)
    done = {topic.name: rows.made(topic) for topic in missing} | {
        name: rows.changed(config) for name, config in changes.items()
    }
    found, left = _settled(admin, topics, settings, done.keys() - refusals.keys())
    # Somebody else may have made a topic at the same time; that is fine where we see it. What we do not see
    # although it was made is not for us to see.
    unseen = KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)
    failed = {name: refusals.get(name, unseen) for name in done if _is_left(name, left)}
    return Applied(found, {name: done[name] for name in done if name not in failed}, failed, left)


def _settled(
    admin: Admin, topics: Sequence[Topic], settings: Settings, done: Collection[str]
) -> tuple[dict[str, Found], list[Misfit]]:
    """Look until what was done is seen: brokers learn of it a moment later."""
    end = time.monotonic() + admin.patience
    while True:
        found = look(admin, topics)
        left = rows.misfits(topics, found, settings)
        if time.monotonic() > end or not any(_is_left(name, left) for name in done):
            return found, left
        time.sleep(LOOK_S)


def _is_left(name: str, left: Sequence[Misfit]) -> bool:
    return any(misfit.topic == name and misfit.can_be_applied for misfit in left)


def _create(admin: Admin, topics: Sequence[Topic]) -> dict[str, KafkaError]:
    """Make topics; return why some could not be made."""
    new = [
        NewTopic(topic.name, topic.partitions, topic.replication, config=dict(topic.config))
        for topic in topics
    ]
    return _refused(admin.client.create_topics(new, request_timeout=admin.patience)) if new else {}


def _update(admin: Admin, configs: Mapping[str, Mapping[str, str]]) -> dict[str, KafkaError]:
    """Set configurations; return why some could not be set."""
    changes = [
        ConfigResource(ResourceType.TOPIC, name, incremental_configs=_entries(config))
        for name, config in configs.items()
    ]
    if not changes:
        return {}
    asked = admin.client.incremental_alter_configs(changes, request_timeout=admin.patience)
    return {resource.name: error for resource, error in _refused(asked).items()}


def _entries(config: Mapping[str, str]) -> list[ConfigEntry]:
    return [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        for name, value in config.items()
    ]


def _refused(asked: Mapping[Name, Future[object]]) -> dict[Name, KafkaError]:
    return {name: answer for name, answer in answers(asked).items() if isinstance(answer, KafkaError)}
