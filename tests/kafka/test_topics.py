"""What the tests lean on when they make, read and take away topics."""

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from tests.kafka.topics import create, drain, produce, sweep, until


def test_what_did_not_come_is_named() -> None:
    with pytest.raises(TimeoutError, match=r"^within 0\.1 s there was no second panic$"):
        until(lambda: False, 0.1, "second panic")


def test_what_came_is_given() -> None:
    assert until(lambda: ["first"], 0, "panic") == ["first"]


def test_a_topic_that_is_not_there_is_not_empty(kafka: str, prefix: str) -> None:
    with pytest.raises(KafkaException) as missing:
        drain(kafka, f"{prefix}logs")
    assert missing.value.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART


def test_a_record_that_is_refused_is_told(kafka: str, prefix: str) -> None:
    create(kafka, f"{prefix}logs", settings={"max.message.bytes": "1000"})
    with pytest.raises(KafkaException) as refused:
        produce(kafka, f"{prefix}logs", [(None, b"x" * 2000)])
    assert refused.value.args[0].code() == KafkaError.MSG_SIZE_TOO_LARGE


def test_topics_of_others_stay(kafka: str, prefix: str) -> None:
    create(kafka, f"{prefix}a.logs")
    create(kafka, f"{prefix}b.logs")
    sweep(kafka, f"{prefix}a.")
    admin = AdminClient({"bootstrap.servers": kafka})
    assert [name for name in admin.list_topics(timeout=30).topics if name.startswith(prefix)] == [
        f"{prefix}b.logs"
    ]
