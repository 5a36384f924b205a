"""Rows that stand on disk beside Kafka."""

import logging
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from agents.role import FaultError
from pipeline.settings import Settings
from tests.kafka.seen import records, truth
from tests.kafka.topics import create, produce, until
from tests.kafka.tracking import PATIENCE_S, counts, make_topics, settings, working

PARTITIONS, SOME = 2, 150


@pytest.fixture
def chosen(kafka: str, prefix: str, tmp_path: Path) -> Settings:
    """Give the settings of a worker that keeps its rows in a folder, and whose topics are there."""
    made = settings(kafka, prefix, PARTITIONS)
    track = made.track.model_copy(update={"store": "rocksdb://", "data_dir": str(tmp_path)})
    make_topics(made)
    return made.model_copy(update={"track": track})


def work_off(chosen: Settings, first: int) -> None:
    """Let a worker count some more sightings, and tell how many rows it has."""
    kafka, prefix, want = chosen.kafka.bootstrap_servers[0], chosen.topics.prefix, truth(first + SOME)
    produce(kafka, f"{prefix}sightings", records(first, SOME))
    with working(chosen) as track:
        until(lambda: counts(kafka, prefix) == want, PATIENCE_S, "counts of all")
        until(lambda: track.readiness().facts["rows"] == len(want), PATIENCE_S, "word of all rows")


def test_a_worker_counts_on_with_the_rows_on_its_disk(
    chosen: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    work_off(chosen, 0)
    work_off(chosen, SOME)
    read = [line.message for line in caplog.records if line.name == "agents.recovery"]
    assert [line.partition(" in ")[0] for line in read] == ["read 0 changes of fingerprints"] * 2


def test_rows_that_the_disk_lacks_are_read_from_kafka(chosen: Settings, tmp_path: Path) -> None:
    work_off(chosen, 0)
    elsewhere = chosen.track.model_copy(update={"data_dir": str(tmp_path / "other")})
    work_off(chosen.model_copy(update={"track": elsewhere}), SOME)
    work_off(chosen, 2 * SOME)


def test_rows_of_a_changelog_that_is_no_more_are_refused(kafka: str, prefix: str, chosen: Settings) -> None:
    work_off(chosen, 0)
    changelog, admin = f"{prefix}track-fingerprints-changelog", AdminClient({"bootstrap.servers": kafka})
    admin.delete_topics([changelog])[changelog].result(PATIENCE_S)
    until(lambda: changelog not in admin.list_topics(timeout=PATIENCE_S).topics, PATIENCE_S, "end of it")
    create(kafka, changelog, PARTITIONS, {"cleanup.policy": "compact"})
    with pytest.raises(FaultError, match="one that was there before: empty that folder"), working(chosen):
        pass
