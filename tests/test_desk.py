"""A channel's desk: whose turn it is, what is summed up, what a day and a clock allow."""

import asyncio
import time
from pathlib import Path

import pytest

from pipeline.channels import read_channel
from pipeline.channels.answer import Answer
from pipeline.wanted import Notification
from tests.desks import Office, played
from tests.notified import alert, notification
from tests.tellings import settings


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


TAKEN_SMS = Answer(200, body=b'{"Code":"OK","BizId":"1","RequestId":"2"}')


def test_what_need_not_be_told_does_not_wait_for_the_next_day_and_the_rest_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def play() -> list[list[str]]:
        office = Office(settings("aliyun_sms", per_day=1), TAKEN_SMS)
        office.take(group("a"), time.time())
        await office.work()
        past = group("c")
        for one in (group("b"), past, over(past)):
            office.take(one, time.time())
        await office.work()
        seen = [list(office.states)]
        office.restart()
        await office.work()
        seen.append(list(office.states))
        tomorrow = time.time() + 86_401
        monkeypatch.setattr("time.time", lambda: tomorrow)
        await office.work()
        return [*seen, office.states]

    before = ["delivered", "dropped"]
    assert played(play) == [before, before, [*before, "delivered"]]


def test_a_channel_that_refused_us_is_tried_again_when_a_file_of_secrets_changes(tmp_path: Path) -> None:
    url = tmp_path / "url"

    async def play() -> list[list[str]]:
        url.write_text("http://127.0.0.1:1/old")
        office = Office(read_channel({"type": "webhook", "url_file": str(url)}), Answer(403))
        office.take(group("a"), time.time())
        await office.work()
        await office.desk.knock()
        await office.work()
        seen = [list(office.states)]
        url.write_text("http://127.0.0.1:1/new")
        office.answer = Answer(200)
        await office.desk.knock()
        await asyncio.sleep(1.1)  # so long the next try waits at most
        await office.work()
        return [*seen, office.states]

    assert played(play) == [["disabled"], ["disabled", "delivered"]]


@pytest.mark.parametrize(
    ("answers", "raised"),
    [
        ([400], []),
        ([400, 200, 400, 200, 400], []),
        ([400, 400, 400], ["firing"]),
        ([400, 400, 400, 200], ["firing", "resolved"]),
    ],
)
def test_a_channel_fails_when_it_refuses_one_group_after_the_other_not_one(
    answers: list[int], raised: list[str]
) -> None:
    async def play() -> Office:
        office = Office()
        for number, status in enumerate(answers):
            office.answer = Answer(status)
            office.take(group(f"a{number}"), time.time())
            await office.work()
        return office

    office = played(play)
    assert (office.states.count("rejected"), office.raised) == (answers.count(400), raised)


def test_a_channel_fails_when_it_refuses_what_it_is_told_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> Office:
        office = Office(answer=Answer(400))
        office.take(group("a"), time.time())
        await office.work()
        later = time.time() + 601
        monkeypatch.setattr("time.time", lambda: later)
        office.take(group("b"), later)
        await office.work()
        return office

    assert played(play).raised == ["firing"]


def test_what_is_kept_back_is_counted_once_and_remembered_only_while_it_is_there() -> None:
    async def play() -> tuple[float, list[object]]:
        office = Office()
        office.around.is_silenced = True
        for _ in range(2):
            office.take(group("a"), time.time())
            office.desk.look_at_all()
        counted = office.metrics.suppressed.labels("chat", "silenced")._value.get()
        office.desk.groups["a"].leave("a")
        office.desk.look_at_all()
        return counted, list(office.desk._hushed.counted.values())

    assert played(play) == (1, [])


def test_a_day_that_a_clock_was_ahead_of_counts_for_no_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> Office:
        office = Office(settings("aliyun_sms", per_day=1), TAKEN_SMS)
        office.take(group("a"), time.time())
        await office.work()
        before = time.time() - 90_000
        monkeypatch.setattr("time.time", lambda: before)
        office.take(group("b"), before)
        await office.work()
        return office

    assert played(play).states == ["delivered", "delivered"]
