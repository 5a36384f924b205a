"""What is told of clusters, made by the worker's own code, for the examples of schemas."""

from functools import cache
from typing import Any

from tests.alike import SetAlike
from tests.timeline import DAY, HOUR, MINUTE, Timeline, cluster, digits, news, stack

SITES = {"total": "cart.(*Cart).Total", "wrapped": "cart.(*Cart).Total", "refund": "pay.(*Desk).Refund"}

Value = dict[str, Any]


def _signature(name: str) -> Value:
    title = f"nil pointer dereference in {SITES[name]}"
    frames = stack(SITES[name], route=f"Show{name}")
    return {
        "title": title,
        "template": "runtime error: invalid memory address or nil pointer dereference",
        "type": "runtime.errorString",
        "frames": frames,
        "culprit": frames[0],
    }


def _sees(timeline: Timeline, name: str, second: float, release: str, count: int = 1) -> None:
    timeline.sees(name, second=second, signature=_signature(name), release=release, count=count)


@cache
def _played() -> Timeline:
    """Play two bugs that a third stack shows to be one; a person resolves it; it is back, and falls apart."""
    alike = SetAlike()
    timeline = Timeline(lambda: alike)
    _sees(timeline, "total", 0, "v1.41", 3)
    _sees(timeline, "refund", MINUTE, "v1.41", 2)
    alike.say(digits("total"), digits("wrapped"), 0.62)
    alike.say(digits("refund"), digits("wrapped"), 0.17)
    alike.say(digits("total"), digits("refund"), 0.05)
    _sees(timeline, "wrapped", HOUR, "v1.42")
    _sees(timeline, "wrapped", 2 * HOUR, "v1.42")
    timeline.says("resolve", cluster("total"), DAY, release="v1.42")
    _sees(timeline, "total", 2 * DAY, "v1.43")
    return timeline


@cache
def _parted() -> Timeline:
    timeline = _played()
    timeline.says("split", cluster("total"), 3 * DAY, fingerprints=[digits("refund")])
    return timeline


def bug() -> Value:
    """Return the record of a bug that is back."""
    records = [one.value for one in _played().told if one.topic == "clusters" and one.value]
    return next(one for one in records if one["state"] == "regressed")


def command(name: str) -> Value:
    """Return the first command of that name."""
    return next(value for value in _parted().commands if value["command"] == name)


def told(kind: str) -> Value:
    """Return the last of what `vitals` tell of that kind."""
    return news(_parted().told, kind)[-1]
