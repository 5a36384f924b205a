"""Every producer of ours chooses the partition of a key that Faust's chooses."""

import asyncio
from collections.abc import Callable

import faust
import pytest
from aiokafka.partitioner import DefaultPartitioner  # type: ignore[import-untyped]  # it has no types
from confluent_kafka import Producer

from agents import clients
from pipeline.settings import KafkaSettings
from tests.kafka.topics import create, drain

PARTITIONS = 12
KEYS = [f"github.com/acme/shop{number}/é".encode() for number in range(2000)]


def confluents(kafka: KafkaSettings, topic: str) -> None:
    """Write as DETECT does."""
    producer = Producer(clients.producer(kafka))
    for key in KEYS:
        producer.produce(topic, b"", key)
    assert producer.flush(60) == 0


def fausts(kafka: KafkaSettings, topic: str) -> None:
    """Write as TRACK does."""
    asyncio.run(_with_faust(kafka, topic))


async def _with_faust(kafka: KafkaSettings, topic: str) -> None:
    app = faust.App(
        "writer", broker=clients.faust_brokers(kafka), broker_credentials=clients.faust_credentials(kafka)
    )
    async with app.producer as producer:
        sent = [await producer.send(topic, key, b"", None, None, None) for key in KEYS]
        await asyncio.gather(*sent)


@pytest.mark.parametrize("write", [confluents, fausts])
def test_keys_come_to_the_partitions_that_faust_reads_them_from(
    kafka: str, prefix: str, write: Callable[[KafkaSettings, str], None]
) -> None:
    create(kafka, f"{prefix}keys", PARTITIONS)
    write(KafkaSettings.model_validate({"bootstrap_servers": kafka}), f"{prefix}keys")
    partitions = list(range(PARTITIONS))
    expected = {key: DefaultPartitioner()(key, partitions, partitions) for key in KEYS}
    assert {found.key: found.partition for found in drain(kafka, f"{prefix}keys")} == expected
