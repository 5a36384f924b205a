"""Time intervals hold the moments that Prometheus' Alertmanager would say."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.route_fields import PERIOD
from pipeline.time_intervals import Period, contains


def period(**fields: object) -> Period:
    read: dict[str, Any] = {name: PERIOD[name].read(value) for name, value in fields.items()}
    return Period(**read)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "moment", "expected"),
    [
        ({"times": [{"start": "22:00", "end": "24:00"}]}, "2026-11-21T22:00", True),
        ({"times": [{"start": "22:00", "end": "24:00"}]}, "2026-11-21T23:59", True),
        ({"times": [{"start": "08:00", "end": "17:00"}]}, "2026-11-21T17:00", False),
        ({"weekdays": ["monday:friday"]}, "2026-11-20T12:00", True),  # a Friday
        ({"weekdays": ["monday:friday"]}, "2026-11-21T12:00", False),
        ({"weekdays": ["sunday"]}, "2026-11-22T00:00", True),
        ({"days_of_month": ["1:5", "-3:-1"]}, "2026-02-26T00:00", True),
        ({"days_of_month": ["1:5", "-3:-1"]}, "2026-02-25T00:00", False),
        ({"days_of_month": ["31"]}, "2026-02-28T00:00", False),
        ({"days_of_month": ["29:31"]}, "2028-02-29T00:00", True),
        ({"days_of_month": ["-31"]}, "2026-02-01T00:00", False),
        ({"days_of_month": ["-31:-28"]}, "2026-02-01T00:00", True),
        ({"months": ["january:march", "12"]}, "2026-12-01T00:00", True),
        ({"months": ["january:march", "12"]}, "2026-11-30T23:59", False),
        ({"years": ["2026:2027"]}, "2028-01-01T00:00", False),
        ({"weekdays": ["sunday"], "location": "Asia/Shanghai"}, "2026-11-21T16:00", True),
        ({"weekdays": ["sunday"], "location": "Asia/Shanghai"}, "2026-11-22T16:00", False),
        ({}, "2026-11-21T16:00", True),
    ],
)
def test_a_period_holds_a_moment(fields: dict[str, object], moment: str, expected: bool) -> None:
    assert contains([period(**fields)], at(moment)) is expected


def test_clocks_that_are_put_back_show_a_time_twice() -> None:
    night = [period(times=[{"start": "02:00", "end": "03:00"}], location="Europe/Berlin")]
    hours = [at("2026-10-24T23:30") + timedelta(hours=hour) for hour in range(4)]
    assert [contains(night, hour) for hour in hours] == [False, True, True, False]


def test_one_of_several_periods_is_enough_and_none_is_never() -> None:
    either = [period(years=["2025"]), period(months=["11"])]
    assert (contains(either, at("2026-11-01T00:00")), contains([], at("2026-11-01T00:00"))) == (True, False)


@given(st.datetimes(timezones=st.just(UTC)))
def test_ranges_that_part_the_year_hold_each_moment_once(moment: datetime) -> None:
    halves = ["january:june"], ["july:december"]
    assert sum(contains([period(months=half)], moment) for half in halves) == 1
    weeks = ["sunday:wednesday"], ["thursday:saturday"]
    assert sum(contains([period(weekdays=half)], moment) for half in weeks) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("times", [{"start": "22:00", "end": "06:00"}]),
        ("times", [{"start": "22:00"}]),
        ("times", [{"start": "25:00", "end": "26:00"}]),
        ("times", ["22:00"]),
        ("weekdays", ["saturday:sunday"]),
        ("weekdays", ["someday"]),
        ("weekdays", "monday"),
        ("days_of_month", ["0"]),
        ("days_of_month", ["32"]),
        ("days_of_month", ["-3:5"]),
        ("days_of_month", ["5:-40"]),
        ("months", ["13"]),
        ("months", ["march:january"]),
        ("years", ["2027:2026"]),
        ("years", ["soon"]),
        ("location", "Mars/Olympus"),
        ("location", 3),
    ],
)
def test_what_is_no_period_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        PERIOD[field].read(value)
