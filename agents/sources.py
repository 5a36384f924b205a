"""The topics that are read: their ids, and where the very first start begins."""

import logging
import re
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

from agents.clients import Config
from agents.telling import known_commits, to_commit
from pipeline.marks import Committed, Mark
from pipeline.settings import DetectSettings, Start

LOG = logging.getLogger(__name__)

TIMEOUT_S = 30.0


class TopicIds:
    """Asks the brokers for the ids of topics. A cluster without a controller (librdkafka's mock) has none."""

    def __init__(self, config: Config) -> None:
        self._admin = AdminClient(config)
        self._are_given = False

    def of(self, topics: Iterable[str]) -> dict[str, str]:
        """Return the id of each topic, its name where the brokers give none.

        Raises KafkaException where they do not answer.
        """
        names = sorted(set(topics))
        cluster = self._admin.list_topics(timeout=TIMEOUT_S)
        self._are_given = cluster.controller_id in cluster.brokers
        return {name: name for name in names} | {
            name: self._id(name, future) for name, future in self.asked(names).items()
        }

    def asked(self, topics: Iterable[str]) -> "dict[str, Future[Any]]":
        """Ask without waiting; where the brokers give no ids, nothing is asked."""
        names = sorted(set(topics))
        if not names or not self._are_given:
            return {}
        return self._admin.describe_topics(TopicCollection(names), request_timeout=TIMEOUT_S)

    def _id(self, name: str, future: "Future[Any]") -> str:
        try:
            return str(future.result().topic_id)
        except KafkaException as failure:
            if failure.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                return name  # it is being deleted
            raise


def matching(consumer: Consumer, wanted: Iterable[str]) -> dict[str, list[int]]:
    """Return the topics that the settings mean and that there are, with their partitions."""
    there = consumer.list_topics(timeout=TIMEOUT_S).topics
    names, patterns = _parted(wanted)
    return {
        name: sorted(topic.partitions)
        for name, topic in there.items()
        if name in names or any(pattern.match(name) for pattern in patterns)
    }


def _parted(wanted: Iterable[str]) -> tuple[set[str], list[re.Pattern[str]]]:
    wanted = list(wanted)
    names = {name for name in wanted if not name.startswith("^")}
    return names, [re.compile(pattern) for pattern in wanted if pattern.startswith("^")]


def begin(config: Config, group: str, detect: DetectSettings, ids: TopicIds) -> None:
    """Commit where the very first start begins; what appears later is read from its beginning.

    Nothing is done where the group has read before. Raises KafkaException where the brokers do not answer.
    """
    consumer = Consumer(config | {"group.id": group, "enable.auto.commit": False})
    try:
        topics = matching(consumer, detect.topics)
        places = [TopicPartition(name, number) for name, numbers in topics.items() for number in numbers]
        if places and all(known.offset < 0 for known in known_commits(consumer, places)):
            _commit_starts(consumer, places, detect.start, ids.of(topics))
    finally:
        consumer.close()


def _commit_starts(
    consumer: Consumer, places: list[TopicPartition], start: Start, topic_ids: dict[str, str]
) -> None:
    offsets = _offsets(consumer, places, start)
    commits = [
        to_commit(each.topic, each.partition, Committed(offset, Mark(offset), topic_ids[each.topic]))
        for each, offset in zip(places, offsets, strict=True)
    ]
    try:
        for answer in consumer.commit(offsets=commits, asynchronous=False) or []:
            if answer.error is not None:
                raise KafkaException(answer.error)  # noqa: TRY301  # as what the client raises itself
    except KafkaException as failure:
        if failure.args[0].code() not in (KafkaError.UNKNOWN_MEMBER_ID, KafkaError.ILLEGAL_GENERATION):
            raise  # with one of these, another worker has joined already and did the same
    LOG.info("first start: %d partitions of %d topics are read from %s", len(places), len(topic_ids), start)


def _offsets(consumer: Consumer, places: list[TopicPartition], start: Start) -> list[int]:
    bounds = [consumer.get_watermark_offsets(each, timeout=TIMEOUT_S) for each in places]
    if start == "beginning":
        return [low for low, _ in bounds]
    if start == "end":
        return [high for _, high in bounds]
    ms = int(start.timestamp() * 1000)
    wanted = [TopicPartition(each.topic, each.partition, ms) for each in places]
    found = consumer.offsets_for_times(wanted, timeout=TIMEOUT_S)
    return [each.offset if each.offset >= 0 else high for each, (_, high) in zip(found, bounds, strict=True)]
