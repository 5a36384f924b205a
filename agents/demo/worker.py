"""The worker of the demo: `panicstream worker` in a process of its own that ends with ours."""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from typing import IO, Any

import orjson
from prometheus_client.parser import text_string_to_metric_families

from agents.demo.stage import NO_FILE, Stage
from agents.faults import REMEDY
from agents.role import FaultError

# Without -P, Python would look for `agents` in the present folder first.
WORDS = [sys.executable, "-P", "-m", "agents", "worker", "--no-supervise", "--config", NO_FILE]
OURS = "PANICSTREAM_"  # what variables of ours begin with
STOP_S = 8.0
LOOK_S = 0.5
ANSWER_S = 2.0


class Worker:
    """The process, and what it says of itself: records read, records behind, alerts, whether it is ready."""

    def __init__(self, process: subprocess.Popen[bytes], log: IO[bytes], listen: str) -> None:
        """`log` is what it says on stdout and stderr."""
        self._process, self._log, self._listen = process, log, listen
        self.records = self.lag = 0
        self.alerts: list[dict[str, Any]] = []
        self.is_ready = False
        self._stopped = threading.Event()
        self._looking = threading.Thread(target=self._look, daemon=True)

    def check(self) -> None:
        """Raise FaultError where it has ended, with the last line that it said."""
        if (code := self._process.poll()) is not None:
            self._log.seek(0)
            last = self._log.read().decode(errors="replace").strip().rpartition("\n")[2]
            raise FaultError(f"the worker ended with {code}: {last.removesuffix(f'; {REMEDY}')}")

    def start_looking(self) -> None:
        """Ask it now and then, in the background."""
        self._looking.start()

    def stop_looking(self) -> None:
        """Ask no more."""
        self._stopped.set()
        self._looking.join()

    def _look(self) -> None:
        while not self._stopped.wait(LOOK_S):
            ready, metrics = self._page("readyz"), self._page("metrics")
            self.is_ready = bool(ready) and orjson.loads(ready)["ready"]
            told = orjson.loads(self._page("api/alerts") or b"{}")
            self.alerts = told.get("alerts", [])
            counted = _sums(metrics.decode())
            self.records = int(counted.get("panicstream_records_total", 0))
            self.lag = int(counted.get("panicstream_lag_records", 0))

    def _page(self, name: str) -> bytes:
        """Return a page, whatever its status; empty where there is none yet."""
        connection = HTTPConnection(self._listen, timeout=ANSWER_S)
        try:
            connection.request("GET", f"/{name}")
            return connection.getresponse().read()
        except (OSError, HTTPException):
            return b""
        finally:
            connection.close()


def _sums(metrics: str) -> dict[str, float]:
    """Return each series, summed up over its labels."""
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0) + sample.value
    return sums


@contextmanager
def running_worker(stage: Stage) -> Iterator[Worker]:
    """Run the worker as long as the block lasts; it sees a pipe of ours end, however we end."""
    its, ours = os.pipe()
    with tempfile.TemporaryFile() as log:  # it has no name, so that nothing is left, however we end
        process = _started(stage.variables, its, log)
        os.close(its)
        worker = Worker(process, log, stage.settings.http.listen)
        worker.start_looking()
        try:
            yield worker
        finally:
            worker.stop_looking()
            os.close(ours)
            _stop(process)


def _started(variables: Mapping[str, str], lifeline: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
    others = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return subprocess.Popen(  # noqa: S603  # our own words
        [*WORDS, "--lifeline", str(lifeline)],
        env=others | dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        pass_fds=[lifeline],
        start_new_session=True,  # Ctrl-C is for us alone
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
