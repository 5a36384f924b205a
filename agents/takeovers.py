"""How a worker goes on with partitions that come to it: from the commit, the checkpoint, and what is told."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import cast

import orjson
from confluent_kafka import OFFSET_INVALID, Consumer, KafkaException, Message, TopicPartition

from agents import clients
from agents.assigned import Assigned, Place
from agents.excerpt import excerpt, partitions, reader
from agents.outputs import checkpoint_key
from agents.sources import TopicIds
from agents.times import seconds_of
from pipeline.deadletters import Headers, StrangeError, parted
from pipeline.marks import Checkpoint, Committed, Mark, State, Takeover, fresh, takeover
from pipeline.settings import Settings

LOG = logging.getLogger(__name__)

TIMEOUT_S = 30.0
CLOCKS_MS = 10_000  # the brokers' clocks and ours may differ by so much

Left = dict[Place, list["_Stored"]]


class Takeovers:
    """Reads what the workers before left behind: checkpoints, crashes and dead letters."""

    def __init__(self, settings: Settings, topic_ids: TopicIds) -> None:
        self._config, self._topic_ids = clients.client(settings.kafka), topic_ids
        self._checkpoints, self._panics = settings.topic("checkpoints"), settings.topic("panics")
        self._deadletters = settings.topic("deadletters")

    def read(self, committed: Iterable[TopicPartition]) -> list[Assigned]:
        """Say how to go on with each partition, from what the group has committed of it.

        Raises KafkaException where the brokers do not answer.
        """
        known = {(answer.topic, answer.partition): _committed(answer) for answer in committed}
        topic_ids = self._topic_ids.of(topic for topic, _ in known)
        with reader(self._config) as consumer:
            left = self._left_behind(consumer, known)
            taken = [self._assigned(consumer, place, topic_ids[place[0]], known, left) for place in known]
            self._fill_told(consumer, [assigned for assigned in taken if assigned.pending])
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

    def _fill_told(self, consumer: Consumer, half_told: list[Assigned]) -> None:
        """Find what of half-told blocks stands in `panics` and `deadletters`."""
        if not half_told:
            return
        since = min(int(seconds_of(assigned.begun or "") * 1000) for assigned in half_told) - CLOCKS_MS
        ids: dict[Place, set[str]] = {}
        for record in self._since(consumer, self._panics, since):
            crash = orjson.loads(record.value() or b"{}")
            ids.setdefault((crash["source_topic"], crash["source_partition"]), set()).add(crash["id"])
        unread: dict[Place, set[int]] = {}
        for record in self._since(consumer, self._deadletters, since):
            with suppress(StrangeError):
                origin, _ = parted(
                    cast("Headers", record.headers() or [])
                )  # its stub allows what never comes
                unread.setdefault((origin.topic, origin.partition), set()).add(origin.offset)
        for assigned in half_told:
            place = assigned.topic, assigned.partition
            assigned.told_ids = frozenset(ids.get(place, ()))
            assigned.told_unread = frozenset(unread.get(place, ()))

    def _since(self, consumer: Consumer, topic: str, ms: int) -> Iterator[Message]:
        """Yield what a topic holds since then."""
        wanted = [TopicPartition(topic, each, ms) for each in partitions(consumer, topic)]
        starts = consumer.offsets_for_times(wanted, timeout=TIMEOUT_S)
        for start in starts:
            if start.error is not None:
                raise KafkaException(start.error)
        yield from excerpt(consumer, topic, {start.partition: start.offset for start in starts})


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
