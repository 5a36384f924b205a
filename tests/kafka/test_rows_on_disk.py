"""Rows that stand on disk beside Kafka."""

import logging
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from agents.app import create_app
from agents.metrics import Metrics
from agents.role import FaultError
from agents.table_app import TableApp
from agents.tables import Rule, named, table_agent
from pipeline._native import add_streams
from pipeline.fingerprint_row import Row, counted
from pipeline.settings import Settings
from pipeline.sighting import Sighting, read_sighting
from pipeline.step import Arrival, Effect
from tests.kafka.seen import FINGERPRINTS, records, truth
from tests.kafka.topics import create, produce, until
from tests.kafka.tracking import PATIENCE_S, counts, make_topics, settings, working

PARTITIONS, SOME = 2, 150


DISK, MEMORY = "rocksdb://", "memory://"


def placed(made: Settings, store: str, folder: Path) -> Settings:
    """Return the settings of a worker that keeps its rows there."""
    track = made.track.model_copy(update={"store": store, "data_dir": str(folder)})
    return made.model_copy(update={"track": track})


@pytest.fixture
def chosen(kafka: str, prefix: str, tmp_path: Path) -> Settings:
    """Give the settings of a worker that keeps its rows in a folder, and whose topics are there."""
    made = settings(kafka, prefix, PARTITIONS)
    make_topics(made)
    return placed(made, DISK, tmp_path)


def work_off(chosen: Settings, first: int) -> None:
    """Let a worker count some more sightings, and tell how many rows it has."""
    kafka, prefix, want = chosen.kafka.bootstrap_servers[0], chosen.topics.prefix, truth(first + SOME)
    produce(kafka, f"{prefix}sightings", records(first, SOME))
    with working(chosen) as track:
        until(lambda: counts(kafka, prefix) == want, PATIENCE_S, "counts of all")
        held = track._metrics.table_rows.labels("fingerprints")._value
        until(lambda: held.get() == len(want), PATIENCE_S, "word of all rows")


def test_a_worker_counts_on_with_the_rows_on_its_disk(
    chosen: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    work_off(chosen, 0)
    work_off(chosen, SOME)
    read = [line.message for line in caplog.records if "changes of fingerprints" in line.message]
    assert [line.partition(" in ")[0] for line in read] == ["read 0 changes of fingerprints"] * 2


def test_rows_that_the_disk_lacks_are_read_from_kafka(chosen: Settings, tmp_path: Path) -> None:
    work_off(chosen, 0)
    work_off(placed(chosen, DISK, tmp_path / "other"), SOME)
    work_off(chosen, 2 * SOME)


def with_short_lives(chosen: Settings, metrics: Metrics) -> TableApp:
    """Make an app in which a row is no more when it is seen for the second time."""
    app = create_app(chosen, metrics)
    app.agents.clear()

    def step(row: Row | None, seen: Sighting, arrival: Arrival) -> tuple[Row | None, list[Effect]]:
        made = counted(row, seen, arrival.time, add_streams)
        return (None if row else made), []

    rule = Rule(read_sighting, named("fingerprint"), step)
    table_agent(app, "sightings", app.rows["fingerprints"], rule)
    return app


def leave(chosen: Settings, first: int, left: int) -> None:
    """Let a worker with short lives take some more sightings, and have so many rows then."""
    kafka, prefix = chosen.kafka.bootstrap_servers[0], chosen.topics.prefix
    produce(kafka, f"{prefix}sightings", records(first, SOME))
    with working(chosen, with_short_lives) as track:
        until(lambda: track.readiness().facts["rows"] == left, PATIENCE_S, f"{left} rows")
        until(lambda: len(counts(kafka, prefix)) == left, PATIENCE_S, f"{left} rows in Kafka")


@pytest.mark.parametrize("store", [DISK, MEMORY])
def test_a_row_that_is_no_more_is_gone_from_kafka_and_the_shelf_whoever_reads_it_back(
    chosen: Settings, store: str, tmp_path: Path
) -> None:
    chosen = placed(chosen, store, tmp_path)
    for first, left in ((0, SOME), (FINGERPRINTS, 0), (2 * FINGERPRINTS, SOME)):
        leave(chosen, first, left)
    with working(placed(chosen, store, tmp_path / "other"), with_short_lives) as track:
        assert track.readiness().facts["rows"] == SOME


def test_rows_of_a_changelog_that_is_no_more_are_refused(kafka: str, prefix: str, chosen: Settings) -> None:
    work_off(chosen, 0)
    changelog, admin = f"{prefix}track-fingerprints-changelog", AdminClient({"bootstrap.servers": kafka})
    admin.delete_topics([changelog])[changelog].result(PATIENCE_S)
    until(lambda: changelog not in admin.list_topics(timeout=PATIENCE_S).topics, PATIENCE_S, "end of it")
    create(kafka, changelog, PARTITIONS, {"cleanup.policy": "compact"})
    with pytest.raises(FaultError, match="one that was there before: empty that folder"), working(chosen):
        pass
