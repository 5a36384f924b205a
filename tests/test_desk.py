"""A channel's desk: whose turn it is, what is summed up, what a day and a clock allow."""

import time

import pytest

from pipeline.wanted import Notification
from tests.desks import Office, played
from tests.notified import alert, notification


def group(name: str, status: str = "firing", seq: int = 1, **others: str) -> Notification:
    """Return what tells the channel of an alert, in a group of its own."""
    record = alert(name, int(time.time()), seq, status, **others)
    return notification(record).model_copy(update={"group_key": name, "group_interval_s": 0.0})


def over(told: Notification) -> Notification:
    """Return the end of it."""
    record = told.alerts[0] | {"status": "resolved", "seq": 2}
    return told.model_copy(update={"alerts": [record], "status": "resolved"})


def test_a_digest_that_was_not_told_before_a_restart_counts_what_is_over_by_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def play() -> Office:
        monkeypatch.setattr("pipeline.digests.GATHER_S", 60.0)
        office = Office()
        told = [group(f"a{number}", severity="warning") for number in range(10)]
        for one in [*told, *map(over, told)]:
            office.take(one, time.time())
            await office.work()
        monkeypatch.setattr("pipeline.digests.GATHER_S", 0.0)
        office.restart()
        await office.work()
        office.restart()
        await office.work()
        return office

    office = played(play)
    told = [one.value or {} for one in office.caused if one.topic == "deliveries"]
    sums = [one for one in told if one["group_key"] == "digest" and one["state"] == "delivered"]
    assert [one["action"] for one in sums] == ["note"]
    assert sums[0]["episode"].endswith("-7")
