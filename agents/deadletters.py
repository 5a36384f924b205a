"""The topic `deadletters`: read from its beginning to its present end, and what was put back remembered."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple, cast

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from agents import clients
from agents.admin import PATIENCE_S, Admin, RefusedError, in_words
from agents.excerpt import excerpt, reader
from pipeline.deadletters import Asked, Headers, Origin, Retried, StrangeError, parted
from pipeline.settings import Settings

LOOK_S = 0.2  # between two questions to a coordinator
MOVING = {
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
}


class Letter(NamedTuple):
    """A dead letter: its place in the topic, where it comes from, and the record as it was there."""

    partition: int
    offset: int
    timestamp: int  # in ms since 1970
    origin: Origin
    key: bytes | None
    value: bytes | None
    headers: Headers
    is_retried: bool


class Letterbox:
    """The dead letters that there are when it is opened; later ones are left out.

    What was put back is remembered in the commits of a consumer group that is called as the topic. Brokers
    forget a commit after seven days (`offsets.retention.minutes`); by then the letter is gone, too.
    """

    def __init__(self, consumer: Consumer, topic: str, ends: Mapping[int, int]) -> None:
        """Take for each partition in `ends` the offset behind its last letter."""
        self._consumer, self._topic, self._ends = consumer, topic, ends
        self._retried = _committed(consumer, topic, list(ends))
        self.strange = 0  # records that are no dead letters, of the last reading

    def letters(self, asked: Asked) -> Iterator[Letter]:
        """Yield those that are asked for, in order in each partition. Raises KafkaException."""
        self.strange = 0
        for record in excerpt(self._consumer, self._topic, dict.fromkeys(self._ends, OFFSET_BEGINNING)):
            if (record.offset() or 0) >= self._ends[record.partition() or 0]:
                continue
            try:
                letter = self._letter(record)
            except StrangeError:
                self.strange += 1
                continue
            if asked.means(letter.origin):
                yield letter

    def _letter(self, record: Message) -> Letter:
        partition, offset = record.partition() or 0, record.offset() or 0
        origin, headers = parted(cast("Headers", record.headers() or []))  # its stub allows what never comes
        return Letter(
            partition=partition,
            offset=offset,
            timestamp=record.timestamp()[1],
            origin=origin,
            key=record.key(),
            value=record.value(),
            headers=headers,
            is_retried=self._retried[partition].has(origin, offset),
        )

    def remember(self, asked: Asked, through: Mapping[int, int]) -> None:
        """Commit that all that was asked for is put back, up to an offset of each partition.

        Raises KafkaException.
        """
        later = {number: self._retried[number].later(asked, offset) for number, offset in through.items()}
        commits = [
            TopicPartition(self._topic, number, retried.position, metadata=retried.written())
            for number, retried in later.items()
        ]
        if commits:
            _coordinated(lambda: self._consumer.commit(offsets=commits, asynchronous=False))
            self._retried |= later


def _committed(consumer: Consumer, topic: str, partitions: list[int]) -> dict[int, Retried]:
    places = [TopicPartition(topic, number) for number in partitions]
    known = _coordinated(lambda: consumer.committed(places, timeout=PATIENCE_S))
    return {place.partition: Retried.read(place.metadata or "") for place in known}


def _coordinated(ask: Callable[[], list[TopicPartition] | None]) -> list[TopicPartition]:
    """Ask the group's coordinator; wait where there is none yet or it moves. Raises KafkaException."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            places = ask() or []
        except KafkaException as error:
            if error.args[0].code() not in MOVING or time.monotonic() > end:
                raise
            time.sleep(LOOK_S)
        else:
            if failed := [place.error for place in places if place.error]:
                raise KafkaException(failed[0])
            return places


@contextmanager
def letterbox(settings: Settings, admin: Admin) -> Iterator[Letterbox]:
    """Open the topic. Raises RefusedError, then and whatever is done with it."""
    topic = settings.topic("deadletters")
    found = admin.metadata().topics.get(topic)
    if found is None:
        raise RefusedError(f"{topic} is missing", "`panicstream topics apply` makes it")
    with in_words(settings.kafka), reader(clients.client(settings.kafka), group=topic) as consumer:
        places = [TopicPartition(topic, number) for number in found.partitions]
        bounds = {
            place.partition: consumer.get_watermark_offsets(place, timeout=PATIENCE_S) for place in places
        }
        yield Letterbox(
            consumer, topic, {number: high for number, (low, high) in bounds.items() if high > low}
        )
