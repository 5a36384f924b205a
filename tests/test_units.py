"""Quantities are read as people write them, and shown so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.units import SHOWN, UNITS, quantity, shown, span, span_shown


@given(st.integers(min_value=1, max_value=10**9))
def test_a_span_is_read_as_it_is_shown(seconds: int) -> None:
    assert span(span_shown(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "2", "m", "2 minutes", "-2m", "1.5h", "30s2m", "²s"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a span in quotes"):
        span(text)


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (12, "/min", "12/min"),
        (0.25, "/min", "0.25/min"),
        (60_000, "/min", "60,000/min"),
        (26_214_400, "B/s", "26.2 MB/s"),
        (0.0083, "s", "8.3 ms"),
        (0, "s", "0 s"),
        (45, "s", "45 s"),
        (0.99999, "s", "1 s"),
        (0.0009995, "s", "999 us"),  # it is a little less
        (59.99, "s", "1m"),
        (999_999, "B/s", "1 MB/s"),
        (95, "s", "1m35s"),
        (3.14159, "x", "3.14x"),
        (7, "", "7"),
        (float("inf"), "x", "infx"),
        (float("nan"), "s", "nan ns"),
    ],
)
def test_a_value_is_shown_with_three_digits_in_the_unit_that_fits(
    value: float, unit: str, expected: str
) -> None:
    assert shown(value, unit) == expected


@given(st.sampled_from(sorted(UNITS)), st.floats(min_value=1e-9, max_value=50, allow_subnormal=False))
def test_what_is_shown_is_read_again_up_to_its_digits(unit: str, value: float) -> None:
    assert quantity(shown(value, unit), unit) == pytest.approx(value, rel=0.01)


def test_each_unit_is_shown_in_ways_that_it_is_read_in() -> None:
    assert {unit: [way for way in ways if way not in UNITS[unit]] for unit, ways in SHOWN.items()} == {
        unit: [] for unit in UNITS
    }
