"""What DETECT tells of time, on real Kafka."""

import time
from types import SimpleNamespace
from typing import Any

import pytest

from agents import ticks as ticks_of_detect
from agents.clients import producer
from agents.outbox import Outbox, Outgoing
from agents.times import SECOND_NS, seconds_of
from pipeline.event_time import HOUR
from pipeline.settings import KafkaSettings
from tests.kafka.cluster import free_ports
from tests.kafka.detecting import CRASHES, PARTITIONS, PATIENCE_S, Pipeline, records
from tests.kafka.topics import drain, produce, until


def ticks(pipeline: Pipeline) -> list[dict[str, Any]]:
    """Return those that stand in `vitals`."""
    return [value for value in pipeline.values("vitals") if value["kind"] == "tick"]


def test_each_partition_of_vitals_is_told_the_time_up_to_which_all_is_told(kafka: str, prefix: str) -> None:
    pipeline = Pipeline(kafka, prefix)
    produce(kafka, pipeline.source(), records("a"))
    written = time.time()
    with pipeline.worker():
        pipeline.crashes(CRASHES)
        until(lambda: _latest(pipeline) > written - 5, PATIENCE_S, "tick behind the crashes")
    found = [(one.partition, one.key) for one in drain(kafka, f"{prefix}vitals") if not one.key]
    assert set(found) == {(number, b"") for number in range(PARTITIONS)}


def test_a_worker_that_leaves_in_order_says_so_to_each_partition(kafka: str, prefix: str) -> None:
    pipeline = Pipeline(kafka, prefix)
    produce(kafka, pipeline.source(), records("a"))
    with pipeline.worker():
        until(lambda: ticks(pipeline), PATIENCE_S, "tick")
    assert [one.get("leaves") for one in ticks(pipeline)].count(True) == PARTITIONS
    assert ticks(pipeline)[-1]["leaves"]


def _latest(pipeline: Pipeline) -> float:
    return max((seconds_of(one["watermark"]) for one in ticks(pipeline)), default=0)


def test_time_is_that_of_the_brokers_where_the_clock_of_a_worker_is_an_hour_ahead(
    kafka: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = Pipeline(kafka, prefix)
    pipeline.source()  # empty: nobody writes there: only the clock lets its time go on
    produce(kafka, pipeline.source("logs.b"), records("a"))
    ahead = SimpleNamespace(time_ns=lambda: time.time_ns() + HOUR * SECOND_NS, monotonic=time.monotonic)
    monkeypatch.setattr(ticks_of_detect, "time", ahead)
    monkeypatch.setattr(ticks_of_detect, "SILENT_S", 1.0)
    with pipeline.worker():
        until(lambda: len(ticks(pipeline)) > 8 * PARTITIONS, PATIENCE_S, "ticks")
    last = ticks(pipeline)[-1]
    assert seconds_of(last["watermark"]) <= seconds_of(last["time"]) <= time.time() + 1
    assert last["lag_s"] <= 30


def test_a_worker_without_partitions_sends_none(kafka: str, prefix: str) -> None:
    pipeline = Pipeline(kafka, prefix)
    with pipeline.worker() as loop:
        until(lambda: time.monotonic() - loop._ticks._sent < 0.5, PATIENCE_S, "turn")
        time.sleep(2.5)
    assert ticks(pipeline) == []


def test_what_is_sent_beside_holds_nothing_up_and_does_not_pile_up() -> None:
    (port,) = free_ports(1)
    nowhere = KafkaSettings.model_validate({"bootstrap_servers": f"127.0.0.1:{port}"})
    outbox = Outbox(producer(nowhere), lambda _: None)
    for _ in range(3):
        outbox.send_beside([Outgoing("vitals", b"", b"{}", partition=0)] * 2)
    assert (outbox.is_empty(), outbox._beside) == (True, 2)
    outbox.purge()
    assert outbox._beside == 0
