"""Topics of ours read whole, from their beginnings, and on as they grow, in a thread of its own."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Collection, Sequence

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from agents import clients
from agents.excerpt import BATCH, partitions, reader
from pipeline.settings import KafkaSettings

LOG = logging.getLogger(__name__)

WAIT_S, AGAIN_S = 0.2, 2.0
Place = tuple[str, int]
Take = Callable[[Sequence[Message]], None]


class Tail:
    """Gives each record of some topics, in the order of its partition, to `take`, in the event loop."""

    def __init__(self, kafka: KafkaSettings, topics: Collection[str], take: Take) -> None:
        self._kafka, self._topics, self._take = kafka, topics, take
        self._over = threading.Event()
        self._left: set[Place] = set()
        self.is_at_end = False
        """Whether all that there was at the start is read."""

    async def keep(self) -> None:
        """Read on until cancelled; where brokers are away, it waits for them."""
        loop, fault = asyncio.get_running_loop(), asyncio.Future[None]()
        thread = threading.Thread(target=self._run, args=[loop, fault], daemon=True)
        thread.start()
        try:
            await fault
        finally:
            self._over.set()

    def _run(self, loop: asyncio.AbstractEventLoop, fault: asyncio.Future[None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            try:
                with reader(clients.client(self._kafka)) as consumer:
                    self._read(consumer, loop)
            except Exception as error:
                loop.call_soon_threadsafe(_set, fault, error)

    def _read(self, consumer: Consumer, loop: asyncio.AbstractEventLoop) -> None:
        self._begin(consumer)
        while not self._over.is_set():
            records, ends = list[Message](), set[Place]()
            for one in consumer.consume(BATCH, WAIT_S):
                error = one.error()
                if error is None:
                    records.append(one)
                elif error.code() == KafkaError._PARTITION_EOF:
                    ends.add((one.topic() or "", one.partition() or 0))
            if records or ends & self._left:
                loop.call_soon_threadsafe(self._give, records, ends)

    def _begin(self, consumer: Consumer) -> None:
        """Find the partitions, as soon as a broker answers."""
        while not self._over.is_set():
            try:
                places = [(topic, number) for topic in self._topics for number in partitions(consumer, topic)]
            except KafkaException:
                self._over.wait(AGAIN_S)
                continue
            self._left = set(places)
            consumer.assign([TopicPartition(*place, OFFSET_BEGINNING) for place in places])
            return

    def _give(self, records: Sequence[Message], ends: set[Place]) -> None:
        self._take(records)
        self._left -= ends
        self.is_at_end = self.is_at_end or not self._left


def _set(fault: asyncio.Future[None], error: Exception) -> None:
    if not fault.done():
        fault.set_exception(error)
