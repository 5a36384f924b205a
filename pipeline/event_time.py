"""Times as they stand in records, `2026-11-21T00:20:45.120249605Z`, as seconds since 1970."""

from calendar import timegm
from functools import lru_cache

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def seconds(time: str) -> int:
    """Return the second since 1970 that a time is in. Raises ValueError where it is none."""
    return _minute(time[:16]) + int(time[17:19])


@lru_cache(maxsize=4_096)  # records of an hour have sixty minutes
def _minute(time: str) -> int:
    year, month, day, hour, minute = time[:4], time[5:7], time[8:10], time[11:13], time[14:16]
    return timegm((int(year), int(month), int(day), int(hour), int(minute), 0))
