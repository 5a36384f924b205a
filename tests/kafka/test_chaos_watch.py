"""Alerts under kills, on a small scale; `make chaos-watch` is the large one."""

from pathlib import Path

from tests.chaos.alerts import watching
from tests.chaos.killing import Kills


def test_kills_lose_no_alert_and_begin_no_episode_anew(kafka: str, prefix: str, tmp_path: Path) -> None:
    found = watching(kafka, prefix, Kills(track=2, detect=1, both=1), tmp_path)
    assert [clause for clause in found if not clause.ok] == []
