"""The measures and partings beside which ours is shown; the figures are worked out by hand."""

from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.baselines import Blend, Fast, Tuning
from pipeline.parting import Arrival, arrival, components, greedy
from pipeline.ranking import Measure
from tests.histories import row

FLAT = Tuning(alpha=1, beta=0, gamma=0)
stacks = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=8)


def score(measure: Measure, known: str, asked: str) -> float:
    measure.add(row(0, "a", known))
    return measure.scores(row(1, "a", asked))[0]


def test_equal_frames_add_their_weights_and_others_take_theirs_off() -> None:
    assert score(Fast(FLAT), "ac", "ab") == pytest.approx((1 + 1 - 0.5 - 0.5) / 3)


def test_frames_far_apart_add_less() -> None:
    tuning = Tuning(alpha=1, beta=0, gamma=log(2))
    assert score(Fast(tuning), "xa", "ab") == pytest.approx(((1 + 0.5) / 2 - 1 - 0.5) / 3)


def test_frequent_frames_weigh_less() -> None:
    measure = Fast(Tuning(alpha=0, beta=1, gamma=0))
    for stack in ("ab", "ac"):
        measure.add(row(0, "a", stack))
    often, once = exp(-1), exp(-1 / 2)
    expected = (2 * often - 2 * once) / (2 * often + 2 * once)
    assert measure.scores(row(1, "a", "ab")) == pytest.approx([1, expected])


def test_a_frame_that_comes_twice_is_aligned_with_the_second_one() -> None:
    assert score(Fast(FLAT), "aa", "a") == pytest.approx((1 + 1 - 0.5) / 2.5)


def test_the_blend_is_of_edits_and_ngrams() -> None:
    assert score(Blend(), "ac", "ab") == pytest.approx(0.4 * 1 / 2 + 0.6 * 1 / 5)


@given(stacks, stacks)
@pytest.mark.parametrize("make", [Blend, lambda: Fast(Tuning(1, 5, 0.1))])
def test_a_stack_is_most_like_itself(make: type[Measure], one: list[str], other: list[str]) -> None:
    measure = make()
    measure.add(row(0, "a", one))
    measure.add(row(1, "b", other))
    same, others = measure.scores(row(2, "a", one))
    assert same == pytest.approx(1)
    assert others <= same + 1e-9


ARRIVALS = [arrival(scores) for scores in ([], [0.8], [0.1, 0.7], [0.3, 0.3, 0.3])]


def test_a_new_fingerprint_is_told_with_those_that_may_be_near() -> None:
    assert ARRIVALS[2] == Arrival(nearest=1, score=0.7, near=[(1, 0.7)])


def test_greedy_gives_each_the_part_of_the_one_most_like_it() -> None:
    assert (greedy(ARRIVALS, 0.75), greedy(ARRIVALS, 0.5)) == ([0, 0, 2, 3], [0, 0, 0, 3])


def test_components_chain_what_is_near() -> None:
    assert (components(ARRIVALS, 0.75), components(ARRIVALS, 0.3)) == ([0, 0, 2, 3], [0, 0, 0, 0])
