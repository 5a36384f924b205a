"""What goes out to Kafka: sent in order, counted until the brokers have it."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, KafkaError, Message, Producer

from agents.clients import Config
from agents.role import FaultError

OF_KEY = -1  # the partition that the key decides
IN_FLIGHT = 10_000  # records handed to the producer at once; the others wait here, where they can be dropped


Headers = list[tuple[str, str | bytes | None]]
Delivered = Callable[[KafkaError | None, Message], None]


class Outgoing(NamedTuple):
    """A record to be written."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers | None = None
    noted: Callable[[int, int], None] | None = None  # is told the partition and offset that it got
    partition: int = OF_KEY


class Outbox:
    """Writes records and knows when all of them are acknowledged. For one thread."""

    def __init__(self, config: Config, on_error: Callable[[KafkaError], None]) -> None:
        self._producer = Producer(config | {"error_cb": on_error})
        self._waiting: deque[Outgoing] = deque()
        self._in_flight = self._beside = 0
        self._refused: KafkaError | None = None
        self._appended: tuple[int, float] | None = None
        self.unsent_bytes = 0

    @property
    def brokers_ms(self) -> int | None:
        """What time it is by the brokers' clocks, in ms since 1970; None where no topic has told yet.

        Records of topics with `message.timestamp.type=LogAppendTime` get the time of a broker.
        """
        if self._appended is None:
            return None
        appended_ms, heard = self._appended
        return appended_ms + int((time.monotonic() - heard) * 1_000)

    def send(self, records: Iterable[Outgoing]) -> None:
        """Take records; they go out in order."""
        for record in records:
            self._waiting.append(record)
            self.unsent_bytes += _size(record)
        self._hand_over()

    def send_beside(self, records: Iterable[Outgoing]) -> None:
        """Send records that nobody waits for; none while the brokers have not taken those before."""
        if self._waiting or self._beside:
            return
        for record in records:
            try:
                self._produce(record, self._delivered_beside)
            except BufferError:
                return
            self._beside += 1

    def is_empty(self, wait: float = 0) -> bool:
        """Say whether everything is acknowledged, after `wait` seconds at the latest.

        Raises FaultError where a record was refused for good.
        """
        self._producer.poll(wait)
        if self._refused is not None:
            raise FaultError(f"the brokers refuse our output: {self._refused.str()}")
        self._hand_over()
        return not self._waiting and not self._in_flight

    def purge(self) -> None:
        """Drop what is not sent yet."""
        self._waiting.clear()
        self._producer.purge()
        self._producer.poll(0)

    def _hand_over(self) -> None:
        while self._waiting and self._in_flight < IN_FLIGHT:
            record = self._waiting[0]
            try:
                self._produce(record, partial(self._delivered, record))
            except BufferError:
                return
            self._in_flight += 1
            self._waiting.popleft()

    def _produce(self, record: Outgoing, on_delivery: Delivered) -> None:
        self._producer.produce(
            record.topic,
            record.value,
            record.key,
            record.partition,
            headers=record.headers,
            on_delivery=on_delivery,
        )

    def _delivered_beside(self, error: KafkaError | None, written: Message) -> None:
        self._beside -= 1
        kind, appended_ms = written.timestamp()
        if error is None and kind == TIMESTAMP_LOG_APPEND_TIME:
            self._appended = appended_ms, time.monotonic()

    def _delivered(self, record: Outgoing, error: KafkaError | None, written: Message) -> None:
        self._in_flight -= 1
        self.unsent_bytes -= _size(record)
        if error is not None:
            self._refused = self._refused or error
        elif record.noted:
            record.noted(written.partition() or 0, written.offset() or 0)


def _size(record: Outgoing) -> int:
    return len(record.value or b"") + len(record.key or b"")
