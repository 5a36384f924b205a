"""DETECT on real Kafka: each crash is told once, whatever happens to workers, topics and offsets."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from prometheus_client import CollectorRegistry

from agents import clients, sources
from agents.detect import Detect, Loop
from agents.metrics import Metrics
from agents.role import FaultError
from agents.telling import Step
from pipeline.marks import Mark, State, Takeover
from tests.kafka.detecting import PATIENCE_S, Pipeline, turn_until, turned_until
from tests.kafka.topics import create, drain, produce, until

LOGS = Path(__file__).parents[2] / "demo/logs"
CRASHES = 2  # in worker.log
LINES = (LOGS / "worker.log").read_text().splitlines()


def records(*containers: str, lines: list[str] = LINES) -> list[tuple[bytes, bytes]]:
    """Let each container write the lines, in turns."""
    return [(each.encode(), record(each, line)) for line in lines for each in containers]


def record(container: str, line: str) -> bytes:
    kubernetes = {"pod_name": f"cart-{container}", "container_name": "cart", "docker_id": container * 64}
    time = "2026-11-21T00:20:45.120249605Z"
    return orjson.dumps({"log": f"{line}\n", "stream": "stderr", "time": time, "kubernetes": kubernetes})


def told(pipeline: Pipeline) -> Counter[str]:
    """Return how often each crash stands in `panics`."""
    return Counter(crash["id"] for crash in pipeline.values("panics"))


def speakers(pipeline: Pipeline) -> set[str]:
    """Return the containers whose crashes stand in `panics`."""
    return {crash["stream_id"][0] for crash in pipeline.values("panics")}


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


def counted(pipeline: Pipeline) -> tuple[int, int]:
    """Return the crashes that sightings and vitals count, each block once."""
    sightings = {_block(each, each["fingerprint"]): each["count"] for each in pipeline.values("sightings")}
    vitals = {
        _block(each, each["service_name"]): sum(second["crashes"] for second in each["seconds"])
        for each in pipeline.values("vitals")
        if each["source_topic"]
    }
    return sum(sightings.values()), sum(vitals.values())


def _block(value: dict[str, Any], of: str) -> tuple[Any, ...]:
    place = value["source_topic_id"], value["source_partition"]
    return (*place, value["through_offset"], value["step"], of)


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
