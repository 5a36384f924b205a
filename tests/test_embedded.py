"""The embedded broker: it serves, and ends with whoever started it, however that ends."""

import os
import signal

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from agents.embedded import PARTITIONS, embedded_broker
from tests.embedded import is_gone, serving
from tests.kafka.topics import until


def test_a_record_comes_back_from_the_topic_that_it_was_sent_to() -> None:
    with embedded_broker() as server:
        producer = Producer({"bootstrap.servers": server, "enable.idempotence": True})
        assert len(producer.list_topics("logs.shop").topics["logs.shop"].partitions) == PARTITIONS
        producer.produce("logs.shop", b"panic: x", b"cart-1", 3, headers=[("shipper", b"vector")])
        producer.flush()
        consumer = Consumer({"bootstrap.servers": server, "group.id": "tests"})
        consumer.assign([TopicPartition("logs.shop", 3, 0)])
        [record] = consumer.consume(1, 60)
        got = (record.key(), record.value(), record.headers())
        consumer.close()
    assert got == (b"cart-1", b"panic: x", [("shipper", b"vector")])


def test_it_has_no_controller_by_which_others_know_it() -> None:
    with embedded_broker() as server:
        known = Producer({"bootstrap.servers": server}).list_topics()
    assert known.controller_id not in known.brokers


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_its_parent(sent: signal.Signals) -> None:
    with serving() as (_, broker, parent):
        parent.send_signal(sent)
        parent.communicate()
        until(lambda: is_gone(broker), 30, "end of the broker")


def test_ctrl_c_is_left_to_its_parent() -> None:
    with serving() as (_, broker, _parent):
        assert os.getpgid(broker) == broker
