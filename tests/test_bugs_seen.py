"""Which bugs crash a service: what is passed on of them, and what reports show."""

from dataclasses import replace
from typing import Any

import orjson

from pipeline.bugs_seen import BUGS, SERVICES, noted, passed_on
from pipeline.event_time import written
from pipeline.step import Effect
from pipeline.vital import read_vital
from tests.bugs import CART, WatchedBug, told
from tests.rules import RATE
from tests.test_schema import misfits
from tests.test_watching import NEW
from tests.watched import BEGIN, Watched, bug, crashes

PAY = CART | {"service_name": "pay"}


def homes(cart: int, pay: int = 0) -> dict[str, Any]:
    return {"services": [CART | {"crashes": cart}, PAY | {"crashes": pay}]}


def counts(effects: list[Effect]) -> list[tuple[str, int]]:
    return [(one.key, one.value["crashes"]) for one in effects if one.value]


def test_a_service_is_told_of_the_crashes_since_it_was_told_last_at_most_once_a_minute() -> None:
    known, first = passed_on(
        {}, told([5], 5, **homes(7, 3), first_seen="2026-11-21T00:00:00.000000000Z"), BEGIN
    )
    assert counts(first) == [("shop/cart/live", 7), ("shop/pay/live", 3)]
    known, soon = passed_on(known, told([30], 30, **homes(9, 3)), BEGIN + 30)
    known, later = passed_on(known, told([60], 60, **homes(12, 3)), BEGIN + 60)
    assert (counts(soon), counts(later)) == ([], [("shop/cart/live", 5)])
    assert misfits(first[0].value or {}, "vitals.v1") == []


def test_of_an_old_bug_only_the_last_minutes_count_at_first() -> None:
    assert counts(passed_on({}, told(range(50, 60), 60, **homes(1_000)), BEGIN + 60)[1]) == [
        ("shop/cart/live", 10)
    ]


def test_what_is_passed_on_is_bounded() -> None:
    many = [CART | {"service_name": f"svc-{number}", "crashes": 9} for number in range(100)]
    known, effects = passed_on({}, told([5], 5, services=many, first_seen=written(BEGIN)), BEGIN)
    assert (len(known), len(effects)) == (SERVICES, SERVICES)


def test_the_bugs_of_a_service_that_crashed_least_of_late_are_forgotten() -> None:
    known: dict[str, dict[str, Any]] = {}
    for number in range(BUGS + 5):
        known = noted(known, bug(10, "seen", number, crashes=number + 1))
    assert min(one["crashes"] for one in known.values()) == 6
    for at in (20, 30):
        known = noted(known, bug(at, "seen", 99, crashes=50))
    assert (next(iter(known)), known["c-0000000000000063"]["crashes"]) == ("c-0000000000000063", 100)


def test_a_report_names_the_bugs_that_crash_most_with_first_release_and_sample() -> None:
    service, watched_bug = Watched([NEW, replace(RATE, for_s=0)]), WatchedBug([])
    service.take(1, bug(1, number=7))
    for at in range(10):
        watched_bug.take(at, told(range(at), at, **homes(1_000 + at)))
    for value in watched_bug.of("vitals"):
        service.take(5, read_vital(orjson.dumps(value)))
    service.take(6, bug(6, "seen", 7, crashes=1))
    service.play({at: [crashes(at)] for at in range(10, 20)}, 26, 10)
    report = service.of("reports")[-1]
    top = [(one["kind"], one["cluster_id"], one["release"], one["crashes"]) for one in report["clusters"]]
    assert top == [("new", "c-0000000000000007", "v2", 1), ("known", "c-0000000000000001", "v1", 1)]
    assert report["clusters"][1]["sample_id"] == "0" * 32
    assert misfits(report, "reports.v1") == []
