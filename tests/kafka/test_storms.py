"""A storm of alerts on a small scale; `python -m tests.chaos --only storms` is the large one."""

from pathlib import Path

from tests.chaos.storms import Storm, storms


def test_many_alerts_come_in_few_messages_and_all_are_counted(
    kafka: str, prefix: str, tmp_path: Path
) -> None:
    found = storms(kafka, prefix, Storm(alerts=400, seconds=5), tmp_path)
    assert [clause for clause in found if not clause.ok] == []
