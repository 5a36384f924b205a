"""How well a fingerprint is established."""

import pytest

from pipeline.labels import BORDER, CORE, HALF_LIFE_DAYS, NOISE, labeller, weight

ALIKE = {"a": "b", "b": "ac", "c": "b", "d": ""}


def labels(**weights: float) -> dict[str, str]:
    label = labeller(weights.__getitem__, ALIKE.__getitem__)
    return {name: label(name) for name in ALIKE}


def test_what_crashes_often_is_a_core_and_what_is_like_it_is_a_border() -> None:
    assert labels(a=2.5, b=0.4, c=0.4, d=2.9) == {"a": NOISE, "b": CORE, "c": BORDER, "d": NOISE} | {
        "a": BORDER
    }


def test_one_alone_is_a_core_where_it_crashes_often() -> None:
    assert labels(a=0, b=0, c=0, d=3)["d"] == CORE


def test_what_came_once_is_noise() -> None:
    assert set(labels(a=0.5, b=0.5, c=0.5, d=1).values()) == {NOISE}


@pytest.mark.parametrize(("day", "expected"), [(100, 5.0), (107, 2.5), (99, 5.0)])
def test_crashes_weigh_half_after_each_half_life(day: int, expected: float) -> None:
    assert HALF_LIFE_DAYS == 7
    row = {"days": [100, 4, *[0] * 6, 2]}
    assert weight(row, day) == pytest.approx(expected)


def test_a_row_without_times_weighs_nothing() -> None:
    assert weight({"days": []}, 100) == 0
