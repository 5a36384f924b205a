"""Records of log shippers sent to Kafka: in order, as fast as the brokers take them, each one counted."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from agents import clients
from agents.admin import Objections, refused
from agents.exits import held_back
from agents.records import Record
from pipeline.settings import KafkaSettings

BY_KEY = -1  # a partition that the key decides, or chance where there is none
IN_FLIGHT = 50_000  # records that wait for the brokers at once
HEAR_S, LOOK_S = 0.1, 0.01

Noted = Callable[[int, int], None]
Delivered = Callable[[KafkaError | None, Message], None]


class Sender:
    """Sends records as long as its block lasts.

    `sent` counts those that were taken, `arrived` those that the brokers have, `refused` those that they
    do not want, by what is said about it and what to do.
    """

    def __init__(self, kafka: KafkaSettings) -> None:
        self.sent = self.arrived = 0
        self.refused: Counter[tuple[str, str]] = Counter()
        self._kafka = kafka
        self._objections = Objections()
        with held_back():
            self._producer = Producer({**clients.producer(kafka), "error_cb": self._objections.hear})
        self._ended = threading.Event()
        # Not in the main thread: the client loses what a signal raises in a callback there, and fails.
        self._hearing = threading.Thread(target=self._hear, daemon=True)
        self._hearing.start()

    def __enter__(self) -> "Sender":
        """Send."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hear no more of what has not arrived."""
        self._ended.set()
        self._hearing.join()

    def send(self, topic: str, record: Record, partition: int = BY_KEY, noted: Noted | None = None) -> None:
        """Take a record as soon as there is room; its time is now where it has none.

        `noted` is told its partition and offset when it has arrived, in another thread.
        """
        told = self._delivered if noted is None else partial(self._delivered, noted=noted)
        while not (self.has_room() and self._is_taken(topic, record, partition, told)):
            time.sleep(LOOK_S)
        self.sent += 1

    def has_room(self) -> bool:
        """Tell whether a record would be taken at once."""
        return len(self._producer) < IN_FLIGHT

    def flush(self, seconds: float) -> int:
        """Wait until all have arrived, so many seconds at most; return how many have not."""
        end = time.monotonic() + seconds
        while (left := len(self._producer)) and time.monotonic() < end:
            time.sleep(LOOK_S)
        return left

    def objection(self) -> str:
        """Say what stands in the way of those that have not arrived; empty where nobody says anything."""
        first = self._objections.first
        return str(refused(self._kafka, first)) if first else ""

    def _is_taken(self, topic: str, record: Record, partition: int, told: Delivered) -> bool:
        """Give a record to the producer; False where its memory is full."""
        try:
            self._producer.produce(
                topic,
                record.value,
                record.key,
                partition,
                on_delivery=told,
                timestamp=record.timestamp,
                headers=list(record.headers or ()),
            )
        except BufferError:
            return False
        except KafkaException as error:
            self._refuse(error.args[0])
        return True

    def _hear(self) -> None:
        while not self._ended.is_set():
            self._producer.poll(HEAR_S)

    def _delivered(self, error: KafkaError | None, written: Message, noted: Noted | None = None) -> None:
        if error is None:
            self.arrived += 1
            if noted is not None:
                noted(written.partition() or 0, written.offset() or 0)
        else:
            self._refuse(error)

    def _refuse(self, error: KafkaError) -> None:
        refusal = refused(self._kafka, error)
        self.refused[str(refusal), refusal.remedy] += 1
