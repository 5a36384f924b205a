"""Quantities as people write them, `25 MB/s`, and as numbers in the unit that a fact is kept in."""

import math
import re
from collections.abc import Mapping

NUMBER = r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?"
QUANTITY = re.compile(rf"({NUMBER})\s*(\S*)", re.IGNORECASE)
SPAN = re.compile(r"(?:(\d+)d)?\s*(?:(\d+)h)?\s*(?:(\d+)m)?\s*(?:(\d+)s)?")
PARTS = (86_400, 3_600, 60, 1)  # seconds of what SPAN finds
DIGITS = 3  # that are shown of a value

UNITS: Mapping[str, Mapping[str, float]] = {  # of each unit: how it may be written, and how much that is
    "/min": {"/s": 60, "/min": 1, "/h": 1 / 60},
    "B/s": {
        "B/s": 1,
        "kB/s": 1e3,
        "MB/s": 1e6,
        "GB/s": 1e9,
        "KiB/s": 1 << 10,
        "MiB/s": 1 << 20,
        "GiB/s": 1 << 30,
    },
    "s": {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "min": 60, "h": 3_600},
    "x": {"x": 1, "": 1},
    "": {"": 1, "%": 0.01},
}
SHOWN: Mapping[str, tuple[str, ...]] = {  # in which a value is shown: the largest of which there is one
    "/min": ("/min",),
    "B/s": ("GB/s", "MB/s", "kB/s", "B/s"),
    "s": ("s", "ms", "us", "ns"),
    "x": ("x",),
    "": ("",),
}
GLUED = ("/min", "x", "")  # written behind the number without a space


def quantity(text: str, unit: str) -> float:
    """Read a number and its unit. Raises ValueError, which says what is wanted."""
    found = QUANTITY.fullmatch(text.strip())
    ways = UNITS[unit]
    if not found:
        raise ValueError(f"`{text}` is no {_wanted(unit)}")
    if found[2] not in ways:
        given = f"`{found[2]}` is no unit of it" if found[2] else "the unit is missing"
        raise ValueError(f"{given}; a {_wanted(unit)}")
    value = float(found[1]) * ways[found[2]]
    if not math.isfinite(value):
        raise ValueError(f"`{text}` is too large")
    return value


def _wanted(unit: str) -> str:
    units = [way for way in UNITS[unit] if way]
    return f"number with one of {', '.join(units)}" if unit not in {"", "x"} else "number"


def span(text: str) -> int:
    """Read a span such as `2m` or `1h30m`, in seconds. Raises ValueError, which says what is wanted."""
    found = SPAN.fullmatch(text.strip())
    if not found or not any(found.groups()):
        raise ValueError("a span in quotes, such as '90s', '2m' or '1h30m'")
    return sum(int(count or 0) * part for count, part in zip(found.groups(), PARTS, strict=True))


def span_shown(seconds: int) -> str:
    """Write a span as it is read: `1h30m`."""
    told, left = "", seconds
    for name, part in zip("dhms", PARTS, strict=True):
        count, left = divmod(left, part)
        told += f"{count}{name}" if count else ""
    return told or "0s"


def shown(value: float, unit: str) -> str:
    """Write a value with three digits, in the unit in which it is at least one: `8.3 ms`, `12/min`."""
    rounded = float(f"{value:.{DIGITS}g}")  # once: 0.9996 s are 1 s, not 1,000 ms
    if unit == "s" and math.isfinite(value) and rounded >= UNITS["s"]["m"]:
        return span_shown(round(value))
    ways = UNITS[unit]
    fitting = [way for way in SHOWN[unit] if abs(rounded) >= ways[way]]
    chosen = fitting[0] if fitting else SHOWN[unit][-1] if value else unit
    gap = "" if chosen in GLUED else " "
    is_long = abs(value / ways[chosen]) >= 10**DIGITS
    return f"{_rounded((value if is_long else rounded) / ways[chosen])}{gap}{chosen}"


def _rounded(value: float) -> str:
    if not math.isfinite(value):
        return str(value)
    digits = DIGITS if abs(value) < 10**DIGITS else len(str(int(abs(value))))
    return f"{float(f'{value:.{digits}g}'):,.10g}"
