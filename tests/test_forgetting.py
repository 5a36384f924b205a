"""What NOTIFY lets go of: rows of groups that are over, the alert of a channel that is not used any more."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest

from agents.channel_health import ChannelHealth
from agents.forgetting import forget
from pipeline import failing
from pipeline.delivery import letter
from pipeline.event_time import DAY, written
from pipeline.group import Group
from pipeline.plan import REFUSED
from pipeline.step import Arrival, BadRecordError, Effect
from pipeline.wanted import Notification, read_notification, take
from tests.notified import START, alert, notification
from tests.test_schema import misfits


class Written:
    """Rows, each as it was written last."""

    def __init__(self) -> None:
        self.rows: dict[str, Any] = {}

    async def write(self, key: str, value: Any) -> asyncio.Future[None]:
        """Write one; it stands at once."""
        self.rows[key] = value
        stands = asyncio.get_running_loop().create_future()
        stands.set_result(None)
        return stands


def forgotten(group: Group) -> dict[str, Any]:
    """Return the rows that are gone two days later."""
    written = Written()
    desk = SimpleNamespace(groups={group.key: group}, rows=written, drop=lambda _: None)

    async def play() -> None:
        rows = SimpleNamespace(turn=asyncio.Lock())
        await forget(cast(Any, desk), cast(Any, rows), START + 2 * DAY)

    asyncio.run(play())
    return written.rows


def whole(kind: Any, **others: Any) -> Group:
    """Return a group that came whole."""
    told = Notification(schema_version=1, channel="chat", group_key="g", kind=kind, whole=True, **others)
    group = Group("chat", "g")
    group.want(take(None, told, Arrival(0, written(START))))
    return group


def test_of_a_group_that_came_whole_no_row_stays() -> None:
    group = whole("alerts", alerts=[alert("a", START, 2, "resolved")])
    assert forgotten(group) == {"chat/g/*": None, "chat/g": None}


def test_a_release_that_was_refused_does_not_stay() -> None:
    group = whole("deploy", deploy={"release": "1"})
    group.told = group.now() | {"pending": {"state": REFUSED}}
    assert forgotten(group) == {"chat/g/*": None, "chat/g": None}


def test_that_a_channel_fails_is_over_when_it_is_not_used_any_more() -> None:
    caused: list[Effect] = []

    async def cause(effect: Effect, _: int) -> asyncio.Future[None]:
        caused.append(effect)
        return await Written().write("", None)

    async def play() -> None:
        app, rows = SimpleNamespace(cause=cause), Written()
        health = ChannelHealth(cast(Any, app), cast(Any, rows), "pager", cast(Any, None), 600.0)
        health._tell = lambda record: cause(Effect("alerts", "x", record), 0)  # type: ignore[assignment,method-assign,return-value]  # routes are nothing to it
        health.load({"alarm": START, "since": START, "spent": []})
        await health.leave(START + 60)
        await health.leave(START + 70)

    asyncio.run(play())
    ended = [one.value or {} for one in caused]
    assert [one["annotations"]["summary"] for one in ended] == ["channel pager is not used any more"]
    assert ended[0]["status"] == "resolved"


@pytest.mark.parametrize("wrong", [{"labels": None}, {"labels": {"a": 1}}, {"seq": "x"}])
def test_an_alert_that_cannot_be_looked_at_is_a_bad_record(wrong: dict[str, Any]) -> None:
    told = Notification(schema_version=1, channel="chat", group_key="g", alerts=[alert("a", START, 1)])
    value = told.model_dump() | {"alerts": [alert("a", START, 1) | wrong]}
    with pytest.raises(BadRecordError):
        read_notification(orjson.dumps(value))


@pytest.mark.parametrize(("key", "alerts"), [("g", ("a", "b")), ("digest", ("a",))])
def test_a_dead_letter_of_several_groups_or_alerts_hides_nothing_when_it_is_put_back(
    key: str, alerts: tuple[str, ...]
) -> None:
    pending = {"episode": "a-1", "seq": 1, "known": {"a": "a-1"}}
    put_back = letter(Group("chat", key), pending, [alert(name, START, 1) for name in alerts], None)
    with pytest.raises(BadRecordError):
        read_notification(orjson.dumps(put_back))


def test_a_dead_letter_that_is_put_back_is_no_newer_than_what_is_known() -> None:
    arrival, group = Arrival(0, written(START)), Group("chat", "g")
    pending = {"episode": "a-1", "seq": 1, "known": {"a": "a-1"}}
    put_back = read_notification(orjson.dumps(letter(group, pending, [alert("a", START, 1)], None)))
    over = take(None, notification(alert("a", START, 2, "resolved")), arrival)
    assert take(over, put_back, arrival) is over


def came(second: int, *states: tuple[str, int, str]) -> Notification:
    """Return what Alertmanager told in a second: of alerts, when they began and how they stand."""
    timing = {"detected_at": written(START + second)}
    alerts = [
        alert(name, START + began, 1 + (status == "resolved"), status) | {"timing": timing}
        for name, began, status in states
    ]
    return Notification(schema_version=1, channel="chat", group_key="g", whole=True, alerts=alerts)


UP, OVER = "firing", "resolved"


@pytest.mark.parametrize(
    ("known", "other", "is_newer"),
    [
        (came(0, ("a", 0, UP)), came(30, ("a", 0, OVER)), True),
        (came(0, ("a", 0, OVER)), came(30, ("a", 0, UP)), True),  # it was held to be over for a while
        (came(3_600, ("a", 0, UP)), came(0, ("a", 0, UP), ("b", 0, UP)), False),
        (came(3_600, ("a", 0, OVER)), came(0, ("a", 0, UP)), False),
        (came(3_600, ("b", 0, UP)), came(0, ("a", 0, UP)), False),
        (came(5, ("a", 0, OVER)), came(4, ("a", 0, UP)), False),
        (came(5, ("a", 0, UP)), came(4, ("a", 0, OVER)), True),  # of two workers, one clock is ahead
        (came(5, ("a", 0, UP), ("b", 0, UP)), came(5, ("a", 0, UP)), False),  # a dead letter that was cut
    ],
)
def test_what_alertmanager_told_is_replaced_by_nothing_older(
    known: Notification, other: Notification, is_newer: bool
) -> None:
    arrival = Arrival(0, written(START))
    row = take(None, known, arrival)
    assert (take(row, other, arrival) is not row) == is_newer


def test_a_release_that_is_put_back_is_no_newer_than_what_is_known() -> None:
    arrival = Arrival(0, written(START))
    first, second = (
        Notification(
            schema_version=1,
            channel="chat",
            group_key="deploy/cart/v2",
            kind="deploy",
            deploy={"release": "v2", "finished_at": written(START + second)},
        )
        for second in (0, 60)
    )
    row = take(None, first, arrival)
    later = take(row, second, arrival)
    assert later is not row
    assert take(later, first, arrival) is later


@pytest.mark.parametrize("is_over", [False, True])
def test_the_alert_that_a_channel_fails_fits_the_schema_of_alerts(is_over: bool) -> None:
    assert misfits(failing.record("pager", START, "HTTP 404", START + 60, is_over=is_over), "alerts.v1") == []
