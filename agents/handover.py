"""Partitions that come to this worker and leave it."""

import logging
import time
from collections.abc import Callable

from confluent_kafka import Consumer, TopicPartition

from agents.assigned import Assigned, Assignment, Place
from agents.feed import Feed
from agents.outbox import Outbox, Outgoing
from agents.outputs import Outputs
from agents.patience import PATIENCE_S, patiently
from agents.role import FaultError
from agents.sources import TopicIds
from agents.takeovers import Takeovers
from agents.telling import Telling, known_commits, to_commit
from pipeline.marks import Committed, fresh

LOG = logging.getLogger(__name__)

GIVE_AWAY_S = 20.0  # within which the output of partitions has to be out before they are given away
TIMEOUT_S = 10.0


class Handover:
    """The consumer's callbacks at a rebalance. They run inside `consume`, in its thread.

    `fault` is what went wrong in one: librdkafka does not hand on what a callback raises at every place.
    """

    def __init__(self, feed: Feed, assignment: Assignment, telling: Telling, outbox: Outbox) -> None:
        self._feed, self._assignment, self._telling, self._outbox = feed, assignment, telling, outbox
        self.fault: BaseException | None = None
        self.is_paused = self._is_stopped = False

    def reads(self, outputs: Outputs, takeovers: Takeovers, topic_ids: TopicIds) -> None:
        """Say what tells how the workers before left a partition, and who writes that it is ours now."""
        self._outputs, self._takeovers, self._topic_ids = outputs, takeovers, topic_ids

    def assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Go on where the workers before left these: `on_assign`."""
        self._guarded(self._take, consumer, partitions)

    def revoked(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Tell what these gave, commit, and give them away: `on_revoke`."""
        self._guarded(self._give, consumer, partitions)

    def lost(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Others have these already: `on_lost`."""
        self._guarded(self._lose, _consumer, partitions)

    def restart(self, consumer: Consumer, at: Place) -> None:
        """Begin a partition anew that has no record at the offset where we are."""
        before = self._assignment.get(at)
        if before is None:
            return
        if not self._tell_all([before], time.monotonic() + GIVE_AWAY_S):
            raise FaultError("the output of a block is not acknowledged")
        topic_id = patiently(lambda: self._topic_ids.of([at[0]]))[at[0]]
        low, high = patiently(lambda: consumer.get_watermark_offsets(TopicPartition(*at), timeout=TIMEOUT_S))
        offset = high if topic_id == before.topic_id and before.position > high else low
        LOG.warning(
            "%s/%d has no offset %d any more: reading on from %d, what was open there is lost",
            *at,
            before.position,
            offset,
        )
        self._feed.give_away([at])
        self._claim([Assigned.from_takeover(at, topic_id, fresh(offset))])
        consumer.incremental_unassign([TopicPartition(*at)])  # a seek does not wake a partition in error
        consumer.incremental_assign([TopicPartition(*at, offset)])

    def _take(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._assignment.is_known = True
        if not partitions:
            return
        begun = time.monotonic()
        topic_ids = patiently(lambda: self._topic_ids.of({each.topic for each in partitions}))
        taken = patiently(lambda: self._takeovers.read(known_commits(consumer, partitions), topic_ids))
        self._claim(taken)
        offsets = [TopicPartition(each.topic, each.partition, each.position) for each in taken]
        consumer.incremental_assign(offsets)
        if self.is_paused:
            consumer.pause(offsets)
        LOG.info("took %d partitions over in %.1f s", len(taken), time.monotonic() - begun)

    def _claim(self, taken: list[Assigned]) -> None:
        """Write down that these are ours, so that what a worker before still writes does not count."""
        run = self._outputs.run
        claims: list[TopicPartition] = []

        def claim(assigned: Assigned) -> Outgoing:
            def noted(partition: int, offset: int) -> None:
                known = Committed(
                    assigned.position, assigned.told.mark, assigned.topic_id, run, (partition, offset)
                )
                claims.append(to_commit(assigned.topic, assigned.partition, known))

            return self._outputs.claim(assigned, noted)

        self._outbox.send([claim(assigned) for assigned in taken])
        deadline = time.monotonic() + PATIENCE_S
        while len(claims) < len(taken):
            self._outbox.is_empty(0.01)
            if time.monotonic() > deadline:
                raise FaultError("the brokers do not take the checkpoints of the partitions that came")
        if not self._telling.commit_places(claims, deadline):
            raise FaultError("the offsets of the partitions that came cannot be committed")
        for assigned in taken:
            self._feed.take_over(assigned)

    def _give(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        places = [(each.topic, each.partition) for each in partitions]
        ours = [assigned for at in places if (assigned := self._assignment.get(at))]
        if not self._tell_all(ours, time.monotonic() + GIVE_AWAY_S):
            self._outbox.purge()
            raise FaultError("partitions have to be given away before their output is acknowledged")
        self._feed.give_away(places)
        LOG.info("gave %d partitions away", len(places))

    def _tell_all(self, partitions: list[Assigned], deadline: float) -> bool:
        """Tell all that these gave; return whether that came to its end in time."""
        while self._telling.end(deadline):
            cuts = self._feed.cuts(partitions)
            if not cuts:
                return True
            self._telling.begin(cuts)
        return False

    def tell_the_rest(self, deadline: float) -> bool:
        """Tell all that was read; return whether that came to its end in time."""
        return self._tell_all(list(self._assignment), deadline)

    def stop(self) -> None:
        """Leave partitions alone from now on: all is told, or is left to others."""
        self._is_stopped = True

    def _lose(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        LOG.warning("lost %d partitions: the group has not heard of us for too long", len(partitions))
        if not self._outbox.is_empty():
            self._outbox.purge()
            raise FaultError("partitions were lost with output that was not sent")
        self._telling.abandon()
        self._feed.give_away([(each.topic, each.partition) for each in partitions])

    def _guarded(
        self,
        act: Callable[[Consumer, list[TopicPartition]], None],
        consumer: Consumer,
        partitions: list[TopicPartition],
    ) -> None:
        try:
            if self.fault is None and not self._is_stopped:
                act(consumer, partitions)
        except BaseException as fault:
            self.fault = fault
            raise
