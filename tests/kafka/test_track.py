"""TRACK on a real broker, one worker beside the test."""

import logging
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from agents import embedded, topics
from agents.app import create_app
from agents.embedded import embedded_broker
from agents.metrics import Metrics
from agents.role import FaultError, MisfitError
from agents.table_app import FETCH_WAIT_MS, TableApp
from agents.tables import LAST, Rule, named, table_agent
from pipeline._native import add_streams
from pipeline.fingerprint_row import counted as counted_row
from pipeline.row import Row
from pipeline.settings import Settings
from pipeline.sighting import Sighting, read_sighting
from pipeline.step import Arrival, Effect
from tests.kafka.cluster import Cluster
from tests.kafka.seen import fingerprint_of, record, records, sighting, truth
from tests.kafka.topics import Record, create, drain, produce, until
from tests.kafka.tracking import PATIENCE_S, counts, make_topics, rows, settings, working

PARTITIONS = 2
Value = dict[str, Any] | None


@pytest.fixture
def chosen(kafka: str, prefix: str) -> Settings:
    """Give the settings of a worker whose topics are there."""
    made = settings(kafka, prefix, PARTITIONS)
    make_topics(made)
    return made


@pytest.fixture
def send(kafka: str, prefix: str) -> Callable[..., None]:
    """Give what sends sightings."""
    return lambda *values: produce(kafka, f"{prefix}sightings", [record(value) for value in values])


@pytest.fixture
def counted(kafka: str, prefix: str) -> Callable[[Counter[str]], None]:
    """Give what waits for counts, by fingerprint."""

    def wait(expected: Counter[str]) -> None:
        what = f"counts of {expected.total()} sightings"
        until(lambda: counts(kafka, prefix) == expected, PATIENCE_S, what)

    return wait


def test_rows_count_what_sightings_tell(
    kafka: str, prefix: str, chosen: Settings, send: Callable[..., None], counted: Callable[..., None]
) -> None:
    send(*(sighting(number) for number in range(300)))
    with working(chosen):
        counted(truth(300))
    assert rows(kafka, prefix)[fingerprint_of(0)]["services"] == [["shop", "cart", "live", 2]]


def test_a_block_that_comes_again_counts_once(
    chosen: Settings, send: Callable[..., None], counted: Callable[..., None]
) -> None:
    first, second = sighting(0), sighting(200)
    assert first["fingerprint"] == second["fingerprint"]
    send(first, second, first, second, sighting(1))
    with working(chosen) as track:
        counted(Counter({fingerprint_of(0): 2, fingerprint_of(1): 1}))
        known = track._metrics.known.labels("fingerprints")._value
        until(lambda: known.get() == 2, PATIENCE_S, "word of two blocks that were known")


def test_a_worker_goes_on_where_the_one_before_it_was(
    chosen: Settings, send: Callable[..., None], counted: Callable[..., None]
) -> None:
    for first in (0, 50, 100):
        send(*(sighting(number) for number in range(first, first + 50)))
        with working(chosen):
            counted(truth(first + 50))


def test_a_record_that_cannot_be_read_is_a_dead_letter_as_it_was_and_the_others_count(
    kafka: str, prefix: str, chosen: Settings, send: Callable[..., None], counted: Callable[..., None]
) -> None:
    headers: list[tuple[str, str | bytes | None]] = [("shipper", b"\xff\x00"), ("shipper", b"twice")]
    bad: list[bytes | None] = [b"{", None, orjson.dumps(sighting(0, schema_version=2))]
    send(sighting(0))
    producer = Producer({"bootstrap.servers": kafka})
    for value in bad:
        producer.produce(f"{prefix}sightings", value, b"key", 0, headers=headers)
    assert producer.flush(PATIENCE_S) == 0
    send(sighting(1))
    with working(chosen):
        counted(Counter({fingerprint_of(0): 1, fingerprint_of(1): 1}))
        letters = until(lambda: _all(kafka, f"{prefix}deadletters", 3), PATIENCE_S, "3 dead letters")
    assert [letter.value for letter in letters] == bad
    assert {letter.key for letter in letters} == {b"key"}
    own = dict(letters[0].headers[2:])
    assert letters[0].headers[:2] == headers
    assert list(own) == [
        f"panicstream.{name}"
        for name in ("reason", "detail", "source_topic", "source_partition", "source_offset", "time")
    ]
    assert own["panicstream.reason"] == b"unreadable"
    assert (own["panicstream.source_topic"], own["panicstream.source_partition"]) == (
        f"{prefix}sightings".encode(),
        b"0",
    )


def _all(kafka: str, topic: str, number: int) -> list[Record]:
    """Return all records in order as soon as there are so many."""
    found = drain(kafka, topic)
    return found if len(found) >= number else []


def test_where_most_records_cannot_be_read_the_worker_stops(
    kafka: str, prefix: str, chosen: Settings
) -> None:
    produce(kafka, f"{prefix}sightings", [(b"key", b"{")] * LAST)
    with (
        pytest.raises(
            FaultError, match=f"most of the last {LAST} records of {prefix}sightings cannot be used"
        ),
        working(chosen) as track,
    ):
        until(lambda: track._loop and track._loop.is_closed(), PATIENCE_S, "end of the worker")


def test_what_was_deleted_before_it_was_read_is_told_and_is_no_hole(
    kafka: str,
    prefix: str,
    chosen: Settings,
    counted: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Once where nothing was committed yet, once behind a commit."""
    topic, admin = f"{prefix}sightings", AdminClient({"bootstrap.servers": kafka})

    def sent_and_deleted(first: int, kept_from: int) -> None:
        produce(kafka, topic, records(first, 10), partition=0)
        admin.delete_records([TopicPartition(topic, 0, kept_from)])[TopicPartition(topic, 0)].result(
            PATIENCE_S
        )

    sent_and_deleted(0, 4)
    with working(chosen):
        counted(truth(10) - truth(4))
    sent_and_deleted(10, 13)
    with working(chosen):
        counted(truth(20) - truth(13) + truth(10) - truth(4))
    assert [line.message for line in caplog.records if "deleted" in line.message] == [
        f"{topic}/0: offsets 10 to 12 were deleted before they were read; its retention is too short"
    ]


def test_a_row_that_a_worker_wrote_too_late_does_not_replace_a_newer_one(
    kafka: str, prefix: str, chosen: Settings, send: Callable[..., None], counted: Callable[..., None]
) -> None:
    changelog = f"{prefix}track-fingerprints-changelog"
    send(sighting(0))
    with working(chosen):
        counted(truth(1))
    late = drain(kafka, changelog)[0]
    send(sighting(200))
    with working(chosen):
        counted(Counter({fingerprint_of(0): 2}))
    produce(kafka, changelog, [(late.key, late.value)], late.partition)
    assert counts(kafka, prefix) == {fingerprint_of(0): 1}
    send(sighting(400))
    with working(chosen):
        counted(Counter({fingerprint_of(0): 3}))


def with_step(step: Callable[..., tuple[dict[str, Any], list[Effect]]]) -> Callable[..., TableApp]:
    """Return what makes an app whose table has another step."""

    def make(chosen: Settings, metrics: Metrics) -> TableApp:
        app = create_app(chosen, metrics)
        app.agents.clear()
        rule = Rule(read_sighting, named("fingerprint"), step)
        table_agent(app, "sightings", app.rows["fingerprints"], rule)
        return app

    return make


def test_effects_are_written_each_to_the_partition_of_its_key(
    kafka: str, prefix: str, chosen: Settings, send: Callable[..., None], counted: Callable[..., None]
) -> None:
    def step(row: Value, seen: Sighting, at: Arrival) -> tuple[dict[str, Any], list[Effect]]:
        made = counted_row(row, seen, at.time, add_streams)
        return made, [Effect("panics", seen.shard, {"total": made["crashes_total"]})]

    send(*(sighting(number) for number in range(400)))
    with working(chosen, with_step(step)):
        counted(truth(400))
    told = drain(kafka, f"{prefix}panics")
    places = {each.key: each.partition for each in drain(kafka, f"{prefix}sightings")}
    assert Counter(each.value for each in told) == {b'{"total":1}': 200, b'{"total":2}': 200}
    assert {each.key: each.partition for each in told} == places


def test_a_fault_in_a_step_stops_the_worker_and_passes_nothing_over(
    chosen: Settings, send: Callable[..., None], counted: Callable[..., None]
) -> None:
    def step(row: Value, seen: Sighting, at: Arrival) -> tuple[dict[str, Any], list[Effect]]:
        if seen.sample_id == sighting(30)["sample_id"]:
            raise TypeError("ours")
        return counted_row(row, seen, at.time, add_streams), []

    send(*(sighting(number) for number in range(100)))
    with pytest.raises(TypeError, match="ours"), working(chosen, with_step(step)) as track:
        until(lambda: track._loop and track._loop.is_closed(), PATIENCE_S, "end of the worker")
    with working(chosen):
        counted(truth(100))


def test_two_workers_hold_each_row_once(
    kafka: str, prefix: str, chosen: Settings, send: Callable[..., None], counted: Callable[..., None]
) -> None:
    """Rows leave a worker with their partitions: those that it made, and those that it recovered."""
    send(*(sighting(number) for number in range(200)))
    with working(chosen) as first:
        counted(truth(200))
        with working(chosen) as second:
            until(lambda: first.readiness().facts.get("partitions") == 1, PATIENCE_S, "shared partitions")
            until(lambda: not first.readiness().in_the_way, PATIENCE_S, "first worker that is ready")
            held = [_held(first), _held(second)]
        assert sorted(held[0] + held[1]) == sorted(rows(kafka, prefix))
        assert min(len(keys) for keys in held) > 0


def _held(track: Any) -> list[str]:
    app = track._view.app
    held = app.rows["fingerprints"].shelf.rows(app.cluster.partitions).values()
    return [Row.read(orjson.loads(row)).value["fingerprint"] for rows in held for row in rows]


def test_topics_that_do_not_fit_are_refused(kafka: str, prefix: str) -> None:
    made = settings(kafka, prefix, PARTITIONS)
    create(kafka, f"{prefix}sightings", PARTITIONS + 1)
    make_topics(made)
    with pytest.raises(MisfitError, match=f"{prefix}sightings: it has 3 partitions"), working(made):
        pass


def test_the_embedded_broker_keeps_tables_too() -> None:
    with embedded_broker() as server:
        chosen = settings(server, "", embedded.PARTITIONS)
        asking = Producer({"bootstrap.servers": server})
        for topic in topics.wanted(chosen):
            asking.list_topics(topic.name)  # it is there from then on
        for end in (500, 1000):
            produce(server, "sightings", records(end - 500, 500))
            with working(chosen):
                until(partial(_are_counted, server, truth(end)), PATIENCE_S, "counts of all")


def _are_counted(bootstrap: str, expected: Counter[str]) -> bool:
    return counts(bootstrap, "") == expected


def test_a_broker_that_goes_away_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with Cluster.start() as cluster:
        chosen = settings(cluster.bootstrap, "outage.", PARTITIONS)
        make_topics(chosen)
        with working(chosen) as track:
            produce(cluster.bootstrap, "outage.sightings", records(0, 20_000))
            cluster.kill(1)
            until(lambda: "no broker can be reached" in caplog.text, PATIENCE_S, "word about the brokers")
            assert "no broker can be reached" in track.readiness().in_the_way
            cluster.start_broker(1)
            produce(cluster.bootstrap, "outage.sightings", records(20_000, 1_000))
            until(lambda: "reached again" in caplog.text, PATIENCE_S, "word that they are back")
            until(lambda: counts(cluster.bootstrap, "outage.") == truth(21_000), PATIENCE_S, "counts of all")
    assert caplog.text.count("no broker can be reached") == 1


def test_what_comes_does_not_wait_for_partitions_that_have_nothing(chosen: Settings) -> None:
    apps: list[TableApp] = []

    def make(settings: Settings, metrics: Metrics) -> TableApp:
        apps.append(create_app(settings, metrics))
        return apps[0]

    with working(chosen, make):
        assert apps[0]._client._fetcher._fetch_max_wait_ms == FETCH_WAIT_MS
