"""What `panicstream doctor` finds in a real Kafka."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from confluent_kafka import Consumer

from agents.kafka_checks import others
from pipeline.settings import HttpSettings
from tests.kafka.cluster import Cluster
from tests.kafka.topics import PATIENCE_S, create, until
from tests.test_doctor import checks


@pytest.fixture
def settings(secure_kafka: Cluster, tmp_path: Path) -> dict[str, str]:
    """Give what reaches the secure listener."""
    password = tmp_path / "password"
    password.write_text(f"{secure_kafka.security.password}\n")
    return {
        "KAFKA_BOOTSTRAP_SERVERS": secure_kafka.secure_bootstrap,
        "KAFKA_SECURITY_PROTOCOL": "sasl_ssl",
        "KAFKA_USERNAME": secure_kafka.security.user,
        "KAFKA_PASSWORD_FILE": str(password),
        "KAFKA_CA_FILE": str(secure_kafka.security.ca_file),
        "HTTP_LISTEN": "127.0.0.1:0",
    }


def test_a_broker_that_lets_us_in_answers(settings: dict[str, str], tmp_path: Path) -> None:
    broker = f"broker {settings['KAFKA_BOOTSTRAP_SERVERS']}"
    assert checks(tmp_path, settings)[1][broker] == "ok: answers, one of 1"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"KAFKA_USERNAME": "nobody"},
            "invalid credentials with SASL mechanism SCRAM-SHA-512; "
            "check kafka.username, kafka.password and kafka.sasl_mechanism",
        ),
        ({"KAFKA_CA_FILE": ""}, "broker certificate could not be verified"),
        ({"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}, "Connection refused; check kafka.bootstrap_servers"),
    ],
)
def test_what_keeps_us_out_is_told_apart(
    change: dict[str, str], expected: str, settings: dict[str, str], tmp_path: Path
) -> None:
    changed = settings | change
    code, found = checks(tmp_path, changed)
    assert code == 1
    assert expected in found[f"broker {changed['KAFKA_BOOTSTRAP_SERVERS']}"]


def test_one_broker_of_two_that_is_not_there_is_named(kafka: str, tmp_path: Path) -> None:
    _, found = checks(tmp_path, {"KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:1,{kafka}"})
    assert "Connection refused" in found["broker 127.0.0.1:1"]
    assert found[f"broker {kafka}"].startswith("ok: ")


def test_topics_of_logs_are_counted_and_those_that_are_missing_named(
    kafka: str, prefix: str, tmp_path: Path
) -> None:
    create(kafka, f"{prefix}shop", partitions=3)
    create(kafka, f"{prefix}cart", partitions=2)
    topics = f"^{prefix},{prefix}cart,{prefix}nope"
    code, found = checks(tmp_path, {"KAFKA_BOOTSTRAP_SERVERS": kafka, "DETECT_TOPICS": topics})
    assert code == 1
    assert found[f"logs ^{prefix}"] == f"ok: topics 2, partitions 5: {prefix}cart 2, {prefix}shop 3"
    assert found[f"logs {prefix}cart"] == f"ok: topics 1, partitions 2: {prefix}cart 2"
    assert found[f"logs {prefix}nope"].startswith("no such topic; there are: ")


def test_a_pattern_that_fits_what_panicstream_writes_is_a_failed_check(
    kafka: str, prefix: str, tmp_path: Path
) -> None:
    create(kafka, f"{prefix}panics")
    settings = {"KAFKA_BOOTSTRAP_SERVERS": kafka, "DETECT_TOPICS": f"^{prefix}", "TOPICS_PREFIX": prefix}
    assert checks(tmp_path, settings)[1][f"logs ^{prefix}"] == (
        f"{prefix}panics is not logs, panicstream writes it; check detect.topics"
    )


def test_topics_of_ours_that_do_not_fit_are_named_with_the_command_that_mends_them(
    kafka: str, prefix: str, tmp_path: Path
) -> None:
    settings = {"KAFKA_BOOTSTRAP_SERVERS": kafka, "TOPICS_PREFIX": prefix}
    found = checks(tmp_path, settings)[1]
    assert found[f"topic {prefix}panics"] == "it is missing; `panicstream topics apply`"


@contextmanager
def joined(kafka: str, group: str, topic: str) -> Iterator[None]:
    """Let somebody be in a group as long as the block lasts."""
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": group})
    consumer.subscribe([topic])
    until(lambda: consumer.poll(0.1) or consumer.assignment(), PATIENCE_S, "partitions of the group")
    with closing(consumer):
        yield


def test_where_other_workers_reach_this_one_is_told(kafka: str, prefix: str, tmp_path: Path) -> None:
    settings = {"KAFKA_BOOTSTRAP_SERVERS": kafka, "TOPICS_PREFIX": prefix, "HTTP_LISTEN": "127.0.0.1:8765"}
    alone = (
        "ok: reach this one at http://127.0.0.1:8765, on this machine alone; from others by http.advertise"
    )
    create(kafka, f"{prefix}any")
    assert checks(tmp_path, settings)[1]["other workers"] == alone
    with joined(kafka, f"{prefix}track", f"{prefix}any"):
        assert checks(tmp_path, settings)[1]["other workers"] == alone
    told = checks(tmp_path, settings | {"HTTP_ADVERTISE": "node-7:8765"})[1]["other workers"]
    assert told == "ok: reach this one at http://node-7:8765"


@pytest.mark.parametrize(
    ("listen", "advertise", "is_wrong"),
    [
        ("127.0.0.1:8321", "", True),
        ("localhost:8321", "", True),
        ("[::1]:8321", "", True),
        ("0.0.0.0:8321", "127.0.0.1:8321", True),
        ("0.0.0.0:8321", "", False),
        ("10.0.0.7:8321", "", False),
        ("127.0.0.1:8321", "node-7:8321", False),
    ],
)
def test_a_worker_that_those_on_other_machines_do_not_reach_is_a_failed_check(
    listen: str, advertise: str, is_wrong: bool
) -> None:
    found = others(HttpSettings(listen=listen, advertise=advertise), {"/10.0.0.7", "/10.0.0.8"})
    assert bool(found.remedy) == is_wrong
    assert found.found.endswith("track runs on 2: lists lack partitions") == is_wrong
