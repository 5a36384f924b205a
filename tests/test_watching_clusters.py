"""What those who watch a bug tell."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from pipeline.cluster_told import read_cluster
from pipeline.event_time import HOUR, written
from pipeline.rules import Condition, Kind, Rule, Scope, Severity
from pipeline.step import BadRecordError
from pipeline.surge import average, surge
from tests.bugs import CART, WatchedBug, told
from tests.test_schema import misfits
from tests.timeline import Timeline, stack
from tests.watched import BEGIN

SURGE = Rule(
    name="GoPanicSurge",
    kind=Kind.SURGE,
    fire=Condition(">=", 3),
    clear=Condition("<", 2),
    severity=Severity.CRITICAL,
    summary="{title} comes {value} as often as usual",
    fact="surge",
    min_samples=5,
)
SPREAD = replace(
    SURGE, name="Spread", kind=Kind.SPREAD, fact="services", window_s=600, clear=None, min_samples=0
)
NEW_HERE = Rule("NewHere", Kind.NEW_CLUSTER, None, None, Severity.WARNING, "", scope=Scope.SERVICE)


def release(service: str, at: int) -> dict[str, Any]:
    return {"service": service, "release": "v1", "last_time": written(BEGIN + at)}


def test_a_step_is_a_surge_and_is_over_when_it_is_usual_again() -> None:
    watched = WatchedBug([SURGE])
    seconds = [600, 1_200, 1_800, *range(2_400, 2_460, 2)]
    for number, at in enumerate(seconds):
        watched.take(at, told(seconds[: number + 1], at))
    watched.take(2_800, told(seconds, 2_800))
    assert watched.phases() == [(2_408, "firing"), (2_800, "resolved")]
    (first, _) = watched.of("alert-events")
    assert first["annotations"]["summary"].startswith("nil map in cart.Put comes ")
    assert first["evidence"]["crashes"] == 5
    report = watched.of("reports")[0]
    assert [one["cluster_id"] for one in report["clusters"]] == ["c-0000000000000001"]
    assert misfits(report, "reports.v1") == []


def test_a_surge_and_a_spread_are_over_when_clusters_tells_of_no_more_crashes() -> None:
    watched, told_of = WatchedBug([replace(SURGE, keep_firing_for_s=600), SPREAD]), Timeline()
    for at in (*range(0, HOUR, 600), *range(HOUR, HOUR + 60)):
        service = ("cart", "pay", "web")[at % 3]
        told_of.sees("usual", stack("cart.Total"), at, service_name=service)
        for effect in told_of.ticks(at):
            watched.take(at, read_cluster(orjson.dumps(effect.value)))
    assert {phase for _, phase in watched.phases()} == {"firing"}
    for at in range(HOUR + 60, 3 * HOUR, 10):
        for effect in told_of.ticks(at):
            watched.take(at, read_cluster(orjson.dumps(effect.value)))
    assert [phase for _, phase in watched.phases()].count("resolved") == 2
    assert watched.row
    assert watched.row["alerts"] == {}


def test_what_comes_as_usual_is_no_surge() -> None:
    watched = WatchedBug([SURGE])
    seconds = list(range(0, HOUR, 15))
    for at in range(HOUR, HOUR + 120, 12):
        seconds.append(at)
        watched.take(at, told(seconds, at))
    assert watched.phases() == []


def test_a_bug_that_is_hardly_known_has_nothing_usual() -> None:
    assert surge([0] * 58 + [0, 90], 29, 59) is None


def test_a_muted_bug_is_no_surge() -> None:
    watched = WatchedBug([SURGE])
    watched.take(2_400, told(range(2_380, 2_400), 2_400, state="muted"))
    assert watched.phases() == []


def test_a_surge_that_a_minute_divides_is_seen_whole() -> None:
    found = surge([0] * 58 + [4, 4], 60, 30)
    assert found
    assert (found.crashes, found.minutes) == (8, 2)


def test_a_minute_that_has_just_begun_is_compared_with_as_much_of_the_usual() -> None:
    rare = [*[0] * 9, 1] * 6
    early, late = (surge([*rare[:-2], 3, 2], 60, second) for second in (3, 59))
    assert early
    assert late
    assert (early.is_one(None, 5), late.is_one(None, 5)) == (True, False)


def test_clocks_that_are_half_a_minute_ahead_make_no_surge() -> None:
    found = surge([*[120] * 59, 60], 60, 0)
    assert found
    assert not found.is_one(None, 5)


def test_a_minute_weighs_half_after_the_half_life() -> None:
    assert average([1, *[0] * 30]) * 2 == pytest.approx(average([*[0] * 30, 1]))


def test_a_bug_in_three_services_at_once_is_spread() -> None:
    watched = WatchedBug([SPREAD])
    many = [release(f"shop/{name}/live", at) for name, at in (("cart", 900), ("pay", 700), ("old", 100))]
    watched.take(900, told([900], 900, releases=many))
    watched.take(910, told([910], 910, releases=[*many, release("shop/web/live", 905)]))
    assert watched.phases() == [(910, "firing")]


def test_a_bug_in_so_many_more_streams_is_spread() -> None:
    watched = WatchedBug([replace(SPREAD, fact="streams", fire=Condition(">=", 10))])
    for at, streams in ((0, 5), (60, 5), (300, 12), (400, 16)):
        watched.take(at, told([at], at, streams=streams))
    assert watched.phases() == [(400, "firing")]


def test_a_known_bug_that_comes_to_a_service_is_new_there() -> None:
    watched = WatchedBug([NEW_HERE])
    pay = CART | {"service_name": "pay"}
    watched.take(0, told([0], 0))
    watched.take(10, told([10], 10, services=[CART, pay]))
    watched.take(20, told([20], 20, services=[CART, pay]))
    assert [one["labels"]["service"] for one in watched.of("alert-events")] == ["pay", "pay"]
    assert watched.phases() == [(10, "firing"), (20, "resolved")]


def test_the_alerts_of_a_bug_that_is_no_more_end() -> None:
    watched = WatchedBug([SURGE])
    watched.take(2_400, told(range(2_380, 2_400), 2_400))
    watched.take(2_410, None)
    assert (watched.phases(), watched.row) == ([(2_400, "firing"), (2_410, "resolved")], None)


def test_a_value_that_is_none_is_refused() -> None:
    with pytest.raises(BadRecordError, match="unreadable: title: "):
        read_cluster(b'{"schema_version": 1, "cluster_id": "c-1"}')
