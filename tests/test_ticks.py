"""How far time is that a worker tells."""

from pipeline.ticks import reached


def test_time_is_that_of_the_partition_that_is_told_least_less_what_comes_late() -> None:
    assert reached([100_000, 103_000, 101_500]) == (95_000, 3.0)


def test_a_partition_far_behind_the_most_advanced_is_told_and_not_waited_for() -> None:
    assert reached([100_000, 69_999, 98_000]) == (93_000, 30.001)


def test_partitions_that_are_all_behind_are_waited_for() -> None:
    assert reached([10_000]) == (5_000, 0.0)
