"""Records that are not as they should be: each is a dead letter, or told as well as it goes."""

import asyncio
import json
import time
from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.forgetting import forget
from agents.metrics import Metrics
from agents.overview import Overview
from agents.sweep import ended
from pipeline.channels import read_channel
from pipeline.channels.settings import ChannelSettings
from pipeline.route_checks import read_routes
from pipeline.settings import Settings
from pipeline.step import BadRecordError
from pipeline.wanted import read_notification
from tests.desks import WEBHOOK, Office, played
from tests.notified import START, alert
from tests.tellings import example

ALERTMANAGER = read_channel({"type": "alertmanager", "urls": ["http://127.0.0.1:1"]})
DIGEST = {"alerts": 3, "top": [{"rule": "R", "service": "s", "alerts": 2}]}
GOOD = [
    example("notifications.v1.firing") | {"channel": "chat"},
    example("notifications.v1.deploy") | {"channel": "chat"},
    {
        "schema_version": 1,
        "channel": "chat",
        "group_key": "d",
        "episode": "digest-1",
        "whole": True,
        "status": "digest",
        "digest": DIGEST,
    },
]
STRANGE = [10**400, -1, 2**63, 1e308, "", "/", "*", "digest", "x-" + "9" * 5_000, "x-٣", None, True, [], {}]
odd = st.recursive(
    st.sampled_from(STRANGE) | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def written(value: object) -> bytes:
    """Write it, also what Python alone takes for JSON."""
    return json.dumps(value).encode()


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the ways to all parts of a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(way for name, part in inner for way in places(part, (*here, name)))]


def without(value: Any, way: tuple[Any, ...], other: Any, is_gone: bool) -> Any:
    """Return a value in which a part is another, or not there."""
    if not way:
        return other
    copy = value.copy()
    if len(way) == 1 and is_gone:
        del copy[way[0]]
    else:
        copy[way[0]] = without(copy[way[0]], way[1:], other, is_gone)
    return copy


@st.composite
def notifications(draw: st.DrawFn) -> bytes:
    """Draw a good value of which up to three parts are odd, or missing."""
    value: Any = draw(st.sampled_from(GOOD))
    for _ in range(draw(st.integers(1, 3))):
        way = draw(st.sampled_from(places(value)))
        value = without(value, way, draw(odd), draw(st.booleans()))
    return written(value)


async def tell(values: list[bytes], channel: ChannelSettings) -> Office:
    """Let a channel be told of all that are none too bad, and let all who look at rows look at them."""
    office = Office(channel)
    overview = SimpleNamespace(standing=lambda _: None)
    for value in values:
        try:
            told = read_notification(value)
            office.take(told.model_copy(update={"channel": "chat"}))
        except BadRecordError:
            continue
        await office.work()
    office.restart()
    desk = office.desk
    assert list(ended({"chat": desk}, cast(Any, overview))) is not None
    assert list(desk.records()) is not None
    await office.work()
    await forget(desk, cast(Any, SimpleNamespace(turn=asyncio.Lock())), time.time() + 3 * 86_400)
    cast(Any, office.desk.attempts)._app.alertmanagers.leave(["chat"])
    return office


@settings(deadline=None, max_examples=300)
@given(st.lists(notifications(), min_size=1, max_size=4), st.sampled_from([WEBHOOK, ALERTMANAGER]))
def test_no_notification_whatever_ends_a_worker(values: list[bytes], channel: ChannelSettings) -> None:
    assert played(lambda: tell(values, channel)).faults == []


@pytest.mark.parametrize(
    ("number", "odd"),
    [
        (2, {"digest": {"alerts": 3}}),
        (2, {"digest": None}),
        (2, {"digest": {"alerts": 2**60, "top": []}}),
        (0, {"alerts": [alert("", START, 1)]}),
        (0, {"alerts": [alert("*", START, 1)]}),
        (0, {"alerts": [alert("a/b", START, 1)]}),
        (0, {"alerts": [alert("a", START, 10**30)]}),
        (0, {"alerts": [alert("a", START, 1) | {"value": 10**30}]}),
        (0, {"group_key": "g/a"}),
        (1, {"channel": "chat/deploy"}),
        (0, {"repeat_interval_s": float("inf")}),
        (0, {"group_wait_s": -1.0}),
    ],
)
def test_what_nobody_could_be_told_of_is_a_bad_record(number: int, odd: dict[str, Any]) -> None:
    with pytest.raises(BadRecordError):
        read_notification(written(GOOD[number] | odd))


def test_a_notification_never_changes_what_was_told() -> None:
    async def play() -> None:
        office = Office()
        office.take(read_notification(written(GOOD[0])))
        await office.work()
        key = next(key for key, row in office.kept.rows.items() if row["sort"] == "told")
        office.kept.rows[f"{key}/x"] = office.kept.rows[key]
        other = GOOD[0] | {"alerts": [alert("x", START, 1)]}
        office.take(read_notification(written(other)))

    with pytest.raises(BadRecordError):
        played(play)


def test_a_digest_of_more_than_there_is_room_for_is_told() -> None:
    value = GOOD[2] | {"digest": {"alerts": 10**9, "top": [{"rule": "R", "service": "s", "alerts": 10**9}]}}
    assert played(lambda: tell([written(value)], WEBHOOK)).states == ["delivered"]


def test_an_alertmanager_is_told_the_others_where_one_alert_is_odd() -> None:
    record = GOOD[0]["alerts"][0]
    values = [
        GOOD[0] | {"group_key": "a", "alerts": [record | {"startsAt": "soon"}]},
        GOOD[0] | {"group_key": "b", "alerts": [record | {"fingerprint": "b", "episode": "b"}]},
    ]
    office = played(lambda: tell([written(one) for one in values], ALERTMANAGER))
    assert office.states[:2] == ["rejected", "delivered"]
    assert office.faults == []


class Said:
    """A record as the tail gives it."""

    def __init__(self, topic: str, key: bytes, value: bytes | None) -> None:
        self.topic, self.key, self.value = lambda: f"panicstream.{topic}", lambda: key, lambda: value


def overview() -> Overview:
    """Return one that read nothing."""
    routes = read_routes(
        '[route]\nchannel = "chat"\n[channels.chat]\ntype = "webhook"\nurl = "http://127.0.0.1:1"\n'
        "[[inhibit_rules]]\nsource_matchers = ['severity=~\"crit.*\"']\n"
        "target_matchers = ['service=~\"p.*\"']\n",
        "routes.toml",
    )
    book = SimpleNamespace(routes=routes)
    return Overview(Settings(), cast(Any, book), Metrics())


STANDING = example("alerts.v1.firing")
SILENCE = {
    "schema_version": 1,
    "command": "silence",
    "subject": "s-1",
    "shard": "",
    "by": "kim",
    "time": "2026-11-21T00:00:00.000000000Z",
    "arguments": {
        "matchers": ["service=pay"],
        "starts_at": "2026-11-21T00:00:00.000000000Z",
        "ends_at": "2026-11-21T01:00:00.000000000Z",
    },
}


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_no_alert_and_no_command_whatever_ends_the_reading(data: st.DataObject) -> None:
    topic, value = data.draw(st.sampled_from([("alerts", STANDING), ("commands", SILENCE)]))
    way = data.draw(st.sampled_from(places(value)))
    value = without(value, way, data.draw(odd), data.draw(st.booleans()))
    read = overview()
    read._take([cast(Any, Said(topic, b"x", written(value)))])
    read._adopt(read._routes)
    assert list(read.silences.all()) is not None
    assert read._hushed({"service": "pay"}) in {None, "silenced", "inhibited"}


def test_an_alert_that_cannot_be_looked_at_is_counted_and_no_other_is_lost() -> None:
    read = overview()
    records = [
        Said("alerts", b"a", orjson.dumps(STANDING | {"labels": {"service": 1}})),
        Said("alerts", b"b", b'{"seq": 1e400}'),
        Said("alerts", b"c", orjson.dumps(STANDING)),
    ]
    read._take(cast(Any, records))
    counted = read._bad._value.get()
    assert (counted, read.standing("a"), read.standing("c") is not None) == (2, None, True)
