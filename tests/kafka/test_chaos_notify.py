"""NOTIFY under kills, on a small scale; `make chaos-notify` is the large one."""

from pathlib import Path

from tests.chaos.notify import Scale, notified


def test_kills_lose_nothing_and_each_repeat_says_so(kafka: str, prefix: str, tmp_path: Path) -> None:
    found = notified(kafka, prefix, Scale(states=48, groups=3, kills=4), tmp_path)
    assert [clause for clause in found if not clause.ok] == []
