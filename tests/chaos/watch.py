"""Whether the committed offsets keep moving."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.kafka.told import Progress

LOOK_S = 0.5


class Watch:
    """`still` is the longest time in seconds for which each partition's commit stood still in peace."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._over = progress, threading.Event()
        self._moved: dict[int, tuple[int, float]] = {}
        self.still: dict[int, float] = {}
        self._peace_since = time.monotonic()

    def disturb(self) -> None:
        """Say that something is done to workers or brokers now: what stood still until then is forgiven."""
        self._peace_since = time.monotonic()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Look as long as the block lasts; there has to be something to read all the time."""
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _run(self) -> None:
        while not self._over.wait(LOOK_S):
            try:
                offsets = self._progress.offsets()
            except TimeoutError:
                continue  # brokers are away: what stands still meanwhile counts
            for partition, offset in offsets.items():
                self._see(partition, offset, time.monotonic())

    def _see(self, partition: int, offset: int, now: float) -> None:
        before, since = self._moved.setdefault(partition, (offset, now))
        if offset != before:
            self._moved[partition] = offset, now
        self.still[partition] = max(self.still.get(partition, 0.0), now - max(since, self._peace_since))
