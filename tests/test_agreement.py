"""How far two ways to part the same things agree; the figures are worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.agreement import adjusted_rand, b_cubed, pairwise

FOUND = [1, 1, 1, 2, 2]  # pairs: 3 + 1
TRUTH = ["a", "a", "b", "b", "b"]  # pairs: 1 + 3; 2 of them are pairs of FOUND, too

labellings = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12)


def test_pairs_are_counted_in_both_directions() -> None:
    assert pairwise([1, 1, 1, 2], ["a", "a", "b", "b"]) == pytest.approx((1 / 3, 1 / 2, 2 / 5))


def test_b_cubed_is_a_mean_over_things() -> None:
    assert b_cubed(FOUND, TRUTH) == pytest.approx((11 / 15, 11 / 15, 11 / 15))


def test_the_adjusted_rand_index_takes_off_what_chance_gives() -> None:
    assert adjusted_rand(FOUND, TRUTH) == pytest.approx((2 - 1.6) / (4 - 1.6))


def test_all_apart_is_precise_and_finds_nothing() -> None:
    assert pairwise([1, 2, 3], ["a", "a", "a"]) == (1, 0, 0)


def test_where_nothing_belongs_together_nothing_is_missed() -> None:
    assert pairwise([1, 2, 3], ["a", "b", "c"]) == (1, 1, 1)


@given(labellings)
def test_equal_parts_agree_wholly_whatever_they_are_called(pairs: list[tuple[int, int]]) -> None:
    one = [first for first, _ in pairs]
    other = [f"part {first}" for first in one]
    assert (pairwise(one, other), b_cubed(one, other), adjusted_rand(one, other)) == ((1, 1, 1), (1, 1, 1), 1)


@given(labellings)
def test_swapping_the_two_swaps_precision_and_recall(pairs: list[tuple[int, int]]) -> None:
    one, other = [first for first, _ in pairs], [second for _, second in pairs]
    precision, recall, f1 = b_cubed(one, other)
    assert b_cubed(other, one) == pytest.approx((recall, precision, f1))
    assert adjusted_rand(one, other) == pytest.approx(adjusted_rand(other, one))
