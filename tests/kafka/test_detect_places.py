"""DETECT on real Kafka: where reading begins, and where it goes on when records or topics are gone."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from agents import clients, sources
from agents.detect import Loop
from agents.telling import Step
from pipeline.marks import Mark, State, Takeover
from tests.kafka.detecting import (
    CRASHES,
    PATIENCE_S,
    Pipeline,
    records,
    speakers,
    told,
    turn_until,
)
from tests.kafka.topics import create, drain, produce, until


def remake(kafka: str, topic: str) -> None:
    """Delete a topic and make it anew, with no record in it."""
    admin = AdminClient({"bootstrap.servers": kafka})
    admin.delete_topics([topic])[topic].result(PATIENCE_S)
    until(lambda: topic not in admin.list_topics(timeout=PATIENCE_S).topics, PATIENCE_S, "end of the topic")
    create(kafka, topic)


@contextmanager
def fetching_nothing(loop: Loop) -> Iterator[None]:
    """Hold back the fetches of a worker that runs: one from a topic that is empty would be out of range."""
    loop._consumer.pause(loop._consumer.assignment())
    time.sleep(0.5)  # for the one that is under way
    yield
    loop._consumer.resume(loop._consumer.assignment())


def test_the_first_start_is_at_the_end(kafka: str, prefix: str) -> None:
    pipeline = Pipeline(kafka, prefix, start="end")
    source = pipeline.source()
    produce(kafka, source, records("a"))
    with pipeline.worker():
        produce(kafka, source, records("b"))
        crashes = pipeline.crashes(CRASHES)
    assert {crash["stream_id"][0] for crash in crashes} == {"b"}


def test_a_start_that_cannot_be_committed_for_a_partition_is_no_start(
    kafka: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = Pipeline(kafka, prefix)
    source, settings = pipeline.source(), pipeline.settings
    monkeypatch.setattr(
        "agents.sources.matching", lambda *_: {source: [0, 1]}
    )  # as if one went away just then
    monkeypatch.setattr("agents.sources._offsets", lambda *_: [0, 0])
    config = clients.client(settings.kafka)
    with pytest.raises(KafkaException, match="Unknown topic or partition"):
        sources.begin(config, settings.detect_group, settings.detect, sources.TopicIds(config))


def test_a_topic_that_appears_later_is_read_from_its_beginning(kafka: str, prefix: str) -> None:
    pipeline = Pipeline(kafka, prefix, start="end")
    pipeline.source("logs.a")
    with pipeline.worker():
        produce(kafka, pipeline.source("logs.b"), records("b"))
        assert len(pipeline.crashes(CRASHES)) == CRASHES


def test_records_that_are_gone_are_passed_over_with_a_word(
    kafka: str, prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    pipeline = Pipeline(kafka, prefix)
    source = pipeline.source()
    with pipeline.worker():
        produce(kafka, source, records("a"))
        pipeline.crashes(CRASHES)
    produce(kafka, source, records("b"))
    end = len(drain(kafka, source))
    gone, admin = TopicPartition(source, 0, end), AdminClient({"bootstrap.servers": kafka})
    admin.delete_records([gone])[gone].result(PATIENCE_S)
    with pipeline.worker():
        until(lambda: "no offset" in caplog.text, PATIENCE_S, "word about the offset")
        produce(kafka, source, records("c"))
        crashes = pipeline.crashes(2 * CRASHES)
    assert {crash["stream_id"][0] for crash in crashes} == {"a", "c"}


def test_a_new_leader_that_does_not_know_the_end_yet_is_not_believed(kafka: str, prefix: str) -> None:
    pipeline = Pipeline(kafka, prefix)
    source = pipeline.source()
    with pipeline.worker():
        produce(kafka, source, records("a"))
        pipeline.crashes(CRASHES)
    loop = pipeline.loop()
    loop.begin()
    while not loop.partitions:
        loop.turn()
    loop._handover.at_end(loop._consumer, (source, 0), 5)
    produce(kafka, source, records("b"))
    while speakers(pipeline) != {"a", "b"}:
        loop.turn()
    assert set(told(pipeline).values()) == {1}
    loop.abandon()


def test_a_log_that_ends_before_what_was_told_is_read_on_from_its_end(
    kafka: str, prefix: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pipeline = Pipeline(kafka, prefix)
    source = pipeline.source()
    with pipeline.worker():
        produce(kafka, source, records("a"))
        pipeline.crashes(CRASHES)
    further = Takeover(0, State(Mark(1_000_000)))
    monkeypatch.setattr("agents.takeovers.takeover", lambda *_: further)  # as if the rest had been cut off
    with pipeline.worker():
        until(lambda: "was cut" in caplog.text, PATIENCE_S, "word about the end")
        produce(kafka, source, records("b"))
        until(lambda: speakers(pipeline) == {"a", "b"}, PATIENCE_S, "crash of each")
    assert set(told(pipeline).values()) == {1}


def test_where_records_are_gone_while_brokers_are_slow_they_are_waited_for(
    kafka: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.handover.GIVE_AWAY_S", 0.1)
    pipeline = Pipeline(kafka, prefix)
    source = pipeline.source()
    loop = pipeline.loop()
    loop.begin()
    produce(kafka, source, records("a"))
    turn_until(loop, Step.OUTPUTS)
    slow_until, is_empty = time.monotonic() + 1, loop._outbox.is_empty
    monkeypatch.setattr(
        loop._outbox, "is_empty", lambda wait=0: time.monotonic() > slow_until and is_empty(wait)
    )
    loop._handover.restart(loop._consumer, (source, 0))
    assert (loop.step, loop.partitions) == (Step.NOTHING, 1)
    loop.abandon()


def test_a_topic_that_is_made_anew_is_read_from_its_beginning_with_new_ids(kafka: str, prefix: str) -> None:
    pipeline = Pipeline(kafka, prefix)
    source = pipeline.source()
    with pipeline.worker():
        produce(kafka, source, records("a"))
        pipeline.crashes(CRASHES)
    remake(kafka, source)
    produce(kafka, source, records("a"))
    with pipeline.worker():
        until(lambda: len(told(pipeline)) == 2 * CRASHES, PATIENCE_S, "crash with a new id")
    assert set(told(pipeline).values()) == {1}


def test_a_topic_that_is_made_anew_and_refilled_while_it_is_read_is_read_from_its_beginning(
    kafka: str, prefix: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("agents.renewals.PAUSE_S", 0.5)
    pipeline = Pipeline(kafka, prefix)
    source = pipeline.source()
    with pipeline.worker() as loop:
        produce(kafka, source, records("a"))
        pipeline.crashes(CRASHES)
        with fetching_nothing(loop):
            remake(kafka, source)
            produce(kafka, source, [*records("b"), *records("c")])
        until(lambda: speakers(pipeline) == {"a", "b", "c"}, PATIENCE_S, "crash of each")
    assert set(told(pipeline).values()) == {1}
    assert caplog.text.count("was made anew") == 1


def test_after_silence_a_topic_that_was_made_anew_and_has_no_commit_is_no_fault(
    kafka: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.renewals.PAUSE_S", 2 * PATIENCE_S)  # it is not noticed yet
    pipeline = Pipeline(kafka, prefix)
    source = pipeline.source()
    with pipeline.worker() as loop:
        produce(kafka, source, records("a"))
        pipeline.crashes(CRASHES)
        with fetching_nothing(loop):
            remake(kafka, source)
            produce(kafka, source, [*records("a"), *records("b")])
            loop._telling._member_since -= 60  # as if it had been silent for a minute
        until(lambda: speakers(pipeline) == {"a", "b"}, PATIENCE_S, "crash of each")
