"""A broker for demos and trials: librdkafka's mock cluster, in a process of its own that ends with ours.

It speaks Kafka's protocol and keeps about 5 MB of each partition in memory. It has no controller, so an admin
client makes and configures nothing: a topic is there, with `PARTITIONS`, once it is asked for by name. It
compacts nothing, finds no offsets by time, and has no security.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import Producer

from agents.role import FaultError

PARTITIONS = 4  # of each topic; librdkafka's default
PATIENCE_S = 10.0
# Without -P, Python would look for `agents` in the present folder first.
WORDS = [sys.executable, "-P", "-m", "agents.embedded"]


@contextmanager
def embedded_broker() -> Iterator[str]:
    """Run a broker as long as the block lasts; give its HOST:PORT.

    However our process ends, its own does, too: it waits for the end of a pipe of ours.
    """
    pipe = subprocess.PIPE
    # A session of its own: Ctrl-C is for us alone.
    with subprocess.Popen(WORDS, stdin=pipe, stdout=pipe, start_new_session=True) as process:  # noqa: S603
        try:
            server = process.stdout.readline().decode().strip() if process.stdout else ""
            if not server:
                raise FaultError(f"the embedded broker ended with {process.wait(PATIENCE_S)}")
            yield server
        finally:
            process.kill()


def serve() -> None:
    """Be the broker until stdin ends; say on stdout where it listens."""
    mock = {"test.mock.num.brokers": 1, "bootstrap.servers": "none", "log_level": 0}
    cluster = Producer(mock)  # the brokers are there as long as it is
    [broker] = cluster.list_topics(timeout=PATIENCE_S).brokers.values()
    print(f"{broker.host}:{broker.port}", flush=True)  # noqa: T201  # who started us reads it
    sys.stdin.buffer.read()


if __name__ == "__main__":
    serve()
