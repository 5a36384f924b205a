"""Topics of ours read from an offset to their present end."""

import contextlib
import time
from collections.abc import Iterator, Mapping

from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, Message, TopicPartition

from agents.clients import Config

TIMEOUT_S = 30.0
BATCH = 500
WAIT_S = 0.05


@contextlib.contextmanager
def reader(config: Config, group: str = "panicstream-reader") -> Iterator[Consumer]:
    """Give a consumer that joins no group; it may commit to the one that is named."""
    consumer = Consumer(
        config
        | {
            "group.id": group,  # needed to read at all
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "fetch.queue.backoff.ms": 5,
            "fetch.wait.max.ms": 10,  # a fetch that finds nothing tells the end
        }
    )
    try:
        yield consumer
    finally:
        consumer.close()


def partitions(consumer: Consumer, topic: str) -> list[int]:
    """Return the partitions of a topic. Raises KafkaException where the brokers do not say."""
    found = consumer.list_topics(topic, timeout=TIMEOUT_S).topics[topic]
    if found.error is not None:
        raise KafkaException(found.error)
    return sorted(found.partitions)


def excerpt(consumer: Consumer, topic: str, starts: Mapping[int, int]) -> Iterator[Message]:
    """Yield the records of a topic to its present end, from an offset of each partition named.

    Raises KafkaException where the brokers fall silent.
    """
    # A leader that is new may not know the end yet: asked for it, it waits until it does (KIP-207).
    ends = {number: _end(consumer, topic, number) for number, at in starts.items() if at != OFFSET_END}
    consumer.assign([TopicPartition(topic, number, starts[number]) for number in ends])
    heard = time.monotonic()
    while ends:
        for record in consumer.consume(BATCH, WAIT_S):
            heard = time.monotonic()
            error = record.error()
            if error is None:
                yield record
            elif error.code() == KafkaError._PARTITION_EOF:
                _pass_end(ends, record)
            else:
                raise KafkaException(error)
        if time.monotonic() - heard > TIMEOUT_S:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"{topic} cannot be read"))
    consumer.unassign()


def _end(consumer: Consumer, topic: str, number: int) -> int:
    _, end = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=TIMEOUT_S)
    return end


def _pass_end(ends: dict[int, int], told: Message) -> None:
    """Wait no longer for a partition that is read to its end, not only to where its leader knows it."""
    number = told.partition() or 0
    if number in ends and (told.offset() or 0) >= ends[number]:
        del ends[number]
