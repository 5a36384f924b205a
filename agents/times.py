"""Times as they are written: UTC with nine digits."""

from datetime import UTC, datetime
from functools import lru_cache

SECOND_NS = 1_000_000_000


def utc(ns: int) -> str:
    """Write nanoseconds since 1970."""
    seconds, rest = divmod(ns, SECOND_NS)
    return f"{_second(seconds)}.{rest:09d}Z"


@lru_cache(maxsize=1024)  # what comes together is of few seconds
def _second(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def seconds_of(text: str) -> float:
    """Read a time back, in seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()
