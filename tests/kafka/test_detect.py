"""DETECT on real Kafka: each crash is told once, whatever happens to workers."""

import asyncio
import threading
from itertools import pairwise

import pytest
from confluent_kafka import TopicPartition
from prometheus_client import CollectorRegistry

from agents.detect import Detect, Loop
from agents.metrics import Metrics
from agents.role import FaultError
from agents.telling import Step
from tests.kafka.detecting import (
    CRASHES,
    LINES,
    PATIENCE_S,
    Pipeline,
    counted,
    records,
    told,
    turn_until,
    turned_until,
)
from tests.kafka.topics import drain, produce, until


def test_crashes_of_containers_that_share_a_partition_are_told_whole(kafka: str, prefix: str) -> None:
    pipeline = Pipeline(kafka, prefix)
    produce(kafka, pipeline.source(), records("a", "b", "c"))
    with pipeline.worker():
        crashes = pipeline.crashes(3 * CRASHES)
    assert [crash["damage"] for crash in crashes] == [[]] * 3 * CRASHES
    assert {crash["stream_id"][0] for crash in crashes} == {"a", "b", "c"}


def test_sightings_and_vitals_count_what_stands_in_panics(kafka: str, prefix: str) -> None:
    pipeline = Pipeline(kafka, prefix)
    produce(kafka, pipeline.source(), records("a", "b"))
    with pipeline.worker():
        pipeline.crashes(2 * CRASHES)
    assert counted(pipeline) == (2 * CRASHES, 2 * CRASHES)


def test_a_crash_is_told_without_a_record_after_it(kafka: str, prefix: str) -> None:
    pipeline = Pipeline(kafka, prefix)
    source = pipeline.source()
    with pipeline.worker():
        produce(kafka, source, records("a"))
        assert len(pipeline.crashes(CRASHES)) == CRASHES


@pytest.mark.parametrize("step", [Step.CHECKPOINTS, Step.OUTPUTS, Step.COMMIT])
@pytest.mark.parametrize("blocks", [[45], [60], [80], [45, 60], [60, 80]])
def test_a_worker_that_dies_at_any_step_loses_and_repeats_nothing(
    kafka: str, prefix: str, step: Step, blocks: list[int]
) -> None:
    pipeline = Pipeline(kafka, prefix)
    source = pipeline.source()
    dying = pipeline.loop()
    dying.begin()
    for begin, end in pairwise([0, *blocks]):
        produce(kafka, source, records("a", "b", lines=LINES[begin:end]))
        turn_until(dying, step)
    dying.abandon()
    produce(kafka, source, records("a", "b", lines=LINES[blocks[-1] :]))
    with pipeline.worker():
        until(lambda: len(told(pipeline)) == 2 * CRASHES, PATIENCE_S, "crash of each")
    assert set(told(pipeline).values()) == {1}
    assert counted(pipeline) == (2 * CRASHES, 2 * CRASHES)


def test_a_half_told_block_that_changes_hands_twice_is_told_once(
    kafka: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.takeovers.CLOCKS_MS", 0)  # as if what is in panics were older than that
    pipeline = Pipeline(kafka, prefix)
    source = pipeline.source()
    first = pipeline.loop()
    first.begin()
    produce(kafka, source, records("a", "b", lines=LINES[:80]))
    turn_until(first, Step.COMMIT)
    first.abandon()
    second = pipeline.loop()
    second.begin()
    while not second.partitions:
        second.turn()
    second.abandon()
    produce(kafka, source, records("a", "b", lines=LINES[80:]))
    with pipeline.worker():
        until(lambda: len(told(pipeline)) == 2 * CRASHES, PATIENCE_S, "crash of each")
    assert set(told(pipeline).values()) == {1}


def test_workers_that_take_turns_in_the_middle_of_traces_tell_each_crash_once(
    kafka: str, prefix: str
) -> None:
    pipeline = Pipeline(kafka, prefix)
    source = pipeline.source(partitions=2)
    containers = "abcdef"
    for begin in range(0, len(LINES), 30):
        with pipeline.worker():
            produce(kafka, source, records(*containers, lines=LINES[begin : begin + 30]))
    with pipeline.worker():
        until(lambda: len(told(pipeline)) == 6 * CRASHES, PATIENCE_S, "crash of each")
    assert set(told(pipeline).values()) == {1}
    assert counted(pipeline) == (6 * CRASHES, 6 * CRASHES)


def test_the_late_answer_to_an_earlier_commit_is_not_taken_for_that_to_the_last(
    kafka: str, prefix: str
) -> None:
    pipeline = Pipeline(kafka, prefix)
    produce(kafka, pipeline.source(), records("a"))
    loop = pipeline.loop()
    loop.begin()
    turn_until(loop, Step.COMMIT)
    earlier = loop._telling._offered
    turn_until(loop, Step.COMMIT)
    loop._telling.committed(None, earlier)
    assert not loop._telling.go_on()
    loop._telling.committed(None, loop._telling._offered)
    assert loop._telling.go_on()
    loop.abandon()


def test_a_fault_is_raised_before_the_group_is_left(
    kafka: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = Pipeline(kafka, prefix)
    steps, raised, leaves = list[str](), threading.Event(), Loop.abandon

    def fails(_: Loop) -> None:
        raise FaultError("of a test")

    def slowly_leaves(loop: Loop) -> None:
        raised.wait(5)
        steps.append("left")
        leaves(loop)

    async def runs() -> None:
        try:
            await Detect(pipeline.settings, Metrics(CollectorRegistry())).run()
        except FaultError:
            steps.append("raised")
            raised.set()

    monkeypatch.setattr(Detect, "_begun", lambda _: pipeline.loop())
    monkeypatch.setattr(Loop, "turn", fails)
    monkeypatch.setattr(Loop, "abandon", slowly_leaves)
    asyncio.run(runs())
    assert steps == ["raised", "left"]


def test_a_record_without_a_line_is_a_dead_letter_with_its_coordinates(kafka: str, prefix: str) -> None:
    pipeline = Pipeline(kafka, prefix)
    source = pipeline.source()
    produce(kafka, source, [(b"key", b'{"log":"cut')])
    with pipeline.worker():
        (letter,) = until(lambda: drain(kafka, f"{prefix}deadletters"), PATIENCE_S, "dead letter")
    headers = dict(letter.headers)
    assert (letter.key, letter.value) == (b"key", b'{"log":"cut')
    assert (headers["panicstream.reason"], headers["panicstream.source_offset"]) == (b"cut_json", b"0")


@pytest.mark.parametrize("step", [Step.OUTPUTS, Step.COMMIT])
def test_a_dead_letter_is_written_once_whenever_a_worker_dies(kafka: str, prefix: str, step: Step) -> None:
    pipeline = Pipeline(kafka, prefix)
    source = pipeline.source()
    produce(kafka, source, [(b"key", b'{"log":"cut')])
    dying = pipeline.loop()
    dying.begin()
    turn_until(dying, step)
    until(dying._outbox.is_empty, PATIENCE_S, "acknowledgement")
    dying.abandon()
    produce(kafka, source, [(b"key", b'{"log":"cut, too')])
    with pipeline.worker():
        until(lambda: len(drain(kafka, f"{prefix}deadletters")) > 1, PATIENCE_S, "dead letter")
    letters = drain(kafka, f"{prefix}deadletters")
    assert {dict(each.headers)["panicstream.source_offset"] for each in letters} == {b"0", b"1"}
    assert len(letters) == 2


def test_reading_pauses_while_output_waits_and_nothing_is_lost(
    kafka: str, prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    pipeline = Pipeline(kafka, prefix, unsent_bytes=1)
    produce(kafka, pipeline.source(), records("a", "b"))
    with pipeline.worker():
        assert len(pipeline.crashes(2 * CRASHES)) == 2 * CRASHES
    assert "reading pauses" in caplog.text


def test_a_partition_that_was_lost_while_reading_paused_is_read_when_it_comes_back(
    kafka: str, prefix: str
) -> None:
    pipeline = Pipeline(kafka, prefix)
    source, loop = pipeline.source(), pipeline.loop()
    loop.begin()
    turned_until(loop, lambda: loop.partitions, "assignment")
    consumer, partitions = loop._consumer, [TopicPartition(source, 0)]
    consumer.pause(partitions)
    loop._handover.lost(consumer, partitions)
    consumer.incremental_unassign(partitions)
    loop._handover.assigned(consumer, partitions)
    produce(kafka, source, records("a"))
    turned_until(loop, lambda: len(pipeline.values("panics")) == CRASHES, "crash")
    loop.abandon()
