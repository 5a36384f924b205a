"""The fields of routes in a TOML text: how each is read, and what it is."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pipeline.matchers import NAME, Matcher, read_matchers
from pipeline.routes import EVERY_LABEL
from pipeline.time_intervals import Range

LABEL = re.compile(NAME)
CHANNEL = re.compile(r"[A-Za-z0-9_.-]{1,64}")
CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
SPAN = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?")
PARTS = (604_800, 86_400, 3_600, 60, 1, 0.001)  # seconds of what SPAN finds
LONGEST_S = 366 * 86_400
DAYS = 31
WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
MONTHS = (
    "january february march april may june july august september october november december".split()  # noqa: SIM905  # shorter so
)
CALLED = {  # words of Alertmanager that are others here, or are written otherwise in it for long
    "receiver": "channel",
    "receivers": "channels",
    "match": "matchers",
    "match_re": "matchers",
    "source_match": "source_matchers",
    "source_match_re": "source_matchers",
    "target_match": "target_matchers",
    "target_match_re": "target_matchers",
}


class Field(NamedTuple):
    """A field: how it is read (raises ValueError: what is wanted), what it is, and what our noun calls it."""

    read: Callable[[object], object]
    meaning: str
    name: str


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError("a list of texts")
    return value


def _channel(value: object) -> str:
    if not isinstance(value, str) or not CHANNEL.fullmatch(value):
        raise ValueError("the name of a channel: letters, digits, _, . and -, 64 at most")
    return value


def _labels(value: object) -> tuple[str, ...]:
    labels = tuple(dict.fromkeys(_texts(value)))
    if EVERY_LABEL in labels and len(labels) > 1:
        raise ValueError("'...' is every label: leave the others away")
    if bad := [name for name in labels if name != EVERY_LABEL and not LABEL.fullmatch(name)]:
        raise ValueError(f"a list of names of labels; `{bad[0]}` is none")
    return labels


def _span(value: object) -> float:
    found = SPAN.fullmatch(value) if isinstance(value, str) else None
    if not found or not any(found.groups()):
        raise ValueError("a span in quotes, such as '30s', '5m' or '1h30m'")
    seconds = sum(int(count or 0) * part for count, part in zip(found.groups(), PARTS, strict=True))
    if seconds > LONGEST_S:
        raise ValueError("a year at most")
    return float(seconds)


def _interval(value: object) -> float:
    if not (seconds := _span(value)):
        raise ValueError("a span above 0s")
    return seconds


def _matchers(value: object) -> tuple[Matcher, ...]:
    return read_matchers(_texts(value))


def _flag(value: object) -> bool:
    if value is not True and value is not False:
        raise ValueError("true or false")
    return value


def _names(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_texts(value)))


ROUTE: Mapping[str, Field] = {
    "channel": Field(_channel, "who is told; `none`: nobody", "channel"),
    "matchers": Field(_matchers, "what labels have to be, all of it", "matchers"),
    "continue": Field(_flag, "true: the routes beside it that follow are looked at, too", "continue_"),
    "group_by": Field(_labels, "labels whose alerts are told together; `...`: every label", "group_by"),
    "group_wait": Field(_span, "how long the first alert of a group waits for others", "group_wait_s"),
    "group_interval": Field(_interval, "how long a group waits until it is told anew", "group_interval_s"),
    "repeat_interval": Field(_interval, "after which what still fires is told again", "repeat_interval_s"),
    "mute_time_intervals": Field(_names, "names of `time_intervals` in which nobody is told", "mute"),
    "active_time_intervals": Field(_names, "the same, outside of which nobody is told", "active"),
    "routes": Field(_flag, "routes below it: what they do not set is as it is here", "routes"),
}
ROOT_HAS_NONE = ("matchers", "continue", "mute_time_intervals", "active_time_intervals")
INHIBITION: Mapping[str, Field] = {
    "source_matchers": Field(_matchers, "what keeps others silent while it fires", "source"),
    "target_matchers": Field(_matchers, "what is kept silent", "target"),
    "equal": Field(_labels, "labels in which both have to be equal", "equal"),
}


def _ranges(number: Callable[[str], int], wanted: str) -> Callable[[object], tuple[Range, ...]]:
    """Return what reads a list of `begin:end` or of single ones; `number` raises ValueError."""

    def read(value: object) -> tuple[Range, ...]:
        if not isinstance(value, list) or not all(isinstance(one, str | int) for one in value):
            raise ValueError(f"a list of {wanted}")
        return tuple(_range(str(one), number, wanted) for one in value)

    return read


def _range(text: str, number: Callable[[str], int], wanted: str) -> Range:
    begin, colon, end = text.lower().partition(":")
    try:
        found = number(begin.strip()), number((end if colon else begin).strip())
    except (ValueError, IndexError):
        raise ValueError(f"`{text}` is none of {wanted}") from None
    first, last = (day + DAYS + 1 if day < 0 else day for day in found)
    if first > last or (found[0] < 0 < found[1]):
        raise ValueError(f"`{text}` ends before it begins")
    return found


def _named(names: Sequence[str], base: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        found = int(text) if text.isdecimal() and base else names.index(text) + base
        if not base <= found < base + len(names):
            raise ValueError
        return found

    return number


def _day(text: str) -> int:
    if not 0 < abs(day := int(text)) <= DAYS:
        raise ValueError
    return day


def _year(text: str) -> int:
    if not text.isdecimal():
        raise ValueError
    return int(text)


def _times(value: object) -> tuple[Range, ...]:
    wanted = "a list of { start = 'HH:MM', end = 'HH:MM' }"
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ValueError(wanted)
    if any(one.keys() != {"start", "end"} for one in value):
        raise ValueError(wanted)
    return tuple(_time_range(one["start"], one["end"]) for one in value)


def _time_range(start: object, end: object) -> Range:
    begin, last = _minute(start), _minute(end)
    if begin >= last:
        raise ValueError(f"`{start}` to `{end}` ends before it begins; take two, up to 24:00 and from 00:00")
    return begin, last


def _minute(value: object) -> int:
    if not isinstance(value, str) or not CLOCK.fullmatch(value):
        raise ValueError(f"`{value}` is no time of day, such as 08:30, or 24:00 for its end")
    return int(value[:2]) * 60 + int(value[3:])


def _location(value: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(value))
    except (KeyError, OSError, ValueError):
        wanted = "a time zone such as 'Asia/Shanghai' or 'UTC'; where it is one, this machine lacks tzdata"
        raise ValueError(wanted) from None


PERIOD: Mapping[str, Field] = {
    "times": Field(_times, "spans of a day; the end is without", "times"),
    "weekdays": Field(
        _ranges(_named(WEEKDAYS, 0), "'monday' to 'sunday', or 'monday:friday'"),
        "days of the week, which begins with sunday",
        "weekdays",
    ),
    "days_of_month": Field(
        _ranges(_day, "1 to 31, -1 (the last) to -31, or '1:5'"),
        "days of the month; those below 0 count from its end",
        "days_of_month",
    ),
    "months": Field(
        _ranges(_named(MONTHS, 1), "'january' to 'december', 1 to 12, or 'january:march'"),
        "months",
        "months",
    ),
    "years": Field(_ranges(_year, "years such as 2026, or '2026:2027'"), "years", "years"),
    "location": Field(_location, "the time zone of all this; without it UTC", "location"),
}
