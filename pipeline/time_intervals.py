"""Spans of time that come again, such as nights and weekends, as Prometheus' Alertmanager has them."""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

Moment = datetime
"""One that knows its zone."""
Range = tuple[int, int]
"""From and to; the second one is within."""


class Hours(NamedTuple):
    """When a route tells nobody: within the intervals `mute`, and outside of all of `active`; names."""

    mute: tuple[str, ...] = ()
    active: tuple[str, ...] = ()


class Period(NamedTuple):
    """What a moment has to be: within one of each kind of range that is given. None: any.

    `times` are minutes of the day, of which the end is without; `weekdays` are 0 (Sunday) to 6;
    `days_of_month` below 0 count from the month's end. `location` is where clocks show that.
    """

    times: tuple[Range, ...] = ()
    weekdays: tuple[Range, ...] = ()
    days_of_month: tuple[Range, ...] = ()
    months: tuple[Range, ...] = ()
    years: tuple[Range, ...] = ()
    location: ZoneInfo = ZoneInfo("UTC")


def contains(interval: Iterable[Period], moment: Moment) -> bool:
    """Return whether a moment is within one of the periods."""
    return any(_is_in(period, moment) for period in interval)


def muted_by(hours: Hours, intervals: Mapping[str, Iterable[Period]], moment: Moment) -> list[str]:
    """Return the names of the intervals that keep a route silent; one that is unknown is never."""

    def is_in(name: str) -> bool:
        return contains(intervals.get(name, ()), moment)

    muted = [name for name in hours.mute if is_in(name)]
    return muted or ([] if any(map(is_in, hours.active)) else list(hours.active))


def _is_in(period: Period, moment: Moment) -> bool:
    there = moment.astimezone(period.location)
    minute = there.hour * 60 + there.minute
    return (
        _within(period.times, minute, is_open=True)
        and _within(_days(period.days_of_month, there), there.day)
        and _within(period.months, there.month)
        and _within(period.weekdays, there.isoweekday() % 7)
        and _within(period.years, there.year)
    )


def _within(ranges: Iterable[Range], number: int, *, is_open: bool = False) -> bool:
    """Return whether a number is in one of the ranges, or there are none; `is_open`: the end is without."""
    ranges = list(ranges)
    return not ranges or any(begin <= number < end + (not is_open) for begin, end in ranges)


def _days(ranges: Iterable[Range], there: Moment) -> list[Range]:
    """Return ranges of days as they are in the month of a moment; (0, 0), no day, for one that is past it."""
    last = monthrange(there.year, there.month)[1]
    days = [tuple(day if day > 0 else last + day + 1 for day in pair) for pair in ranges]
    return [(begin, end) if begin <= last else (0, 0) for begin, end in days]
