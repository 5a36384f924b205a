"""Chances of counts."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.poisson import EXACT, lower_bound, upper_tail

COUNTS = st.integers(1, 300)
MEANS = st.floats(0.001, 300)


def test_one_or_more_is_the_contrary_of_none() -> None:
    assert upper_tail(1, 0.5) == pytest.approx(1 - exp(-0.5))


def test_a_tail_is_exact_where_it_is_tiny() -> None:
    assert upper_tail(5, 0.1) == pytest.approx(7.66780168618e-08)


def test_nothing_is_certain_and_more_than_nothing_is_impossible_where_nothing_is_expected() -> None:
    assert (upper_tail(0, 0.0), upper_tail(1, 0.0)) == (1.0, 0.0)


@given(COUNTS, MEANS)
def test_tails_of_a_count_and_the_next_differ_by_its_chance(count: int, mean: float) -> None:
    direct = upper_tail(count, mean) - upper_tail(count + 1, mean)
    assert 0 <= upper_tail(count + 1, mean) <= upper_tail(count, mean) <= 1
    assert direct >= -1e-12


@given(COUNTS, st.floats(0.5, 0.9999))
def test_at_the_lower_bound_so_many_have_the_chance_that_is_left(count: int, confidence: float) -> None:
    assert upper_tail(count, lower_bound(count, confidence)) == pytest.approx(1 - confidence, rel=1e-6)


@given(COUNTS, st.floats(0.5, 0.99), st.floats(0.001, 0.009))
def test_the_lower_bound_grows_with_the_count_and_falls_with_the_confidence(
    count: int, confidence: float, more: float
) -> None:
    bound = lower_bound(count, confidence)
    assert lower_bound(count + 1, confidence) > bound > lower_bound(count, confidence + more)


@pytest.mark.parametrize(("count", "bound"), [(0, 0.0), (1, 0.0512933), (10, 5.4254057)])
def test_the_lower_bound_is_that_of_tables(count: int, bound: float) -> None:
    assert lower_bound(count, 0.95) == pytest.approx(bound)


@pytest.mark.parametrize("confidence", [0.9, 0.99, 0.999999])
def test_large_counts_go_on_where_small_ones_end(confidence: float) -> None:
    above = lower_bound(EXACT + 1, confidence)
    assert above == pytest.approx(lower_bound(EXACT, confidence) + 1, rel=1e-3)
