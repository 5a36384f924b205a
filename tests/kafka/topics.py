"""Topics and records of the tests: made, filled, read from beginning to end, taken away."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import wait
from typing import NamedTuple, TypeVar
from uuid import uuid4

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

PATIENCE_S = 60
LOOK_S = 0.05  # between two looks
GENTLE = 4  # times as long as a look took who is looked at is left in peace: both may share a processor
BATCH = 1000
QUEUED = 50_000  # records; librdkafka takes twice as many

Found = TypeVar("Found")


class Record(NamedTuple):
    """One record as it was read; time in ms since 1970."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp_ms: int
    headers: list[tuple[str, str | bytes | None]]


def until(condition: Callable[[], Found], seconds: float, what: str) -> Found:
    """Wait until the condition holds, and return what it gave. Raises TimeoutError that says what did not."""
    begun = time.monotonic()
    end = begun + seconds
    while not (found := condition()):
        if (now := time.monotonic()) > end:
            raise TimeoutError(f"within {seconds:g} s there was no {what}")
        time.sleep(max(LOOK_S, GENTLE * (now - begun)))
        begun = time.monotonic()
    return found


def create(
    bootstrap: str, topic: str, partitions: int = 1, settings: Mapping[str, str] | None = None
) -> None:
    """Make a topic and wait until every partition has a leader."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    new = NewTopic(topic, partitions, config=dict(settings or {}))
    admin.create_topics([new])[topic].result(PATIENCE_S)

    def led() -> bool:
        known = admin.list_topics(topic, timeout=PATIENCE_S).topics[topic].partitions.values()
        return len(known) == partitions and all(partition.leader >= 0 for partition in known)

    until(led, PATIENCE_S, f"leader for every partition of {topic}")


def produce(
    bootstrap: str,
    topic: str,
    records: Iterable[tuple[bytes | None, bytes | None]],
    partition: int = -1,
) -> None:
    """Write (key, value) in order, acknowledged; to the partition of the key where none is named.

    Raises KafkaException for the first record that was refused.
    """
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "linger.ms": 5,
        }
    )
    refused: list[KafkaError] = []

    def told(error: KafkaError | None, _: object) -> None:
        if error:
            refused.append(error)

    for key, value in records:
        while len(producer) > QUEUED:
            producer.poll(0.1)
        producer.produce(topic, value, key, partition, on_delivery=told)
    if producer.flush(PATIENCE_S):
        raise TimeoutError(f"within {PATIENCE_S} s not all records were in {topic}")
    if refused:
        raise KafkaException(refused[0])


def drain(bootstrap: str, topic: str, isolation: str = "read_committed") -> list[Record]:
    """Return all records that the topic holds now, partition by partition, in order of their offsets.

    Raises KafkaException where there is no such topic, TimeoutError where its end does not come.
    """
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"drain-{uuid4().hex}",  # never joined: the partitions are assigned here
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": isolation,
            "fetch.queue.backoff.ms": 5,
            "fetch.wait.max.ms": 10,  # an end is told by a fetch that finds nothing
        }
    )
    try:
        known = consumer.list_topics(topic, timeout=PATIENCE_S).topics[topic]
        if known.error:
            raise KafkaException(known.error)
        consumer.assign(
            [TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in known.partitions]
        )
        return sorted(_to_the_ends(consumer, set(known.partitions)), key=lambda record: record[:2])
    finally:
        consumer.close()


def _to_the_ends(consumer: Consumer, partitions: set[int]) -> Iterator[Record]:
    due = time.monotonic() + PATIENCE_S
    while partitions:
        got = consumer.consume(BATCH, 0.1)
        if got:
            due = time.monotonic() + PATIENCE_S
        elif time.monotonic() > due:
            raise TimeoutError(f"within {PATIENCE_S} s nothing came of partitions {sorted(partitions)}")
        for one in got:
            error = one.error()
            if error is None:
                yield _record(one)
            elif error.code() == KafkaError._PARTITION_EOF:
                partitions.discard(one.partition() or 0)  # told again where more was written meanwhile
            else:
                raise KafkaException(error)


def _record(got: Message) -> Record:
    partition, offset, headers = got.partition(), got.offset(), got.headers()
    assert partition is not None
    assert offset is not None
    pairs = list(headers.items()) if isinstance(headers, dict) else headers or []
    return Record(partition, offset, got.key(), got.value(), got.timestamp()[1], pairs)


def sweep(bootstrap: str, prefix: str) -> None:
    """Take away all topics, and all groups without members, whose names begin so."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    topics = [name for name in admin.list_topics(timeout=PATIENCE_S).topics if name.startswith(prefix)]
    if topics:
        wait(admin.delete_topics(topics).values(), PATIENCE_S)
    listed = admin.list_consumer_groups().result(PATIENCE_S).valid
    groups = [group.group_id for group in listed or [] if group.group_id.startswith(prefix)]
    if groups:
        wait(admin.delete_consumer_groups(groups).values(), PATIENCE_S)
