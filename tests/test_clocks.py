"""Clocks that are wrong, and lines that are late: alerts fire and end as if all had come in time."""

from collections.abc import Callable, Iterable
from random import Random
from typing import NamedTuple

import pytest

from agents import rule_files
from pipeline.alerting import Row, Terms
from pipeline.event_time import HOUR, MINUTE, seconds, written
from pipeline.storms import Tally
from pipeline.vital import Vital
from pipeline.watched import Watched
from tests.watched import BEGIN, LATENESS_S, crashes, vital

RULES = [rule for rule in rule_files.load() if rule.name == "GoPanicRateHigh"]
LASTS_S, HOSTS, LATE, LATE_S = 1_400, 10, 0.05, 30
WRONG = {0: HOUR, 1: -HOUR}  # hosts, and how far their clocks are off

Shape = Callable[[int], float]
"""How many crashes a minute there are at a second."""
Told = list[tuple[int, str]]
"""The second and the phase of each transition."""
SHAPES: dict[str, Shape] = {
    "a step": lambda at: 30 if 100 <= at < 500 else 0.1,
    "a small step": lambda at: 14 if 100 <= at < 700 else 0.1,
    "a ramp": lambda at: min(30, max(0.1, (at - 100) / 8)) if at < 600 else 0.1,
    "a burst that is too brief": lambda at: 60 if 100 <= at < 160 else 0.1,
    "a burst that is not": lambda at: 60 if 100 <= at < 300 else 0.1,
    "one after the other": lambda at: 20 if 100 <= at < 400 or 600 <= at < 900 else 0.1,
    "above and below, too briefly": lambda at: (20 if at // 90 % 2 else 1) if at < 900 else 0.1,
    "above and near": lambda at: (20 if at // 180 % 2 else 6) if at < 900 else 0.1,
}


ONE_LOOK = 1
MOVES = {"a ramp": 6}  # seconds, where one crash more or less decides: as long as it takes until the next


class Crash(NamedTuple):
    """One crash, when it happened and on which host; a late one is told later."""

    at: int
    host: int
    is_late: bool


def happened(shape: Shape, seed: int) -> list[Crash]:
    """Return the crashes of a shape, evenly spread."""
    chance, due, found = Random(seed), 0.0, []  # noqa: S311  # no secret
    for at in range(LASTS_S):
        due += shape(at) / MINUTE
        found += [Crash(at, chance.randrange(HOSTS), chance.random() < LATE) for _ in range(int(due))]
        due %= 1
    return found


def told(found: Iterable[Crash], wrong: dict[int, int], late_s: int) -> Told:
    """Return the transitions where the clocks of hosts are wrong, and some crashes come so much later."""
    coming: dict[int, list[Vital]] = {}
    for one in found:
        at = one.at + late_s * (one.is_late and one.host not in wrong)
        coming.setdefault(at, []).append(crashes(one.at + wrong.get(one.host, 0)))
    watched, rows, events = Watched(0, Terms(RULES, Tally())), dict[str, Row](), []
    for at in range(LASTS_S + LATE_S):
        for record in [*coming.get(at, []), tick(at)]:
            arrival = written(BEGIN + at)
            for key in [*watched.others(record, arrival), watched.key(record)]:
                row, effects = watched.take(rows.get(key), record, arrival)
                rows[key] = row or {}
                events += [one.value for one in effects if one.topic == "alert-events" and one.value]
    return [(seconds(one["time"]) - BEGIN, one["phase"]) for one in events]


def tick(at: int) -> Vital:
    """Return the tick that comes at a second."""
    watermark = written(BEGIN + at - LATENESS_S)
    return vital("tick", worker="a", lag_s=0.0, time=written(BEGIN + at), watermark=watermark)


def seen(transitions: Told) -> Told:
    """Return what people see of them."""
    return [one for one in transitions if one[1] in {"firing", "resolved"}]


def apart(one: Told, other: Told) -> int:
    """Return by how many seconds transitions are apart, which have to be the same."""
    assert [phase for _, phase in one] == [phase for _, phase in other]
    return max((abs(a - b) for (a, _), (b, _) in zip(one, other, strict=True)), default=0)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize(
    ("wrong", "late_s"), [(WRONG, 0), ({}, LATE_S), (WRONG, LATE_S)], ids=["clocks", "late", "both"]
)
def test_what_is_told_wrong_or_late_moves_no_alert(name: str, wrong: dict[int, int], late_s: int) -> None:
    runs = [happened(SHAPES[name], seed) for seed in range(5)]
    moved = [apart(seen(told(run, {}, 0)), seen(told(run, wrong, late_s))) for run in runs]
    assert max(moved) <= MOVES.get(name, ONE_LOOK)


def test_shapes_fire_or_do_not() -> None:
    fired = {name: len(seen(told(happened(shape, 0), {}, 0))) // 2 for name, shape in SHAPES.items()}
    assert fired == {
        "a step": 1,
        "a small step": 1,
        "a ramp": 1,
        "a burst that is too brief": 0,
        "a burst that is not": 1,
        "one after the other": 2,
        "above and below, too briefly": 0,
        "above and near": 1,
    }
