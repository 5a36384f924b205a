"""Partitions that come to this worker and leave it."""

import logging
import time
from collections.abc import Callable

from confluent_kafka import Consumer, TopicPartition

from agents.assigned import Assigned, Assignment, Place
from agents.feed import Feed
from agents.outbox import Outbox
from agents.patience import PATIENCE_S, patiently
from agents.role import FaultError, LostError
from agents.takeovers import Takeovers
from agents.telling import Telling, known_commits

LOG = logging.getLogger(__name__)

TIMEOUT_S = 10.0
GIVE_AWAY_S = 20.0  # within which the output of partitions has to be out before they are given away


class Handover:
    """The consumer's callbacks at a rebalance. They run inside `consume`, in its thread.

    `fault` is what went wrong in one: librdkafka does not hand on what a callback raises at every place.
    """

    def __init__(
        self, feed: Feed, assignment: Assignment, telling: Telling, outbox: Outbox, takeovers: Takeovers
    ) -> None:
        self._feed, self._assignment, self._telling, self._outbox = feed, assignment, telling, outbox
        self._takeovers = takeovers
        self.fault: BaseException | None = None
        self._is_stopped = False

    def assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Go on where the workers before left these: `on_assign`."""
        self._guarded(self._take, consumer, partitions)

    def revoked(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Tell what these gave, commit, and give them away: `on_revoke`."""
        self._guarded(self._give, consumer, partitions)

    def lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Others have these already: `on_lost`."""
        self._guarded(self._lose, consumer, partitions)

    def at_end(self, consumer: Consumer, at: Place, offset: int) -> None:
        """Take note that a partition ends there for now.

        A leader that is new tells readers an end that is too low until the others have copied its log; who
        asks it for the end hears nothing until then (KIP-207).
        """
        if not self._feed.at_end(at, offset):
            ends = patiently(lambda: consumer.get_watermark_offsets(TopicPartition(*at), timeout=TIMEOUT_S))
            self._feed.cut_short(at, ends[1])

    def restart(self, consumer: Consumer, at: Place) -> None:
        """Begin a partition anew that was made anew, or has no record at the offset where we are."""
        before = self._assignment.get(at)
        if before is None:
            return
        if not self._tell_all([before], time.monotonic() + PATIENCE_S):
            raise FaultError(f"the brokers have not taken the output of a block for {PATIENCE_S:g} s")
        following = patiently(lambda: self._takeovers.anew(before))
        self._feed.give_away([at])
        consumer.incremental_unassign([TopicPartition(*at)])  # a seek does not wake a partition in error
        self._begin(consumer, [following])

    def _take(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._assignment.is_known = True
        if not partitions:
            return
        begun = time.monotonic()
        taken = patiently(lambda: self._takeovers.read(known_commits(consumer, partitions)))
        self._begin(consumer, taken)
        LOG.info("took %d partitions over in %.1f s", len(taken), time.monotonic() - begun)

    def _begin(self, consumer: Consumer, taken: list[Assigned]) -> None:
        """Begin to read these."""
        self._telling.claim(taken)
        for assigned in taken:
            self._feed.take_over(assigned)
        offsets = [TopicPartition(each.topic, each.partition, each.position) for each in taken]
        consumer.incremental_assign(offsets)
        # librdkafka keeps the pause of a partition that was lost meanwhile.
        (consumer.pause if self._feed.is_paused else consumer.resume)(offsets)

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
            raise LostError("partitions were lost with output that was not sent")
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
