"""Kafka's jars are fetched once, whole or not at all; a program that plays Maven stands in for it."""

from pathlib import Path

import pytest

from tests.kafka.errors import NoKafkaError
from tests.kafka.jars import cache, jars

READS = 'for word; do case "$word" in -DoutputDirectory=*) folder="${word#*=}";; esac; done'
FETCHES = f'{READS}; mkdir "$folder"; echo once >> "$folder/kafka.jar"'
FAILS = f'{READS}; mkdir "$folder"; echo "[INFO] tries"; echo "[ERROR] no route to host"; exit 1'


@pytest.fixture(autouse=True)
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return tmp_path / "caches" / "panicstream"


def play(folder: Path, maven: str) -> None:
    (folder / "mvn").write_text(f"#!/bin/sh\n{maven}\n")
    (folder / "mvn").chmod(0o755)


def test_jars_are_fetched_once(tmp_path: Path, caches: Path) -> None:
    play(tmp_path, FETCHES)
    assert jars() == jars()
    assert (jars() / "kafka.jar").read_text() == "once\n"
    assert list(caches.iterdir()) == [cache()]


def test_another_run_that_is_faster_is_fine(tmp_path: Path, caches: Path) -> None:
    play(tmp_path, f'{FETCHES}; mkdir "{cache()}"; echo faster > "{cache()}/kafka.jar"')
    assert (jars() / "kafka.jar").read_text() == "faster\n"
    assert list(caches.iterdir()) == [cache()]


def test_a_fetch_that_fails_says_why_and_leaves_nothing(tmp_path: Path, caches: Path) -> None:
    play(tmp_path, FAILS)
    with pytest.raises(NoKafkaError) as failed:
        jars()
    assert str(failed.value) == "Maven could not fetch Kafka:\n[ERROR] no route to host"
    assert list(caches.iterdir()) == []


def test_without_a_cache_of_its_own_the_home_has_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache().parent == tmp_path / ".cache" / "panicstream"
