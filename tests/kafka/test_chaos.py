"""Nothing is lost or told twice when workers and brokers die: some of what `make chaos` does for long."""

from pathlib import Path

from tests.chaos.run import run


def test_kills_lose_nothing_and_repeat_nothing(tmp_path: Path) -> None:
    found = run(kills=4, seconds=240, seed=1, folder=tmp_path)
    assert [clause for clause in found if not clause.ok] == []
