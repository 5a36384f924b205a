"""What `panicstream doctor` finds in a real Kafka."""

from pathlib import Path

import pytest

from tests.kafka.cluster import Cluster
from tests.kafka.topics import create
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
