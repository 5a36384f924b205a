"""How blocks are told: checkpoints, then outputs, then the commit; each acknowledged before the next.

A worker that takes a partition over finds the block in the checkpoint, and tells exactly the same again; so a
SIGKILL loses nothing and repeats nothing.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from enum import Enum

import orjson
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from agents.assigned import Assigned, Cut, Place
from agents.outbox import Outbox
from agents.outputs import Outputs
from agents.patience import PATIENCE_S
from agents.role import FaultError, LostError
from pipeline.marks import Committed, Mark

LOG = logging.getLogger(__name__)

TIMEOUT_S = 10.0
AGAIN_S = 0.2  # between tries of a commit

GONE = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.UNKNOWN_TOPIC_ID}

# A commit from before a rebalance has an old generation: it is tried again with the new one. Who is no member
# any more has lost its partitions.
LOST = {KafkaError.UNKNOWN_MEMBER_ID, KafkaError.FENCED_INSTANCE_ID, KafkaError._FENCED}


class Step(Enum):
    """What is waited for."""

    NOTHING = "nothing"
    CHECKPOINTS = "the checkpoints"
    OUTPUTS = "the output"
    COMMIT = "the commit"


class Telling:
    """Tells one round of blocks after the other. For one thread."""

    def __init__(self, consumer: Consumer, outbox: Outbox, outputs: Outputs, session_timeout: float) -> None:
        self._consumer, self._outbox, self._outputs = consumer, outbox, outputs
        self._session_timeout = session_timeout
        self._cuts: list[Cut] = []
        self._checkpoints: dict[Place, tuple[int, int]] = {}
        self._offered: list[TopicPartition] = []  # to the last commit, which `_committed` answers
        self._committed: KafkaError | bool | None = None
        self._known: dict[Place, TopicPartition] = {}  # what of ours is committed
        self._member_since = self._asked = time.monotonic()
        self.step = Step.NOTHING
        self.begun = 0.0
        self.told: Callable[[Sequence[Cut]], None] = lambda _: None

    def claim(self, taken: Sequence[Assigned]) -> None:
        """Write down that these are ours, so that what a worker before still writes does not count.

        Raises FaultError where the brokers do not take that.
        """
        deadline = time.monotonic() + PATIENCE_S
        self._outbox.send([self._outputs.claim(assigned, self._noted(assigned)) for assigned in taken])
        while not self._outbox.is_empty(0.01):
            if time.monotonic() > deadline:
                raise FaultError("the brokers do not take the checkpoints of the partitions that came")
        places = [self._place(assigned, assigned.position, assigned.told.mark) for assigned in taken]
        if not self.commit_places(places, deadline):
            raise FaultError("the offsets of the partitions that came cannot be committed")

    def begin(self, cuts: list[Cut]) -> None:
        """Tell these blocks; the ones before are told."""
        self._cuts, self.begun, self.step = cuts, time.monotonic(), Step.CHECKPOINTS
        self._outbox.send([self._outputs.checkpoint(cut, self._noted(cut.assigned)) for cut in cuts])

    def go_on(self, wait: float = 0) -> bool:
        """Take the next step where the last is acknowledged; return True where all is told.

        Raises FaultError where the partitions are not ours any more, or the brokers refuse our output.
        """
        if self._outbox.is_empty(wait):
            if self.step is Step.CHECKPOINTS:
                self._prove_membership()
                self._send_outputs()
            elif self.step is Step.OUTPUTS:
                self._commit()
            elif self.step is Step.COMMIT:
                self._check_commit()
        return self.step is Step.NOTHING

    def end(self, deadline: float) -> bool:
        """Tell what is begun, without the consumer's callbacks; return whether it came to its end in time."""
        while self.step is not Step.NOTHING and time.monotonic() < deadline:
            if self.step is Step.COMMIT:
                if self.commit_places(self._places(), deadline):
                    self._finish()
            else:
                self.go_on(0.01)
        return self.step is Step.NOTHING

    def tells(self, assigned: Assigned) -> bool:
        """Return whether a block of that partition is being told."""
        return any(cut.assigned is assigned for cut in self._cuts)

    def abandon(self) -> None:
        """Leave the rest of what is begun to others."""
        self.step, self._cuts = Step.NOTHING, []

    def committed(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        """Take the answer to a commit: the consumer's `on_commit`. Late ones do not count."""
        if _named(partitions) != _named(self._offered):
            return
        errors = [partition.error for partition in partitions if _counts(partition.error)]
        self._committed = error or (errors[0] if errors else True)

    def commit_places(self, places: Sequence[TopicPartition], deadline: float) -> bool:
        """Commit; return whether that was in time. Raises FaultError where the partitions are not ours."""
        while True:
            asked = time.monotonic()
            try:
                answers = self._consumer.commit(offsets=list(places), asynchronous=False) or []
            except KafkaException as failure:
                error: KafkaError | None = failure.args[0]
            else:
                error = next((answer.error for answer in answers if _counts(answer.error)), None)
            if error is None:
                self._note(places, asked)
                return True
            _raise_if_lost(error)
            if time.monotonic() > deadline:
                LOG.warning("the offsets cannot be committed: %s", error.str())
                return False
            time.sleep(AGAIN_S / 4)

    def _noted(self, assigned: Assigned) -> Callable[[int, int], None]:
        place = assigned.topic, assigned.partition
        return lambda partition, offset: self._checkpoints.__setitem__(place, (partition, offset))

    def _prove_membership(self) -> None:
        """Make sure that the group still knows us: a worker that was suspended must not begin to tell.

        Where the last proof is older than half a session, a commit of what is committed already is one.
        """
        if time.monotonic() - self._member_since > self._session_timeout / 2:
            known = [self._known[cut.assigned.topic, cut.assigned.partition] for cut in self._cuts]
            if not self.commit_places(known, time.monotonic() + self._session_timeout):
                raise FaultError("the group does not say whether the partitions are still ours")

    def _send_outputs(self) -> None:
        self.step = Step.OUTPUTS
        for cut in self._cuts:
            self._outbox.send(self._outputs.of_block(cut))

    def _commit(self) -> None:
        self.step, self._committed, self._asked = Step.COMMIT, None, time.monotonic()
        self._offered = self._places()
        self._consumer.commit(offsets=self._offered, asynchronous=True)

    def _check_commit(self) -> None:
        if isinstance(self._committed, KafkaError):
            _raise_if_lost(self._committed)
            if time.monotonic() - self._asked > AGAIN_S:
                LOG.info("a commit is tried again: %s", self._committed.str())
                self._commit()
        elif self._committed:
            self._note(self._offered, self._asked)
            self._finish()

    def _note(self, committed: Iterable[TopicPartition], since: float) -> None:
        self._member_since = since
        self._known |= {(each.topic, each.partition): each for each in committed}

    def _finish(self) -> None:
        self.step = Step.NOTHING
        self.told(self._cuts)
        self._cuts = []

    def _places(self) -> list[TopicPartition]:
        return [self._place(cut.assigned, cut.first_needed, cut.next.mark) for cut in self._cuts]

    def _place(self, assigned: Assigned, offset: int, mark: Mark) -> TopicPartition:
        checkpoint = self._checkpoints[assigned.topic, assigned.partition]
        committed = Committed(offset, mark, assigned.topic_id, self._outputs.run, checkpoint)
        return to_commit(assigned.topic, assigned.partition, committed)


def known_commits(consumer: Consumer, places: list[TopicPartition]) -> list[TopicPartition]:
    """Return what the group has committed. Raises KafkaException where it does not say."""
    answers = consumer.committed(places, timeout=TIMEOUT_S)
    for answer in answers:
        if _counts(answer.error):
            raise KafkaException(answer.error)
    return answers


def to_commit(topic: str, partition: int, committed: Committed) -> TopicPartition:
    """Return what is committed for a partition."""
    metadata = orjson.dumps(committed.written()).decode()
    return TopicPartition(topic, partition, committed.offset, metadata=metadata)


def _named(places: Iterable[TopicPartition]) -> dict[Place, str | None]:
    """Tell a commit from others: no two have the same checkpoints in their metadata."""
    return {(place.topic, place.partition): place.metadata for place in places}


def _counts(error: KafkaError | None) -> bool:
    """Say whether a commit has to be tried again: not for a topic that was deleted."""
    return error is not None and error.code() not in GONE


def _raise_if_lost(error: KafkaError) -> None:
    if error.code() in LOST or error.fatal():
        raise LostError(f"the partitions went to another worker: {error.str()}")
