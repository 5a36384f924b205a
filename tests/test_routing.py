"""Who is told of an alert."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.alert import fingerprint
from pipeline.channels.settings import ChannelSettings
from pipeline.route_checks import read_routes
from pipeline.routes import Routes
from pipeline.routing import addressed, explained, routed
from tests.routes import hooks

CHANNELS = hooks("a", "b", "c", "d")
TREE = """
[route]
channel = "a"
group_by = ["alertname", "env"]
repeat_interval = "1h"
mute_time_intervals = []
[[route.routes]]
matchers = ['severity="critical"', 'env=~"prod|live"']
channel = "b"
continue = true
group_wait = "5s"
mute_time_intervals = ["nights"]
[[route.routes]]
matchers = ['severity="critical"']
group_by = ["..."]
[[route.routes.routes]]
matchers = ['service="pay"']
channel = "c"
group_interval = "1m30s"
[[route.routes]]
matchers = ['service="quiet"']
channel = "none"
[time_intervals]
nights = [{ times = [{ start = "22:00", end = "24:00" }] }]
"""


def read(text: str = TREE) -> Routes:
    return read_routes(text.replace("mute_time_intervals = []\n", "") + CHANNELS, "routes.toml")


def told(**labels: str) -> list[tuple[str, dict[str, str]]]:
    return [(one.channel, one.group_labels) for one in routed(read(), labels)]


def test_what_no_route_takes_goes_to_the_root_in_the_groups_of_its_labels() -> None:
    assert told(alertname="A", severity="info", env="dev") == [("a", {"alertname": "A", "env": "dev"})]


def test_a_label_that_is_not_there_is_not_among_those_of_the_group() -> None:
    assert told(alertname="A") == [("a", {"alertname": "A"})]


def test_a_route_that_continues_lets_those_behind_it_be_looked_at() -> None:
    labels = {"alertname": "A", "severity": "critical", "env": "prod", "service": "cart"}
    assert told(**labels) == [("b", {"alertname": "A", "env": "prod"}), ("a", labels)]


def test_the_deepest_route_that_takes_an_alert_decides_and_inherits_what_it_does_not_say() -> None:
    labels = {"alertname": "A", "severity": "critical", "env": "dev", "service": "pay"}
    (target,) = routed(read(), labels)
    assert target.channel == "c"
    assert target.group_labels == labels
    assert target.timings == (0.0, 90.0, 3600.0, (), ())


def test_spans_of_silence_are_not_inherited_but_stand_where_they_are_said() -> None:
    target = routed(read(), {"severity": "critical", "env": "live"})[0]
    assert (target.timings.mute_time_intervals, target.timings.group_wait_s) == (("nights",), 5.0)


def test_nobody_is_told_by_a_route_to_none() -> None:
    assert told(service="quiet") == []
    assert [one.target.channel for one in explained(read(), {"service": "quiet"})] == ["none"]


def test_the_way_is_told_from_the_root_on() -> None:
    (found,) = explained(read(), {"severity": "critical", "service": "pay"})
    assert [route.name for route in found.path] == ["route", "route 2", "route 2.1"]


def test_two_ways_to_one_group_of_a_channel_are_one() -> None:
    text = TREE.replace("continue = true", "continue = true\n[[route.routes]]\ncontinue = true")
    assert len(routed(read(text), {"alertname": "A"})) == 1


def test_a_group_is_named_by_its_labels_alone_whatever_the_routes() -> None:
    labels = {"alertname": "A", "severity": "critical", "env": "prod"}
    target = routed(read(), labels)[0]
    renamed = read(TREE.replace('env=~"prod|live"', 'env="prod"'))
    assert target.group_key == fingerprint(target.group_labels) == routed(renamed, labels)[0].group_key


def test_an_alertmanager_gets_each_alert_by_itself_and_at_once() -> None:
    settings = ChannelSettings(type="alertmanager")
    routes = replace(
        read(TREE.replace('["alertname", "env"]', '["env"]\ngroup_wait = "5s"')), channels={"a": settings}
    )
    labels = {"alertname": "A", "pod": "p1"}
    (target,) = routed(routes, labels)
    assert (target.group_labels, target.timings.group_wait_s) == (labels, 0.0)


@pytest.mark.parametrize("whole", [True, False])
def test_a_notification_says_whom_and_when(whole: bool) -> None:
    (target,) = routed(read(), {"alertname": "A"})
    expected: dict[str, Any] = {
        "schema_version": 1,
        "channel": "a",
        "kind": "alerts",
        "group_key": fingerprint({"alertname": "A"}),
        "group_labels": {"alertname": "A"},
        "group_wait_s": 0.0,
        "group_interval_s": 30.0,
        "repeat_interval_s": 3600.0,
        "mute_time_intervals": [],
        "active_time_intervals": [],
        "whole": whole,
    }
    assert addressed(target, whole=whole) == expected


@given(st.dictionaries(st.sampled_from(["severity", "env", "service"]), st.sampled_from("xyz"), max_size=3))
def test_some_route_always_takes_an_alert(labels: dict[str, str]) -> None:
    assert explained(read(), labels) != []
