"""What a fleet of workers wrote, and how far it has read."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson
from confluent_kafka import Consumer, KafkaException, TopicPartition

from pipeline.fingerprint_row import FINGERPRINT
from pipeline.settings import Settings
from tests.kafka.topics import drain, until

TIMEOUT_S = 20
Value = dict[str, Any]


class Told(NamedTuple):
    """A record of ours: its value, and when its writer wrote it, in ms since 1970."""

    value: Value
    timestamp_ms: int


def told(bootstrap: str, topic: str) -> list[Told]:
    """Return all records of one of our topics."""
    return [Told(orjson.loads(one.value or b"null"), one.timestamp_ms) for one in drain(bootstrap, topic)]


def tracked(bootstrap: str, settings: Settings) -> dict[str, int]:
    """Return how often TRACK has counted each fingerprint, as its table stands in Kafka."""
    rows = {one.key: one.value for one in drain(bootstrap, f"{settings.track_id}-fingerprints-changelog")}
    values = [orjson.loads(row)["value"] for row in rows.values() if row]
    return {one["fingerprint"]: one["crashes_total"] for one in values if one["sort"] == FINGERPRINT}


class Progress:
    """How far a group has come in a topic. For one thread; close it."""

    def __init__(self, bootstrap: str, group: str, topic: str) -> None:
        self._group = Consumer({"bootstrap.servers": bootstrap, "group.id": group})  # asks, and never joins
        known = self._group.list_topics(topic, timeout=TIMEOUT_S).topics[topic].partitions
        self._partitions = [TopicPartition(topic, partition) for partition in known]

    def close(self) -> None:
        """Close the connection."""
        self._group.close()

    def offsets(self) -> dict[int, int]:
        """Return the committed offset of each partition: the first record that is still needed."""
        return {answer.partition: answer.offset for answer in self._answers()}

    def behind(self) -> dict[int, int]:
        """Return how many records each partition holds behind those that are done, where there are some.

        Done is what lies before DETECT's mark, for other groups what lies before the commit.
        """
        done = {answer.partition: _done(answer) for answer in self._answers()}
        left = {partition: end - done[partition] for partition, end in self.ends().items()}
        return {partition: records for partition, records in left.items() if records}

    def _answers(self) -> list[TopicPartition]:
        return until(self._answered, TIMEOUT_S, "coordinator of the group")

    def _answered(self) -> list[TopicPartition]:
        """Ask once; give nothing where there is no coordinator, on which brokers agree after some seconds."""
        try:
            return self._group.committed(self._partitions, timeout=TIMEOUT_S)
        except KafkaException:
            return []

    def end(self) -> int:
        """Return how many records were written, to all partitions together."""
        return sum(self.ends().values())

    def ends(self) -> dict[int, int]:
        """Return the offset of the next record of each partition."""
        return until(self._ended, TIMEOUT_S, "leader of each partition")

    def _ended(self) -> dict[int, int]:
        """Ask once; give nothing where a partition has no leader, on which brokers agree after a moment."""
        bounds = self._group.get_watermark_offsets
        try:
            return {one.partition: bounds(one, TIMEOUT_S)[1] for one in self._partitions}
        except KafkaException:
            return {}


def _done(answer: TopicPartition) -> int:
    if not answer.metadata:
        return max(answer.offset, 0)
    return int(orjson.loads(answer.metadata)["mark"])


def first_blocks(values: Iterable[Value], *row: str) -> Iterator[Value]:
    """Leave out what repeats a block: a row takes a block of a partition only behind those that it has.

    `row` are the fields that name the row.
    """
    applied: dict[tuple[object, ...], tuple[int, int]] = {}
    for value in values:
        key = tuple(value[name] for name in ("source_topic_id", "source_partition", *row))
        block = value["through_offset"], value["step"]
        if key not in applied or applied[key] < block:
            applied[key] = block
            yield value
