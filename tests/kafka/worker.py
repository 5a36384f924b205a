"""A worker in a process of its own, which can be stopped, killed, suspended and started again."""

import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from tests.command import PROGRAM
from tests.kafka.cluster import free_ports
from tests.kafka.topics import until

START_S = 90  # a machine that does much else
STOP_S = 20
ANSWER_S = 5
TAIL = 2000  # characters of its log that say why it ended


def environment(bootstrap: str, prefix: str, **settings: object) -> dict[str, str]:
    """Return the variables that set a worker up; `settings` are named as `detect_topics`."""
    told = {"kafka_bootstrap_servers": bootstrap, "topics_prefix": prefix, "log_format": "text", **settings}
    return {f"PANICSTREAM_{name.upper()}": str(value) for name, value in told.items()}


def apply_topics(variables: Mapping[str, str]) -> None:
    """Make the topics that workers write to. Raises RuntimeError that says what is left."""
    words = [PROGRAM, "topics", "apply"]
    done = subprocess.run(  # noqa: S603
        words, env=os.environ | variables, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"`topics apply` ended with {done.returncode}: {done.stdout}{done.stderr}")


class Worker:
    """One role under a name; `log` gathers what its processes write, `address` is where the last listens."""

    def __init__(self, name: str, role: str, variables: Mapping[str, str], folder: Path) -> None:
        self.name, self.log = name, folder / f"{name}.log"
        self.address = ""
        self._words = [PROGRAM, "worker", "--no-supervise", *(["--role", role] if role else [])]
        # What a killed worker leaves in its temporary folder goes with ours.
        self._variables = os.environ | variables | {"TMPDIR": str(folder)}
        self.process: subprocess.Popen[bytes] | None = None
        self._lifeline = -1

    @contextmanager
    def running(self) -> Iterator["Worker"]:
        """Run it as long as the block lasts."""
        self.start()
        try:
            yield self
        finally:
            self.close()

    def close(self) -> None:
        """Leave nothing of it."""
        if self.process:
            self.kill()
            os.close(self._lifeline)
            self.process = None

    def start(self) -> None:
        """Start a process; it ends itself where ours is gone."""
        if self.process:
            os.close(self._lifeline)
        self.address = f"127.0.0.1:{free_ports(1)[0]}"
        its, self._lifeline = os.pipe()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603
                [*self._words, "--lifeline", str(its)],
                env=self._variables | {"PANICSTREAM_HTTP_LISTEN": self.address},
                stderr=log,
                pass_fds=[its],
            )
        os.close(its)

    @property
    def code(self) -> int | None:
        """What the last process ended with; negative: the signal that killed it; None: it runs."""
        return self.process.poll() if self.process else None

    def send(self, number: signal.Signals) -> None:
        """Send a signal, where it runs."""
        if self.process:
            self.process.send_signal(number)

    def kill(self) -> None:
        """Let it die on the spot."""
        self.send(signal.SIGKILL)
        self._wait()

    def stop(self) -> int:
        """Ask it to stop; return its exit code. Raises TimeoutExpired."""
        self.send(signal.SIGTERM)
        return self._wait()

    def _wait(self) -> int:
        assert self.process
        return self.process.wait(STOP_S)

    def get(self, path: str) -> bytes:
        """Return what a page says, whatever its status; empty where it does not answer."""
        try:
            with urllib.request.urlopen(f"http://{self.address}{path}", timeout=ANSWER_S) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as refusal:
            return refusal.read()
        except OSError:
            return b""

    def readiness(self) -> dict[str, Any]:
        """Return what `/readyz` says; empty where it does not answer."""
        answer = self.get("/readyz")
        return dict(orjson.loads(answer)) if answer else {}

    def wait_ready(self) -> None:
        """Wait until it does its work. Raises TimeoutError, RuntimeError with its log where it ends."""

        def ready() -> bool:
            if self.code is not None:
                raise RuntimeError(f"{self.name} ended with {self.code}:\n{self.log.read_text()[-TAIL:]}")
            return bool(self.readiness().get("ready"))

        until(ready, START_S, f"worker {self.name} that is ready")
