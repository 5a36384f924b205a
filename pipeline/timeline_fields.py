"""The fields of timelines in TOML: how each is read."""

from collections.abc import Callable, Mapping
from typing import Any

from pipeline.timeline import BECOMES, Amount, Whose
from pipeline.units import quantity, span

LONGEST_S = 86_400
MANY = 1_000_000
SERVICES = 200  # each is looked at in each second that is played
MOST = {"B/s": 1e12, "s": 60.0, "x": 1e6}  # what is larger fits no record of `vitals`


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a text")
    return value


def _span(value: Any) -> int:
    if (read := span(value if isinstance(value, str) else "")) > LONGEST_S:
        raise ValueError("a day at most")
    return read


def _between(value: Any) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != len(("first", "last")):
        raise ValueError("two spans, such as ['120s', '125s']")
    first, last = map(_span, value)
    if last < first:
        raise ValueError("two spans, the earlier one first")
    return first, last


def _amount(value: Any) -> Amount:
    if isinstance(value, str):
        return Amount(_not_too_large(_not_negative(quantity(value, "/min"))), is_rate=True)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("a number, or how many a minute: '12/min'")
    return Amount(_not_too_large(value), is_rate=False)


def _count(value: Any, most: int = MANY) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= most:
        raise ValueError(f"a whole number from 1 to {most:,}")
    return value


def _quantity(unit: str) -> Callable[[Any], float]:
    return lambda value: _not_too_large(
        _not_negative(quantity(value if isinstance(value, str) else str(value), unit)), MOST[unit]
    )


def _not_negative(value: float) -> float:
    if value < 0:
        raise ValueError("a number that is not below 0")
    return value


def _not_too_large(value: float, most: float = MANY) -> float:
    if value > most:
        raise ValueError(f"{most:g} at most")
    return value


def _tables(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(table, dict) for table in value):
        raise ValueError("a list of tables")
    return value


def _names(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValueError("a list of names")
    return value


def _labels(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError("a table of texts")
    return value


def _becomes(value: Any) -> str:
    if value not in BECOMES:
        raise ValueError(f"one of {', '.join(BECOMES)}")
    return str(value)


Reader = Callable[[Any], Any]
WHOSE: Mapping[str, Reader] = dict.fromkeys(Whose._fields, _text)
WHAT: Mapping[str, Reader] = {  # what can happen, of which a step has one
    "crashes": _amount,
    "lines": _amount,
    "gc": _amount,
    "new": _text,
    "regressed": _text,
    "lag": _span,
}
HOW: Mapping[str, Reader] = {
    "bug": _text,
    "streams": _count,
    "services": lambda value: _count(value, SERVICES),
    "alloc": _quantity("B/s"),
    "pause": _quantity("s"),
    "heap_goal_ratio": _quantity("x"),
}
STEP: Mapping[str, Reader] = {"at": _span, "until": _span, **WHAT, **HOW, **WHOSE}
EXPECTED: Mapping[str, Reader] = {
    "alert": _text,
    "becomes": _becomes,
    "between": _between,
    "labels": _labels,
    "summary": _text,
    "times": lambda value: 0 if value == 0 else _count(value),
}
TIMELINE: Mapping[str, Reader] = {
    "name": _text,
    "rules": _names,
    "lasts": _span,
    "happens": _tables,
    "expect": _tables,
    **WHOSE,
}
