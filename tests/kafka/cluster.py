"""One to three brokers of our own, which can be stopped, killed, suspended and started again."""

import random
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.kafka.broker import Broker, PortTakenError
from tests.kafka.properties import HOST, Ports
from tests.kafka.security import Security
from tests.kafka.way import Way, WithJava, this_way

TRIES = 3  # starts, where other programs take our ports
# A client that connects to itself can hold a port of the range that clients get, so brokers take none of it.
PORTS = range(20_000, 32_000)


class Cluster:
    """Brokers 1 to n that know each other; make one with `Cluster.start`.

    `bootstrap` and `secure_bootstrap` (TLS and SASL; empty where none was asked for) are where clients begin,
    `security` what they need for the second.
    """

    def __init__(self, brokers: int, folder: Path, way: Way, *, secure: bool) -> None:
        self.security = Security(folder / "security")
        if secure:
            self.security.certify()
        known = self.security if secure else None
        ports = [Ports(*free_ports(3)) for _ in range(brokers)]
        self.brokers = {node: Broker(node, ports, folder, way, known) for node in range(1, brokers + 1)}
        self.bootstrap = ",".join(f"{HOST}:{own.plain}" for own in ports)
        self.secure_bootstrap = ",".join(f"{HOST}:{own.secure}" for own in ports) if secure else ""

    @classmethod
    @contextmanager
    def start(
        cls, brokers: int = 1, *, security: bool = False, way: Way | None = None
    ) -> Iterator["Cluster"]:
        """Run brokers as long as the block lasts, and leave nothing behind.

        Raises NoKafkaError with what the machine lacks, or with the end of the log of a broker that fails.
        """
        way = way or trained_way()
        for attempt in range(1, TRIES + 1):
            with TemporaryDirectory(prefix="panicstream-kafka-") as folder:
                cluster = cls(brokers, Path(folder), way, secure=security)
                try:
                    cluster._start()
                except PortTakenError:
                    if attempt == TRIES:
                        raise
                else:
                    yield cluster
                    return
                finally:
                    cluster._end()

    def _start(self) -> None:
        brokers = self.brokers.values()
        with ThreadPoolExecutor() as threads:
            list(threads.map(Broker.format, brokers))
        for broker in brokers:
            broker.start()
        for broker in brokers:
            broker.wait(len(brokers))

    def _end(self) -> None:
        for broker in self.brokers.values():
            broker.end("KILL")

    def stop(self, node: int) -> None:
        """Stop a broker as an operator does: it hands over what it leads first."""
        self.brokers[node].end("TERM")

    def kill(self, node: int) -> None:
        """Let a broker die on the spot."""
        self.brokers[node].end("KILL")

    def suspend(self, node: int) -> None:
        """Let a broker hang until `resume`."""
        self.brokers[node].send("STOP")

    def resume(self, node: int) -> None:
        """Let a broker that hangs go on."""
        self.brokers[node].send("CONT")

    def start_broker(self, node: int) -> None:
        """Start a broker that was stopped or killed, with the records that it had; return when it serves."""
        self.brokers[node].start()
        self.brokers[node].wait()


def trained_way() -> Way:
    """Return the way of this machine; the first run keeps Kafka's classes as Java wants them.

    That halves what every later start costs.
    """
    way = this_way()
    if isinstance(way, WithJava) and not way.archive().exists():
        with TemporaryDirectory(dir=way.archive().parent) as folder:
            trained = Path(folder) / "classes.jsa"
            with Cluster.start(way=WithJava(trained)) as cluster:
                cluster.stop(1)
            if trained.exists():
                trained.rename(way.archive())
    return way


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on now."""
    found: list[int] = []
    while len(found) < count:
        port = random.SystemRandom().choice(PORTS)
        if port not in found and _is_free(port):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
