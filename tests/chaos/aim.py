"""The moment in which a worker is telling a block: its checkpoint is written, its commit is not."""

import time
from contextlib import closing
from uuid import uuid4

import orjson
from confluent_kafka import OFFSET_END, Consumer, TopicPartition

from tests.kafka.topics import PATIENCE_S

AIM_S = 5.0  # for which there may be nothing to tell
POLL_S = 0.5


def await_telling(bootstrap: str, checkpoints: str, name: str) -> None:
    """Wait until the worker of that client id writes a checkpoint, but not for long."""
    config = {"bootstrap.servers": bootstrap, "group.id": uuid4().hex, "fetch.wait.max.ms": 5, "log_level": 0}
    with closing(Consumer(config)) as consumer:
        partitions = consumer.list_topics(checkpoints, timeout=PATIENCE_S).topics[checkpoints].partitions
        consumer.assign([TopicPartition(checkpoints, partition, OFFSET_END) for partition in partitions])
        end = time.monotonic() + AIM_S
        while time.monotonic() < end:
            record = consumer.poll(POLL_S)
            if record and not record.error() and orjson.loads(record.value() or b"{}")["by"].startswith(name):
                return
