"""Workers that are started again whenever they end, as an orchestrator does."""

import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from random import Random

from tests.chaos.verdict import End
from tests.kafka.worker import Worker

LOOK_S = 0.2
LAST_LINES = 3
RESTART_S = 1.5  # at most, until what ended is started again


class Workers:
    """`ends` are those that ended without being killed."""

    def __init__(self, workers: Sequence[Worker], random: Random) -> None:
        self.all, self._random = {worker.name: worker for worker in workers}, random
        self.ends: list[End] = []
        self._due: dict[str, float] = {}
        self._over = threading.Event()
        self._keeper = threading.Thread(target=self._keep)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run them as long as the block lasts."""
        with ExitStack() as stack:
            for worker in self.all.values():
                stack.enter_context(worker.running())
            self._keeper.start()
            stack.callback(self.leave_alone)
            yield

    def leave_alone(self) -> None:
        """Start none again from now on."""
        self._over.set()
        self._keeper.join()

    def stop(self) -> dict[str, int]:
        """Ask all to stop; return their exit codes. Raises TimeoutExpired."""
        self.leave_alone()
        return {name: worker.stop() for name, worker in self.all.items()}

    def _keep(self) -> None:
        while not self._over.wait(LOOK_S):
            for name, worker in self.all.items():
                if worker.code is not None:
                    self._see_to(name, worker, worker.code)

    def _see_to(self, name: str, worker: Worker, code: int) -> None:
        if name not in self._due:
            self._due[name] = time.monotonic() + self._random.uniform(0, RESTART_S)
            if code != -signal.SIGKILL:
                self.ends.append(End(name, code, _last_lines(worker)))
        elif time.monotonic() >= self._due[name]:
            del self._due[name]
            worker.start()


def _last_lines(worker: Worker) -> str:
    return "\n".join(worker.log.read_text().splitlines()[-LAST_LINES:])
