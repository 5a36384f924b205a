"""DETECT: reads logs, finds the crashes in them, and tells each once.

One thread owns the consumer, the core and the producer.
"""

import asyncio
import logging
import secrets
import threading
import time
from collections.abc import Sequence

import orjson
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from agents import clients, topics
from agents.assigned import Assignment, Cut
from agents.brokers import INTERVAL_MS, Brokers
from agents.feed import Feed
from agents.handover import Handover
from agents.metrics import Metrics
from agents.outbox import Outbox
from agents.outputs import Outputs
from agents.patience import waited_for
from agents.renewals import Renewals
from agents.report import Report, UnreadRatio
from agents.role import FaultError, Readiness
from agents.sources import TopicIds, begin
from agents.takeovers import Takeovers
from agents.telling import Step, Telling
from agents.ticks import Ticks
from agents.times import SECOND_NS, utc
from pipeline._native import Detector
from pipeline.settings import Settings
from pipeline.vitals import gc_cycles, line_counts

LOG = logging.getLogger(__name__)

WAIT_S = 0.02  # for records; what is waited here comes on top of a crash's latency
BUSY_S = 0.002  # the same while blocks are being told
TICK_S = 0.05  # between looks at partitions in which nothing is to be read
REPORT_S = 1.0
STUCK_S = 5.0  # a block that is not acknowledged for so long stops reading
HANGS_S = 120.0  # a turn that takes so long does not end; a rebalance takes less
LEAVE_S = 3.5  # to tell the rest, when asked to stop

OUT_OF_RANGE = {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE}


class Detect:
    """The role."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings, self._metrics = settings, metrics
        self._stopping = threading.Event()
        self._loop: Loop | None = None

    async def run(self) -> None:
        """Read until `stop`. Raises FaultError, and MisfitError where it cannot work as it is set."""
        thread = asyncio.ensure_future(asyncio.to_thread(self._run))
        while not (await asyncio.wait({thread}, timeout=0.5))[0]:
            if self._stopping.is_set() and not self._loop:
                return  # nothing is read yet, and questions to brokers that do not answer take long
            if self._loop and time.monotonic() - self._loop.turned > HANGS_S:
                raise FaultError(f"the thread that reads stands still since {HANGS_S:g} s")
        try:
            await thread
        except BaseException:
            if self._loop:  # where brokers are gone this takes seconds, and the fault's line comes first
                asyncio.get_running_loop().run_in_executor(None, self._loop.abandon)
            raise

    def stop(self) -> None:
        """Tell what is read, commit, leave."""
        self._stopping.set()

    def readiness(self) -> Readiness:
        """Say how it is."""
        return self._loop.readiness() if self._loop else Readiness(["detect waits for Kafka"])

    def _run(self) -> None:
        self._loop = waited_for(self._begun, self._stopping.is_set)
        if self._loop:
            self._loop.run(self._stopping)

    def _begun(self) -> "Loop":
        """Look whether all is there that is needed. Raises MisfitError, KafkaException."""
        settings = self._settings
        for misfit in topics.require(settings):
            LOG.warning("%s; %s", misfit.text, misfit.remedy)
        config = clients.client(settings.kafka)
        topic_ids = TopicIds(config)
        begin(config, settings.detect_group, settings.detect, topic_ids)
        return Loop(settings, self._metrics, topics.sizes(settings), topic_ids)


class Loop:
    """The thread's work."""

    def __init__(
        self, settings: Settings, metrics: Metrics, sizes: dict[str, int], topic_ids: TopicIds
    ) -> None:
        self._settings, self._detect = settings, settings.detect
        run = f"{settings.kafka.client_id}-{secrets.token_hex(4)}"
        self._brokers, self._assignment = Brokers(), Assignment()
        self._detector = _detector(settings)
        self._feed = Feed(self._detector, self._assignment)
        self._outputs = Outputs(settings, sizes, run)
        self._outbox = Outbox(clients.producer(settings.kafka), self._brokers.on_error)
        self._consumer = Consumer(self._consumer_config())
        self._telling = Telling(self._consumer, self._outbox, self._outputs, self._detect.session_timeout)
        self._telling.told = self._told
        self._ticks = Ticks(settings, self._feed, self._telling, self._outbox, run)
        takeovers = Takeovers(settings, topic_ids)
        self._handover = Handover(self._feed, self._assignment, self._telling, self._outbox, takeovers)
        self._renewals = Renewals(topic_ids)
        self._report = Report(metrics, self._outputs)
        self._ratio = UnreadRatio(self._detect.deadletter_ratio)
        self._is_all_read = False
        self.turned = self._ticked = self._reported = self._gathered = time.monotonic()

    def run(self, stopping: threading.Event) -> None:
        """Read until told to stop, and leave. Raises FaultError; `abandon` is for the caller then."""
        self.begin()
        while not stopping.is_set():
            self.turn()
        self.leave()

    def begin(self) -> None:
        """Join the group."""
        self._consumer.subscribe(
            list(self._detect.topics),
            on_assign=self._handover.assigned,
            on_revoke=self._handover.revoked,
            on_lost=self._handover.lost,
        )

    def leave(self) -> None:
        """Tell the rest, commit, and leave the group; what cannot be told in time is read again."""
        deadline = time.monotonic() + LEAVE_S
        is_told = self._handover.tell_the_rest(deadline)
        self._send_gathered(time.monotonic())
        if is_told:
            self._ticks.leave()
        while not self._outbox.is_empty(0.01) and time.monotonic() < deadline:
            pass
        if not is_told:
            LOG.warning("left before all was committed: it will be read again")
        self.abandon()

    def abandon(self) -> None:
        """Leave the group as things are; others tell what is not committed."""
        self._handover.stop()
        self._outbox.purge()
        self._consumer.close()

    @property
    def partitions(self) -> int:
        """How many are ours."""
        return len(self._assignment)

    @property
    def step(self) -> Step:
        """What telling waits for."""
        return self._telling.step

    def readiness(self) -> Readiness:
        """Say how it is; from any thread."""
        return self._report.readiness

    def turn(self) -> None:
        """Read a batch, let time go on, go on telling. Raises FaultError."""
        wait = WAIT_S if self._telling.step is Step.NOTHING else BUSY_S
        records = self._consumer.consume(self._detect.batch, wait)
        self._raise_faults()
        errors = [record for record in records if record.error()] if any(map(Message.error, records)) else []
        if errors:
            records = [record for record in records if not record.error()]
        self._is_all_read = len(records) < self._detect.batch  # else more may be waiting
        if records:
            self._feed.take(records)
        if errors:  # after the records: one of them may say that a partition ends behind these
            self._look_at(errors)
        self.turned = time.monotonic()
        self._tick(self.turned)
        self._tell(self.turned)

    def _raise_faults(self) -> None:
        """Raise what went wrong in a callback."""
        if self._handover.fault:
            raise self._handover.fault
        if self._brokers.fatal:
            raise FaultError(f"the Kafka client gave up: {self._brokers.fatal.str()}")

    def _look_at(self, errors: list[Message]) -> None:
        """See to partitions that were read to their end, and to those that cannot be read."""
        for record in errors:
            place, error = (record.topic() or "", record.partition() or 0), record.error()
            if error is None:
                continue
            if error.code() == KafkaError._PARTITION_EOF:
                self._handover.at_end(self._consumer, place, record.offset() or 0)
            elif error.code() in OUT_OF_RANGE:
                self._handover.restart(self._consumer, place)
            else:
                self._brokers.on_error(error)

    def _tick(self, now: float) -> None:
        """Let time go on where nothing is to be read, and report."""
        if now - self._ticked < TICK_S:
            return
        self._ticked = now
        is_tick_due = self._ticks.is_due()
        for assigned in self._assignment:
            place = assigned.topic, assigned.partition
            is_known = self._is_all_read and not self._feed.is_paused and self._brokers.is_heard(place)
            self._feed.idle(assigned, is_known_silent=is_known)
            if is_tick_due:
                self._ticks.look(assigned, is_known_silent=is_known and assigned.end_since is not None)
        if is_tick_due:
            self._ticks.send(self._assignment)
        if now - self._reported >= REPORT_S:
            self._reported = now
            batches = self._feed.take_batches()
            self._ratio.add(batches)
            self._report.batches(batches)
            self._report.take(self._feed, self._assignment, self._brokers, self._waits(now))
            for assigned in self._renewals.found(self._assignment):
                self._handover.restart(self._consumer, (assigned.topic, assigned.partition))

    def _tell(self, now: float) -> None:
        """Go on telling; begin with the next blocks where it is time."""
        if self._telling.go_on():
            if now - self._gathered >= self._detect.vitals_interval:
                self._send_gathered(now)
            if now - self._telling.begun >= self._interval() and (cuts := self._feed.cuts(self._assignment)):
                self._telling.begin(cuts)
        self._brake(now)

    def _interval(self) -> float:
        """Return the seconds between blocks, as things are."""
        if self._feed.has_ready:
            return 0
        return self._detect.crash_interval if self._feed.has_crashes else self._detect.commit_interval

    def _brake(self, now: float) -> None:
        """Stop reading while the brokers do not take what we write."""
        was_paused = self._feed.is_paused
        limit = self._detect.unsent_bytes / (
            2 if was_paused else 1
        )  # else it would pause and go on all the time
        is_full = self._outbox.unsent_bytes + self._feed.waiting_bytes > limit
        self._feed.is_paused = is_full or self._waits(now) > STUCK_S
        if self._feed.is_paused and not was_paused:
            self._consumer.pause(self._consumer.assignment())
            LOG.warning("reading pauses: output waits for the brokers")
        elif was_paused and not self._feed.is_paused:
            self._consumer.resume(self._consumer.assignment())
            LOG.info("reading goes on")

    def _waits(self, now: float) -> float:
        """Return for how many seconds a block has waited for the brokers."""
        return 0 if self._telling.step is Step.NOTHING else now - self._telling.begun

    def _send_gathered(self, now: float) -> None:
        """Send lines and GC cycles. A kill may lose them; they are never sent twice."""
        self._gathered = now
        self._report.spread(self._feed.spread_streams())
        rows = [orjson.loads(row) for row in self._detector.take_lines()]
        times = [utc(row["second"] * SECOND_NS) if row["second"] else None for row in rows]
        cycles = [orjson.loads(cycle) for cycle in self._feed.take_cycles()]
        vitals = [*line_counts(zip(times, rows, strict=True)), *gc_cycles(cycles)]
        self._outbox.send(self._outputs.vitals(vitals))

    def _told(self, cuts: Sequence[Cut]) -> None:
        self._report.told(cuts, time.monotonic() - self._telling.begun)
        self._ticks.told(cuts)

    def _consumer_config(self) -> dict[str, object]:
        return {
            **clients.log_reader(self._settings),
            "statistics.interval.ms": INTERVAL_MS,
            "stats_cb": self._brokers.on_statistics,
            "error_cb": self._brokers.on_error,
            "on_commit": self._telling_committed,
        }

    def _telling_committed(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        self._telling.committed(error, partitions)


def _detector(settings: Settings) -> Detector:
    detect = settings.detect
    return Detector(
        envelopes=list(detect.envelopes.items()),
        redaction=list(detect.redaction.items()),
        streams=detect.streams,
        partition_bytes=detect.partition_bytes,
    )
