"""The brokers of the tests do what a Kafka does, and end with their owner."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.kafka.cluster import Cluster, free_ports
from tests.kafka.errors import NoKafkaError
from tests.kafka.properties import FIXED
from tests.kafka.topics import create, drain, produce, until
from tests.kafka.way import this_way

OWNER = """
import time
from tests.kafka.cluster import Cluster
with Cluster.start() as cluster:
    print(cluster.brokers[1].folder, cluster.bootstrap, flush=True)
    time.sleep(600)
"""


def serves(address: str) -> bool:
    host, _, port = address.partition(":")
    with socket.socket() as client:
        return client.connect_ex((host, int(port))) == 0


def read(bootstrap: str, topic: str) -> list[tuple[int, int, bytes | None, bytes | None]]:
    return [record[:4] for record in drain(bootstrap, topic)]


def values(bootstrap: str, topic: str) -> list[bytes | None]:
    return [record.value for record in drain(bootstrap, topic)]


def test_what_is_written_is_read(kafka: str, prefix: str) -> None:
    create(kafka, f"{prefix}logs", partitions=2)
    produce(kafka, f"{prefix}logs", [(b"a", b"1"), (b"a", None), (None, b"3")], partition=1)
    assert read(kafka, f"{prefix}logs") == [(1, 0, b"a", b"1"), (1, 1, b"a", None), (1, 2, None, b"3")]


def test_a_killed_broker_keeps_its_records() -> None:
    with Cluster.start() as cluster:
        create(cluster.bootstrap, "logs")
        produce(cluster.bootstrap, "logs", [(None, b"before")])
        cluster.kill(1)
        cluster.start_broker(1)
        assert values(cluster.bootstrap, "logs") == [b"before"]


def test_three_brokers_bear_the_loss_of_one() -> None:
    with Cluster.start(brokers=3) as cluster:
        create(cluster.bootstrap, "logs", partitions=3)
        produce(cluster.bootstrap, "logs", [(b"%d" % number, b"before") for number in range(9)])
        cluster.kill(1)
        produce(cluster.bootstrap, "logs", [(b"%d" % number, b"after") for number in range(9)])
        assert sorted(map(str, values(cluster.bootstrap, "logs"))) == ["b'after'"] * 9 + ["b'before'"] * 9


def test_a_suspended_broker_answers_again_when_it_goes_on() -> None:
    with Cluster.start() as cluster:
        client = AdminClient({"bootstrap.servers": cluster.bootstrap})
        cluster.suspend(1)
        with pytest.raises(KafkaException):
            client.list_topics(timeout=1)
        cluster.resume(1)
        assert list(client.list_topics(timeout=30).brokers) == [1]


def test_a_suspended_broker_stops_in_good_order() -> None:
    with Cluster.start() as cluster:
        cluster.suspend(1)
        assert cluster.brokers[1].end("TERM") == 128 + signal.SIGTERM


def test_brokers_die_with_their_owner() -> None:
    this_way()  # says what the machine lacks
    words = [sys.executable, "-c", OWNER]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as owner:  # noqa: S603  # our own words
        assert owner.stdout
        folder, address = owner.stdout.readline().split()
        owner.kill()
    until(lambda: not Path(folder).exists(), 30, "end of the broker's folder")
    until(lambda: not serves(address), 30, "end of the broker")


def test_a_port_that_another_program_took_is_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        looks = [[taken.getsockname()[1], *free_ports(2)], free_ports(3)]
        monkeypatch.setattr("tests.kafka.cluster.free_ports", lambda _: looks.pop(0))
        with Cluster.start() as cluster:
            create(cluster.bootstrap, "logs")
    assert looks == []


def test_a_broker_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FIXED, "num.io.threads", "0")
    with pytest.raises(NoKafkaError, match="Invalid value 0 for configuration"):
        Cluster.start().__enter__()
