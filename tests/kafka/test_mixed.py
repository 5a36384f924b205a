"""Crashes among many containers are told once and whole while workers come and go."""

from pathlib import Path

from tests.chaos.mixed import Mix, mixed


def test_each_crash_is_told_once_as_scan_tells_it(kafka: str, prefix: str, tmp_path: Path) -> None:
    found = mixed(kafka, prefix, Mix(lines=40_000, every=400, rate=2_000), tmp_path)
    assert [clause for clause in found if not clause.ok] == []
