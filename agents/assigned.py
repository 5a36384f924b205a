"""The source partitions that are in this worker's hands."""

import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Message

from pipeline.block import Block
from pipeline.marks import State, Takeover

Place = tuple[str, int]  # topic and partition


@dataclass
class Unread:
    """A record without a line, and why."""

    record: Message
    reason: str


@dataclass
class Assigned:
    """One source partition: how far it is told and read, and what it gave since the last mark.

    `position` is the next offset to read. Until it comes to `told`, everything was told before; where there
    is `pending`, the block from `told` to it may be half told: the crashes in `told_ids` are, and the records
    at `told_unread` are dead letters already.
    """

    topic: str
    topic_id: str
    partition: int
    told: State
    position: int
    pending: State | None = None
    is_silent: bool = True  # until reading has come to `told`
    told_ids: frozenset[str] = frozenset()
    told_unread: frozenset[int] = frozenset()
    begun: str | None = None  # when somebody first began to tell the block up to `pending`
    crashes: list[dict[str, Any]] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    waiting_bytes: int = 0  # of these
    end_since: float | None = (
        None  # since when nothing is there to be read, in seconds of the monotonic clock
    )
    is_caught_up: bool = False  # its end was reached once
    read_at: float = field(default_factory=time.monotonic)  # when the last record came, or we did
    told_ms: int = 0  # up to when all is told, in ms since 1970; 0: not known
    is_ended_by_clock: bool = False  # traces were, since the last record
    ready: "deque[Cut]" = field(default_factory=deque)  # blocks that had to be cut before they were asked for

    @classmethod
    def from_takeover(cls, place: Place, topic_id: str, takeover: Takeover) -> "Assigned":
        """Take a partition over."""
        topic, partition = place
        return cls(topic, topic_id, partition, takeover.told, takeover.offset, takeover.pending)

    @property
    def goal(self) -> int | None:
        """The offset at which reading has to stop for a moment: a mark of the worker before."""
        if self.is_silent:
            return self.told.mark.offset
        return self.pending.mark.offset if self.pending else None

    @property
    def is_cut_due(self) -> bool:
        """True where there is something to tell, or records were read since the last mark."""
        if self.goal is not None:
            return False
        return self.position > self.told.mark.offset or bool(self.crashes)

    @property
    def is_told(self) -> bool:
        """True where nothing that was read is left to be cut and told."""
        return not self.ready and not self.is_cut_due

    def cut(self, following: State, first_needed: int, watermark: str | None) -> "Cut":
        """End the block there, and begin the next."""
        unread = [each for each in self.unread if each.record.offset() not in self.told_unread]
        block = Block(self.topic, self.topic_id, self.partition, self.told.mark, following.mark, watermark)
        cut = Cut(
            self,
            block,
            self.told,
            following,
            first_needed,
            self.begun,
            self.crashes,
            unread,
            self.told_ids,
        )
        self.told, self.pending, self.begun = following, None, None
        self.told_ids, self.told_unread = frozenset(), frozenset()
        self.crashes, self.unread, self.waiting_bytes = [], [], 0
        return cut


@dataclass(frozen=True)
class Cut:
    """A block that was cut: what it gave, what is open at its end, and the first record still needed."""

    assigned: Assigned
    block: Block
    previous: State
    next: State
    first_needed: int
    begun: str | None
    crashes: list[dict[str, Any]]
    unread: list[Unread]
    told_ids: frozenset[str]


class Assignment:
    """All of them."""

    def __init__(self) -> None:
        self._partitions: dict[Place, Assigned] = {}
        self.is_known = False  # the group has told us which are ours, though it may be none
        self.watched: set[Place] = set()  # those that have to be looked at before more of them is read
        self.only_topic: str | None = None  # of them all; None where they are of several

    def __iter__(self) -> Iterator[Assigned]:
        return iter(self._partitions.values())

    def __getitem__(self, place: Place) -> Assigned:
        return self._partitions[place]

    def __len__(self) -> int:
        return len(self._partitions)

    def get(self, place: Place) -> Assigned | None:
        """Return the partition, None where it is not ours."""
        return self._partitions.get(place)

    def add(self, assigned: Assigned) -> None:
        """Take one over."""
        place = assigned.topic, assigned.partition
        self._partitions[place] = assigned
        self.watched.add(place)
        self._note_topics()

    def drop(self, places: Iterable[Place]) -> list[Assigned]:
        """Give some away; return those that were there."""
        dropped = [self._partitions.pop(place) for place in places if place in self._partitions]
        self.watched -= {(assigned.topic, assigned.partition) for assigned in dropped}
        self._note_topics()
        return dropped

    def _note_topics(self) -> None:
        topics = {topic for topic, _ in self._partitions}
        self.only_topic = topics.pop() if len(topics) == 1 else None
