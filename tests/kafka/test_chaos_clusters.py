"""Clusters under kills, on a small scale; `make chaos-clusters` is the large one."""

from pathlib import Path

from tests.chaos.clusters import clusters
from tests.chaos.killing import Kills


def test_kills_lose_and_repeat_nothing_of_clusters(kafka: str, prefix: str, tmp_path: Path) -> None:
    found = clusters(kafka, prefix, Kills(track=1, detect=1, both=1), tmp_path)
    assert [clause for clause in found if not clause.ok] == []
