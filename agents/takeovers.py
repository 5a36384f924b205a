"""How a worker goes on with partitions that come to it: from the commit, the checkpoint, and what is told."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson
from confluent_kafka import OFFSET_INVALID, Consumer, KafkaException, Message, TopicPartition

from agents import clients
from agents.assigned import Assigned, Place
from agents.excerpt import excerpt, partitions, reader
from agents.outputs import checkpoint_key
from agents.sources import TopicIds
from agents.times import seconds_of
from pipeline.marks import Checkpoint, Committed, Mark, State, Takeover, fresh, takeover
from pipeline.settings import Settings

LOG = logging.getLogger(__name__)

TIMEOUT_S = 30.0
CLOCKS_MS = 10_000  # the brokers' clocks and ours may differ by so much

Left = dict[Place, list["_Stored"]]


class Takeovers:
    """Reads what the workers before left behind: checkpoints, and the crashes that stand in `panics`."""

    def __init__(self, settings: Settings, topic_ids: TopicIds) -> None:
        self._config, self._topic_ids = clients.client(settings.kafka), topic_ids
        self._checkpoints, self._panics = settings.topic("checkpoints"), settings.topic("panics")

    def read(self, committed: Iterable[TopicPartition]) -> list[Assigned]:
        """Say how to go on with each partition, from what the group has committed of it.

        Raises KafkaException where the brokers do not answer.
        """
        known = {(answer.topic, answer.partition): _committed(answer) for answer in committed}
        topic_ids = self._topic_ids.of(topic for topic, _ in known)
        with reader(self._config) as consumer:
            left = self._left_behind(consumer, known)
            taken = [self._assigned(consumer, place, topic_ids[place[0]], known, left) for place in known]
            self._fill_told_ids(consumer, [assigned for assigned in taken if assigned.pending])
        return taken

    def anew(self, before: Assigned) -> Assigned:
        """Say how to go on with a partition that was made anew, or has no record where we are.

        Raises KafkaException where the brokers do not answer.
        """
        place = before.topic, before.partition
        topic_id = self._topic_ids.of([before.topic])[before.topic]
        with reader(self._config) as consumer:
            low, high = consumer.get_watermark_offsets(TopicPartition(*place), timeout=TIMEOUT_S)
        if topic_id != before.topic_id:
            offset = low
            LOG.warning("%s/%d was made anew: reading it from its beginning", *place)
        else:
            offset = min(max(low, before.position), high)
            LOG.warning(
                "%s/%d has no offset %d any more: reading on from %d, what was open there is lost",
                *(*place, before.position, offset),
            )
        return Assigned.from_takeover(place, topic_id, fresh(offset))

    def _assigned(
        self,
        consumer: Consumer,
        place: Place,
        topic_id: str,
        known: Mapping[Place, Committed | None],
        left: Left,
    ) -> Assigned:
        way = _way(place, topic_id, known[place], left)
        if way is None:
            low, _ = consumer.get_watermark_offsets(TopicPartition(*place), timeout=TIMEOUT_S)
            way = fresh(low)
        assigned = Assigned.from_takeover(place, topic_id, way)
        if assigned.pending:
            assigned.begun = next(
                stored.time for stored in left[place] if stored.checkpoint.next == assigned.pending
            )
        return assigned

    def _left_behind(self, consumer: Consumer, known: Mapping[Place, Committed | None]) -> Left:
        """Return the checkpoints of each partition from the one of its last commit on, oldest first."""
        since = {place: each.checkpoint for place, each in known.items() if each and each.checkpoint}
        starts: dict[int, int] = {}
        for partition, offset in since.values():
            starts[partition] = min(offset, starts.get(partition, offset))
        keys = {checkpoint_key(*place): place for place in since}
        left: Left = {}
        for record in excerpt(consumer, self._checkpoints, starts):
            place = keys.get(record.key() or b"")
            if place and (record.offset() or 0) >= since[place][1]:
                left.setdefault(place, []).append(_Stored(record))
        return left

    def _fill_told_ids(self, consumer: Consumer, half_told: list[Assigned]) -> None:
        """Find the crashes of half-told blocks that stand in `panics`."""
        if not half_told:
            return
        places = {(assigned.topic, assigned.partition): assigned for assigned in half_told}
        since = min(int(seconds_of(assigned.begun or "") * 1000) for assigned in half_told) - CLOCKS_MS
        told: dict[Place, set[str]] = {place: set() for place in places}
        for crash in self._crashes_since(consumer, since):
            place = crash["source_topic"], crash["source_partition"]
            if place in told:
                told[place].add(crash["id"])
        for place, assigned in places.items():
            assigned.told_ids = frozenset(told[place])

    def _crashes_since(self, consumer: Consumer, ms: int) -> Iterator[dict[str, Any]]:
        wanted = [TopicPartition(self._panics, each, ms) for each in partitions(consumer, self._panics)]
        starts = consumer.offsets_for_times(wanted, timeout=TIMEOUT_S)
        for start in starts:
            if start.error is not None:
                raise KafkaException(start.error)
        offsets = {start.partition: start.offset for start in starts}
        for record in excerpt(consumer, self._panics, offsets):
            yield orjson.loads(record.value() or b"{}")


class _Stored:
    """A checkpoint as it stands in its topic."""

    def __init__(self, record: Message) -> None:
        value = orjson.loads(record.value() or b"")
        previous, following = State.read(value["previous"]), State.read(value["next"])
        self.checkpoint = Checkpoint(previous, following, value["by"])
        self.time: str = value["time"]


def _way(place: Place, topic_id: str, known: Committed | None, left: Left) -> Takeover | None:
    """Say how to go on; None: from the beginning."""
    name = f"{place[0]}/{place[1]}"
    if known is None:
        return None
    if known.topic_id not in ("", topic_id):
        LOG.warning("%s was made anew: reading it from its beginning", name)
        return None
    if known.checkpoint is None:
        return fresh(known.offset)
    found = takeover(known, [stored.checkpoint for stored in left.get(place, [])])
    if found is None:
        LOG.warning(
            "the checkpoint of %s is missing: reading on from offset %d; "
            "crashes up to offset %d may be told again, with equal ids",
            *(name, known.offset, known.mark.offset),
        )
    return found or fresh(known.offset)


def _committed(answer: TopicPartition) -> Committed | None:
    """Read a commit; None where there is none."""
    if answer.offset == OFFSET_INVALID:
        return None
    try:
        return Committed.read(answer.offset, orjson.loads(answer.metadata or ""))
    except (ValueError, KeyError, TypeError):
        LOG.warning(
            "the offset %d of %s/%d was not committed by panicstream: reading on from there",
            *(answer.offset, answer.topic, answer.partition),
        )
        return Committed(answer.offset, Mark(answer.offset), "")
