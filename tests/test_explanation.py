"""Who would be told of an alert, and why."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.explanation import Hush, explanation
from pipeline.inhibition import inhibitor
from pipeline.route_checks import read_routes
from pipeline.silence import Silence, silence
from tests.routes import hooks
from tests.watched import BEGIN

ROUTES = read_routes(
    """
[route]
channel = "chat"
group_by = ["service"]
[[route.routes]]
matchers = ['severity="critical"']
channel = "pager"
continue = true
active_time_intervals = ["days"]
[[route.routes]]
[[route.routes.routes]]
matchers = ['service="quiet"']
channel = "none"
mute_time_intervals = ["nights"]
[[inhibit_rules]]
source_matchers = ['alertname="Storm"']
target_matchers = ['severity="info"']
[time_intervals]
days = [{ times = [{ start = "08:00", end = "20:00" }] }]
nights = [{ times = [{ start = "20:00", end = "24:00" }] }]
"""
    + hooks("chat", "pager")
    + "enabled = false\n",
    "routes.toml",
)
STORM = {"alertname": "Storm"}
NIGHT, DAY = datetime(2026, 11, 21, 21, tzinfo=UTC), datetime(2026, 11, 21, 12, tzinfo=UTC)


def told(moment: datetime = DAY, silences: tuple[Silence, ...] = (), **labels: str) -> dict[str, Any]:
    hush = Hush(
        lambda alert: [one for one in silences if one.is_on(alert, BEGIN)],
        lambda alert: inhibitor(ROUTES.inhibitions, alert, [STORM]),
        BEGIN,
    )
    return explanation(ROUTES, labels, moment, hush)


def test_each_channel_is_told_of_with_the_way_there() -> None:
    found = told(severity="critical", service="pay")["targets"]
    assert [(one["channel"], one["type"], one["enabled"], one["route"]) for one in found] == [
        ("pager", "webhook", False, "route 1"),
        ("chat", "webhook", True, "route 2"),
    ]
    assert found[0]["path"] == [
        {"name": "route", "matchers": []},
        {"name": "route 1", "matchers": ['severity="critical"']},
    ]
    assert found[1]["group_labels"] == {"service": "pay"}
    assert "example.com" not in str(found)


@pytest.mark.parametrize(("moment", "expected"), [(DAY, []), (NIGHT, ["days"])])
def test_a_route_is_silent_outside_of_all_its_active_intervals(moment: datetime, expected: list[str]) -> None:
    assert told(moment, severity="critical")["targets"][0]["muted_by"] == expected


@pytest.mark.parametrize(("moment", "expected"), [(DAY, []), (NIGHT, ["nights"])])
def test_a_route_is_silent_within_its_mute_intervals(moment: datetime, expected: list[str]) -> None:
    (found,) = told(moment, service="quiet")["targets"]
    assert (found["channel"], found["type"], found["muted_by"]) == ("none", None, expected)


def test_silences_that_are_on_are_told() -> None:
    silences = (
        silence(["service=pay"], BEGIN - 10, BEGIN + 10, "kim", "we know"),
        silence(["service=pay"], BEGIN + 5, BEGIN + 10, "kim"),
        silence(["service=cart"], BEGIN - 10, BEGIN + 10, "kim"),
    )
    (found,) = told(silences=silences, service="pay")["silences"]
    assert (found["matchers"], found["by"], found["comment"]) == (['service="pay"'], "kim", "we know")


def test_what_keeps_it_silent_is_told() -> None:
    assert [told(severity=one)["inhibited_by"] for one in ("info", "warning")] == [STORM, None]


def test_without_a_worker_silences_are_not_known() -> None:
    found = explanation(ROUTES, {"severity": "info"}, DAY, None)
    assert (found["silences"], found["inhibited"], len(found["targets"])) == (None, None, 1)
