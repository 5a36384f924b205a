"""One run of the demo: sends what the services write when it is due, and takes the crashes that are told."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

import orjson
from confluent_kafka import OFFSET_BEGINNING, Message, TopicPartition

from agents import clients
from agents.demo.samples import Sample
from agents.demo.script import Script, Written
from agents.demo.stage import Stage
from agents.demo.tally import Crash, Tally
from agents.demo.view import Figures, View
from agents.demo.worker import Worker
from agents.embedded import PARTITIONS
from agents.excerpt import reader
from agents.sending import Sender
from agents.shippers.table import shipped

TURN = 1000  # lines that are sent before anything else is looked at
BATCH, TICK_S = 500, 0.05
MARGIN_S = 1.0  # in which a crash that was begun is printed
PATIENCE_S = 30.0  # for the last crashes to be found
ALERTED_S = 10.0  # for the first alert to be seen


class Performance:
    """Plays what the services do to a worker, and counts what is planted and found."""

    def __init__(self, stage: Stage, samples: Mapping[str, Sample], worker: Worker) -> None:
        self.tally = Tally(samples)
        self.elapsed = 0.0
        self.first_found: float | None = None  # seconds after the beginning
        self._stage, self._samples, self._worker = stage, samples, worker
        self._rate = Rate()

    def play(self, seconds: float, view: View, is_stopped: Callable[[], bool]) -> None:
        """Play for so long, then until all crashes are found or nobody waits for them any more.

        Raises FaultError where the worker ends, OutputClosedError or UnwritableError.
        """
        kafka, panics = self._stage.settings.kafka, self._stage.settings.topic("panics")
        places = [TopicPartition(panics, number, OFFSET_BEGINNING) for number in range(PARTITIONS)]
        with reader(clients.client(kafka)) as consumer, Sender(kafka) as sender:
            consumer.assign(places)
            began, start = time.monotonic(), time.time_ns()
            lines = Due(Script(self._samples, start, seconds).lines())
            while not is_stopped() and not self._is_over(seconds):
                self.elapsed = time.monotonic() - began
                self._send(lines.until(self.elapsed), sender)
                for crash in self._found(consumer.consume(BATCH, TICK_S)):
                    view.crash(crash)
                for alert in filter(self.tally.fire, self._worker.alerts):
                    view.alert(alert)
                view.now(self.tally, self._figures())
                self._worker.check()

    def _is_over(self, seconds: float) -> bool:
        late, has_alerts = self.elapsed - seconds, bool(self.tally.alerts)
        if late <= ALERTED_S and not has_alerts:
            return False
        return late > PATIENCE_S or (late > MARGIN_S and self.tally.is_complete)

    def _send(self, lines: Iterable[Written], sender: Sender) -> None:
        for written in islice(lines, TURN if sender.has_room() else 0):
            of = written.container
            record = shipped(written.service.envelope, of, written.line, of.id.encode())
            sender.send(self._stage.sources[of.service], record)
            self.tally.send(written)

    def _found(self, records: Iterable[Message]) -> Iterator[Crash]:
        """Count the crashes in records of `panics`; yield those that are new."""
        for record in records:
            crash = None if record.error() else orjson.loads(record.value() or b"null")
            if crash and self.tally.find(crash):
                self.first_found = self.first_found or self.elapsed
                yield crash

    def _figures(self) -> Figures:
        worker = self._worker
        return Figures(self._rate.take(self.elapsed, worker.records), worker.lag, worker.is_ready)


class Due:
    """Lines as they become due."""

    def __init__(self, lines: Iterator[Written]) -> None:
        self._lines, self._next = lines, next(lines)

    def until(self, elapsed: float) -> Iterator[Written]:
        """Yield those that are due so many seconds after the start; whoever stops early goes on later."""
        while self._next.at <= elapsed:
            due, self._next = self._next, next(self._lines)
            yield due


class Rate:
    """Records a second, over the last seconds."""

    SECONDS = 3.0

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def take(self, now: float, count: int) -> float:
        """Take how many there are now; return the rate."""
        self._seen.append((now, count))
        while self._seen[0][0] < now - self.SECONDS:
            self._seen.popleft()
        first, before = self._seen[0]
        return (count - before) / (now - first) if now > first else 0.0
