"""Workers in processes of their own: they come, stop, are killed, and come again after a fault."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import ConsumerGroupState, ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from agents.exits import Exit
from tests.kafka.topics import create, until
from tests.kafka.tracking import PARTITIONS, make_topics, settings

PATIENCE_S, WORK_S = 120, 600
QUIET_S = 9  # longer than a rebalance takes
REBUILT = 2000  # rows a second and table that are read when tables are rebuilt in one


class Crew:
    """Workers on one set of topics, with agents that take their time; make one with `crew`."""

    def __init__(self, bootstrap: str, prefix: str, log: Path, slow_s: float) -> None:
        self._bootstrap, self._prefix, self._log, self._slow_s = bootstrap, prefix, log, slow_s
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
        self._group = settings(bootstrap, prefix).track_id
        self.workers: list[tuple[subprocess.Popen[bytes], str]] = []
        self.faults = 0
        self._seen, self._seen_at = -1, time.monotonic()

    def start(self, how: str) -> None:
        """Start one more worker; `how` as `tests.kafka.track_worker` takes it."""
        program = [sys.executable, "-m", "tests.kafka.track_worker"]
        words = [*program, self._bootstrap, self._prefix, how, str(self._slow_s)]
        with self._log.open("ab") as log:
            self.workers.append((subprocess.Popen(words, stdout=log, stderr=log), how))  # noqa: S603

    def join(self, how: str) -> None:
        """Start one more worker, and wait until it takes part."""
        self.start(how)
        self.settle()

    def end(self, number: int) -> int:
        """Send a signal to the worker that is there for longest; return its exit code."""
        worker, _ = self.workers.pop(0)
        worker.send_signal(number)
        code = worker.wait(PATIENCE_S)
        self.settle()
        return code

    def settle(self) -> None:
        """Wait until the group consists of the workers that there are."""
        until(self._is_settled, PATIENCE_S, f"group of {len(self.workers)} workers")

    def work(self, number: int) -> None:
        """Wait until so many sightings were taken, written or not."""
        begin = self._taken()
        until(lambda: self._taken() >= begin + number, PATIENCE_S, f"work on {number} sightings")

    def work_off(self) -> None:
        """Wait until every sighting is committed, or none was taken for longer than a rebalance."""
        until(self._is_done, WORK_S, "end of the sightings")

    def lag(self) -> int:
        """Return how many sightings are not committed."""
        places = _places(f"{self._prefix}sightings")
        asked = self._admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(self._group, places)])
        committed = asked[self._group].result(PATIENCE_S).topic_partitions or []
        return self._end(f"{self._prefix}sightings") - sum(max(int(place.offset), 0) for place in committed)

    def leave(self) -> None:
        """End all workers."""
        for worker, _ in self.workers:
            worker.kill()
            worker.wait()

    def is_at_end(self) -> bool:
        """Look whether every sighting is committed; workers that ended with a fault start again."""
        self._look_after_faults()
        return self.lag() == 0

    def _is_done(self) -> bool:
        taken, now = self._taken(), time.monotonic()
        if taken != self._seen:
            self._seen, self._seen_at = taken, now
        return self.is_at_end() or now - self._seen_at > QUIET_S + taken / REBUILT

    def _is_settled(self) -> bool:
        self._look_after_faults()
        try:
            found = self._admin.describe_consumer_groups([self._group])[self._group].result(PATIENCE_S)
        except KafkaException:  # a broker that has just begun knows no group yet
            return False
        return found.state == ConsumerGroupState.STABLE and len(found.members) == len(self.workers)

    def _look_after_faults(self) -> None:
        """Start workers again that ended with a fault, as a supervisor does."""
        for worker, how in list(self.workers):
            code = worker.poll()
            assert code in {None, Exit.OUR_FAULT}, self._log.read_text()
            if code is not None:
                self.faults += 1
                self.workers.remove((worker, how))
                self.start("ours" if how == "lossy" else how)

    def _taken(self) -> int:
        self._look_after_faults()
        return self._end(f"{self._group}-naive-changelog")

    def _end(self, topic: str) -> int:
        """Return how many records were written to a topic."""
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]  # the library's own
        ends = self._admin.list_offsets(dict.fromkeys(_places(topic), latest)).values()
        return sum(int(end.result(PATIENCE_S).offset) for end in ends)


def _places(topic: str) -> list[TopicPartition]:
    return [TopicPartition(topic, partition) for partition in range(PARTITIONS)]


@contextmanager
def crew(bootstrap: str, prefix: str, log: Path, slow_s: float = 0.0) -> Iterator[Crew]:
    """Have topics, and no workers yet; end all that there are in the end."""
    make_topics(settings(bootstrap, prefix))
    create(bootstrap, f"{prefix}track-naive-changelog", PARTITIONS, {"cleanup.policy": "compact"})
    workers = Crew(bootstrap, prefix, log, slow_s)
    try:
        yield workers
    finally:
        workers.leave()
