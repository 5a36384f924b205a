"""Quantiles of pauses."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline import sketch

PAUSES = st.lists(st.integers(0, 10**10), min_size=1, max_size=200)


def test_of_nothing_there_is_no_quantile() -> None:
    assert (sketch.quantile([[]], 0.99), sketch.count([])) == (None, 0)


@given(st.lists(st.integers(10**4, 10**7), min_size=1, max_size=200), st.floats(0, 1))
def test_a_quantile_is_within_one_per_cent(pauses: list[int], share: float) -> None:
    found = sketch.quantile([sketch.added([], pauses)], share)
    true = sorted(pauses)[int(share * (len(pauses) - 1))]
    assert found is not None
    assert abs(found - true) <= 0.0101 * true


@given(PAUSES, PAUSES)
def test_parts_are_the_whole_in_any_order(some: list[int], others: list[int]) -> None:
    whole = sketch.added([], some + others)
    assert sketch.count(whole) == len(some) + len(others)
    assert sketch.quantile([sketch.added([], some), sketch.added([], others)], 0.9) == sketch.quantile(
        [whole], 0.9
    )


@given(PAUSES)
def test_what_is_added_to_is_not_changed(pauses: list[int]) -> None:
    before = sketch.added([], pauses)
    kept = list(before)
    sketch.added(before, [5])
    assert before == kept


def test_a_thousand_pauses_take_less_than_a_kilobyte() -> None:
    assert len(str(sketch.added([], range(20_000, 2_020_000, 2_000)))) < 2_000
