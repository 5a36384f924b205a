"""`python -m tests.bench.readers NAME BOOTSTRAP TOPIC RECORDS`: read so many records; say what that took.

CPU is that of the whole process, librdkafka's threads included, from before its client is made (Faust's: from
its first record) to the last record.
"""

# ruff: noqa: T201  # the answer stands on stdout

import asyncio
import os
import re
import resource
import sys
import time
from collections.abc import Callable
from typing import NamedTuple, NoReturn
from uuid import uuid4

import faust
import orjson
from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, TopicPartition

BATCH, WAIT_S = 500, 0.02  # as DETECT takes them
TIMEOUT_S = 30
STARTS = re.compile(r"\bpanic: |^fatal error: |^goroutine \d+ \[|http: panic serving|^SIG[A-Z]+: ")


class Spent(NamedTuple):
    """Seconds of CPU and of the clock."""

    cpu: float
    wall: float

    @classmethod
    def now(cls) -> "Spent":
        """Return what this process has spent."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return cls(usage.ru_utime + usage.ru_stime, time.monotonic())

    def since(self, before: "Spent") -> "Spent":
        """Return the difference."""
        return Spent(self.cpu - before.cpu, self.wall - before.wall)


def is_start(value: bytes) -> bool:
    """Look for the start of a crash as a script does."""
    return STARTS.search(orjson.loads(value)["log"]) is not None


def drain(batch: list[Message]) -> int:
    """Look at nothing."""
    return len(batch)


def loop(batch: list[Message]) -> int:
    """Parse each record and search its line."""
    for record in batch:
        is_start(record.value() or b"{}")
    return len(batch)


def consumed(bootstrap: str, topic: str, records: int, read: Callable[[list[Message]], int]) -> Spent:
    """Read from the beginning with the settings of DETECT."""
    before = Spent.now()
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"bench-{uuid4().hex}",  # never joined
            "enable.auto.commit": False,
            "fetch.queue.backoff.ms": 5,
            "fetch.wait.max.ms": 50,
            "queued.max.messages.kbytes": 65536,
        }
    )
    partitions = consumer.list_topics(topic, timeout=TIMEOUT_S).topics[topic].partitions
    consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in partitions])
    left = records
    while left > 0:
        left -= read(consumer.consume(BATCH, WAIT_S))
    spent = Spent.now().since(before)
    consumer.close()
    return spent


async def agent(bootstrap: str, topic: str, records: int) -> None:
    """Read with a Faust agent as its manual shows one; end the process."""
    app = faust.App(
        f"bench-{uuid4().hex}",
        broker=f"kafka://{bootstrap}",
        consumer_auto_offset_reset="earliest",
        topic_allow_declare=False,
        topic_disable_leader=True,
    )
    done = asyncio.get_running_loop().create_future()

    @app.agent(app.topic(topic, value_serializer="raw", key_serializer="raw"))
    async def read(values: faust.StreamT[bytes]) -> None:
        before, left = None, records
        async for value in values:
            before = before or Spent.now()
            is_start(value)
            left -= 1
            if not left:
                done.set_result(Spent.now().since(before))

    await app.start()
    leave(await done)


def leave(spent: Spent) -> NoReturn:
    """Say what was spent, and end: Faust's own end is not what is measured, and may hang."""
    print(list(spent), flush=True)
    os._exit(0)


def main() -> None:
    """Print CPU and wall seconds as JSON."""
    name, bootstrap, topic, records = sys.argv[1:]
    if name == "faust":
        asyncio.run(agent(bootstrap, topic, int(records)))
    leave(consumed(bootstrap, topic, int(records), {"drain": drain, "loop": loop}[name]))


if __name__ == "__main__":
    main()
