"""A load of sightings while workers come and go, and what became of the counts."""

import signal
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from tests.kafka.crew import Crew, crew
from tests.kafka.seen import records, truth
from tests.kafka.topics import produce
from tests.kafka.tracking import counts, naive_counts

PIECE_S = 0.25
WORKED = 400  # sightings that are worked off between rebalances
# A second worker comes, the first leaves in order; another comes, the first is killed.
Change = Literal["join"] | signal.Signals
CHANGES: list[Change] = ["join", signal.SIGTERM, "join", signal.SIGKILL]


class Pace(NamedTuple):
    """Sightings a second, and the seconds that agents await at every sixth."""

    rate: int
    slow_s: float


class Outcome(NamedTuple):
    """What a run gave: sightings sent, lost and counted twice in the rows, and what the naive counter said.

    `seconds`: each rebalance, until the group is whole again; a killed worker's session is in it.
    """

    sent: int
    lost: int
    repeated: int
    naive: int
    faults: int
    is_committed: bool
    seconds: list[float]


class Load:
    """Sends sightings until told to stop."""

    def __init__(self, bootstrap: str, topic: str, rate: int) -> None:
        self._bootstrap, self._topic, self._rate = bootstrap, topic, rate
        self._stopping = threading.Event()
        self.sent = 0

    def run(self) -> None:
        """Send."""
        produce(self._bootstrap, self._topic, self._records())

    def _records(self) -> Iterator[tuple[bytes, bytes]]:
        due = time.monotonic()
        while not self._stopping.wait(max(0.0, due - time.monotonic())):
            due += PIECE_S
            number = int(self._rate * PIECE_S)
            yield from records(self.sent, number)
            self.sent += number

    def stop(self) -> None:
        """Send no more."""
        self._stopping.set()


@contextmanager
def load(bootstrap: str, topic: str, rate: int) -> Iterator[Load]:
    """Send as long as the block lasts."""
    sending = Load(bootstrap, topic, rate)
    thread = threading.Thread(target=sending.run)
    thread.start()
    try:
        yield sending
    finally:
        sending.stop()
        thread.join()


class Site(NamedTuple):
    """Where a run takes place: brokers, what names begin with, and the workers' log."""

    bootstrap: str
    prefix: str
    log: Path


def rebalanced(site: Site, how: str, changes: Iterable[Change], pace: Pace) -> Outcome:
    """Let workers come and go under load, work off what is left, and compare."""
    topic = f"{site.prefix}sightings"
    with crew(*site, pace.slow_s) as workers:
        with load(site.bootstrap, topic, pace.rate) as sending:
            workers.join(how)
            seconds = [_changed(workers, change, how) for change in changes]
        workers.work_off()
        have, want = counts(site.bootstrap, site.prefix), truth(sending.sent)
        return Outcome(
            sent=sending.sent,
            lost=(want - have).total(),
            repeated=(have - want).total(),
            naive=naive_counts(site.bootstrap, site.prefix).total(),
            faults=workers.faults,
            is_committed=workers.lag() == 0,
            seconds=seconds,
        )


def _changed(workers: Crew, change: Change, how: str) -> float:
    workers.work(WORKED)
    begun = time.monotonic()
    if isinstance(change, signal.Signals):
        workers.end(change)
    else:
        workers.join(how)
    return round(time.monotonic() - begun, 1)
