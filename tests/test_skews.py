"""What is known of clocks that are wrong."""

from pipeline.skews import FORGET_S, KEPT, LATE_S, learnt, righted

NOW, AHEAD = 1_000_000, 3_600


def test_of_a_clock_of_which_nothing_is_known_a_line_counts_now() -> None:
    assert righted([], NOW + AHEAD, NOW) == NOW


def test_the_line_that_came_soonest_tells_how_far_a_clock_is_off() -> None:
    skews = learnt(learnt([], NOW + AHEAD - 30, NOW), NOW + AHEAD, NOW)
    assert skews == [[-AHEAD, NOW]]
    assert righted(skews, NOW + AHEAD - 30, NOW) == NOW - 30


def test_clocks_that_are_further_apart_are_two() -> None:
    skews = learnt(learnt([], NOW + AHEAD, NOW), NOW + AHEAD - LATE_S - 1, NOW)
    assert [offset for offset, _ in skews] == [-AHEAD, LATE_S + 1 - AHEAD]


def test_a_clock_that_is_set_anew_is_forgotten_as_it_was() -> None:
    skews = learnt([[-AHEAD, NOW]], NOW + FORGET_S + AHEAD - 30, NOW + FORGET_S)
    assert skews == [[30 - AHEAD, NOW + FORGET_S]]


def test_so_many_clocks_are_known_as_were_heard_of_last() -> None:
    skews: list[list[int]] = []
    for number in range(KEPT + 2):
        skews = learnt(skews, NOW + AHEAD * (number + 1), NOW + number)
    assert [last - NOW for _, last in skews] == list(range(2, KEPT + 2))
