"""One thing that `doctor` looked at."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What was looked at, what was found, and what to do about it: empty where all is well."""

    check: str
    found: str
    remedy: str = ""
