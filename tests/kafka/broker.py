"""One broker of our own: its folder, its settings, and its process while it runs."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.kafka.errors import NoKafkaError
from tests.kafka.properties import HOST, Ports, properties, text
from tests.kafka.security import Security
from tests.kafka.way import Way

CLUSTER_ID = "cGFuaWNzdHJlYW0tdGVzdA"  # any 16 bytes in base64
START_S = 90  # a machine that does much else
STOP_S = 20
TAIL = 40  # lines of a broker's log that say why it does not start
# Ends the program and takes its folder away when our end of its pipe closes: at our death, however we die.
GUARD = 'exec 3<&0; (read -r _ <&3; {kill}; rm -rf "$0") & exec "$@" 3<&- </dev/null'


class PortTakenError(Exception):
    """Another program took the port between our look and Kafka's."""


class Broker:
    """Broker `node` (from 1) of as many as there are ports; all share `folder`."""

    def __init__(
        self, node: int, ports: Sequence[Ports], folder: Path, way: Way, security: Security | None
    ) -> None:
        self.node, self.folder, self.way = node, folder, way
        self.bootstrap = f"{HOST}:{ports[node - 1].plain}"
        self.settings, self.log = folder / f"{node}.properties", folder / f"{node}.log"
        known = properties(node, ports, folder / str(node), secure=security is not None)
        self.settings.write_text(text(known | (security.properties() if security else {})))
        self.users = security.users() if security else []
        self.name = ""
        self.process: subprocess.Popen[bytes] | None = None

    def format(self) -> None:
        """Prepare the folder for the first start."""
        words = self._words("kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER_ID)
        words += ["--config", str(self.settings), *self.users]
        with self.log.open("ab") as log:
            done = subprocess.run(words, stdout=log, stderr=log, check=False)  # noqa: S603
        if done.returncode:
            raise NoKafkaError(self._told("could not be formatted"))

    def start(self) -> None:
        """Start the process; `wait` tells when it serves."""
        words = self._words("kafka.Kafka", str(self.settings))
        guard = GUARD.format(kill=self.way.send("KILL", self.name, "$$"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603
                ["sh", "-c", guard, str(self.folder), *words],  # noqa: S607
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us; and the guard has a group to be ended by
            )

    def wait(self, brokers: int = 1) -> None:
        """Wait until it serves and knows so many brokers.

        Raises PortTakenError, or NoKafkaError with the end of its log.
        """
        client = AdminClient(
            {"bootstrap.servers": self.bootstrap, "log_level": 0, "reconnect.backoff.max.ms": 200}
        )
        end = time.monotonic() + START_S
        while not self._serves(client, brokers):
            if self.process and self.process.poll() is not None:
                if "java.net.BindException" in self.log.read_text(errors="replace"):
                    raise PortTakenError(self._told("found a port taken"))
                raise NoKafkaError(self._told("ended at its start"))
            if time.monotonic() > end:
                raise NoKafkaError(self._told(f"did not serve within {START_S} s"))

    def _serves(self, client: AdminClient, brokers: int) -> bool:
        try:
            known = client.list_topics(timeout=1).brokers
        except KafkaException:
            return False
        return self.node in known and len(known) >= brokers

    def send(self, name: str) -> None:
        """Send a signal by its name: `TERM`, `KILL`, `STOP`, `CONT`."""
        if self.process and self.process.poll() is None:
            line = self.way.send(name, self.name, self.process.pid)
            subprocess.run(["sh", "-c", line], capture_output=True, check=False)  # noqa: S603, S607

    def end(self, name: str) -> int | None:
        """End the process with a signal, by force where that does not do; return its exit code."""
        if not self.process:
            return None
        self.send(name)
        self.send("CONT")  # one that was suspended hears the signal only when it goes on
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.send("KILL")
        os.killpg(self.process.pid, signal.SIGKILL)  # the guard, which would take the folder away
        self.process.communicate()
        code, self.process = self.process.returncode, None
        return code

    def _words(self, *program: str) -> list[str]:
        self.name = f"panicstream-{uuid4().hex[:12]}"
        return [*self.way.words(self.name, self.folder), *program]

    def _told(self, what: str) -> str:
        tail = self.log.read_text(errors="replace").splitlines()[-TAIL:]
        return "\n".join([f"Kafka's broker {self.node} {what}; the end of its log:", *tail])
