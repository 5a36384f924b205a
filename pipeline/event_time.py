"""Times as they stand in records, `2026-11-21T00:20:45.120249605Z`, as seconds since 1970."""

from calendar import timegm
from functools import lru_cache

MINUTE, HOUR, DAY = 60, 3_600, 86_400


@lru_cache(maxsize=4_096)  # services tell of the same seconds
def seconds(time: str) -> int:
    """Return the second since 1970 that a time is in. Raises ValueError where it is none."""
    return _minute(time[:16]) + int(time[17:19])


@lru_cache(maxsize=4_096)  # records of an hour have sixty minutes
def _minute(time: str) -> int:
    year, month, day, hour, minute = time[:4], time[5:7], time[8:10], time[11:13], time[14:16]
    return timegm((int(year), int(month), int(day), int(hour), int(minute), 0))


@lru_cache(maxsize=4_096)
def written(second: int) -> str:
    """Return a second since 1970 as it stands in records."""
    days, rest = divmod(second, DAY)
    year, month, day = _date(days)
    hour, minute = divmod(rest // MINUTE, 60)
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{rest % MINUTE:02}.000000000Z"


def _date(days: int) -> tuple[int, int, int]:
    """Return year, month and day of a day since 1970, by years that begin in March: leap days are last."""
    era, day = divmod(days + 719_468, 146_097)
    year = (day - day // 1_460 + day // 36_524 - day // 146_096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5
    past = month >= 10  # noqa: PLR2004  # January, counted from March
    return year + 400 * era + past, month - 9 if past else month + 3, day + 1
