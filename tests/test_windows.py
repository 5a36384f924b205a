"""What is kept of a service."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import windows
from pipeline.alert import Timing
from pipeline.event_time import written
from pipeline.windows import AHEAD_S, BEHIND_S, KEPT_S, LATENESS_S, OTHERS, RELEASES, Windows
from tests.watched import BEGIN, crashes, cycle, lines

TIMES = st.lists(st.tuples(st.integers(-BEHIND_S, AHEAD_S), st.integers(0, 5)), max_size=40)

NOW = Timing(BEGIN, written(BEGIN + LATENESS_S))
BEFORE = Timing(None, written(BEGIN))  # any tick


def count(kept: Windows) -> int:
    return sum(sum(cells[1:]) for cells in kept.get("crashes", {}).values())


def test_what_is_within_the_watermark_counts_where_it_is() -> None:
    kept, skewed = windows.put({}, crashes(-BEHIND_S, 2), NOW)
    assert (kept, skewed) == ({"crashes": {"v1": [BEGIN - BEHIND_S, 2]}}, 0)


def test_a_clock_that_is_wrong_counts_now() -> None:
    for shift in (AHEAD_S + 1, -BEHIND_S - 1):
        kept, skewed = windows.put({}, crashes(shift), NOW)
        assert (kept["crashes"], skewed) == ({"v1": [BEGIN + LATENESS_S, 1]}, 1)


@pytest.mark.parametrize("shift", [3_600, -3_600])
def test_a_late_line_of_a_wrong_clock_counts_when_it_was_written(shift: int) -> None:
    kept, _ = windows.put({}, crashes(shift + LATENESS_S), NOW)
    late = Timing(BEGIN + 30, written(BEGIN + 30 + LATENESS_S))
    kept, skewed = windows.put(kept, crashes(shift + LATENESS_S + 3), late)
    assert (kept["crashes"], skewed) == ({"v1": [BEGIN + LATENESS_S + 3, 1, 0, 0, 1]}, 1)


def test_while_something_is_behind_what_is_old_is_old() -> None:
    behind = NOW._replace(catching_up=True)
    kept, skewed = windows.put({}, crashes(-3_600), behind)
    assert (kept, skewed) == ({"crashes": {"v1": [BEGIN - 3_600, 1]}}, 0)
    assert windows.put({}, crashes(3_600), behind)[1] == 1


def test_before_the_first_tick_it_counts_where_it_is() -> None:
    kept, skewed = windows.put({}, crashes(-90_000), BEFORE)
    assert (kept, skewed) == ({"crashes": {"v1": [BEGIN - 90_000, 1]}}, 0)


def test_before_the_first_tick_a_clock_that_is_ahead_counts_now() -> None:
    """Else the newest bucket is years off, and what comes after it is too old to count."""
    kept, skewed = windows.put({}, crashes(AHEAD_S + 1), BEFORE)
    assert (kept["crashes"], skewed) == ({"v1": [BEGIN, 1]}, 1)


def test_what_has_no_time_counts_now() -> None:
    timed = crashes(0)
    untimed = timed.model_copy(update={"seconds": ({**timed.seconds[0], "time": None},)})
    assert windows.put({}, untimed, BEFORE)[0] == {"crashes": {"v1": [BEGIN, 1]}}


def test_a_second_that_several_workers_had_lines_in_is_covered_once() -> None:
    kept: Windows = {}
    for at in (0, 0, 3):
        kept, _ = windows.put(kept, lines(at, 10), NOW)
    assert (kept["lines"], kept["heard"]) == ({"v1": [BEGIN // 10, 30]}, [BEGIN // 10, 0b1001])


def test_beyond_so_many_releases_the_oldest_is_counted_as_others() -> None:
    kept: Windows = {}
    for number in range(RELEASES + 2):
        kept, _ = windows.put(kept, crashes(number, 1, f"v{number}"), NOW)
    assert (len(kept["crashes"]), count(kept), OTHERS in kept["crashes"]) == (RELEASES, RELEASES + 2, True)


def test_cycles_of_ten_seconds_are_one_cell() -> None:
    kept: Windows = {}
    for at in (0, 9, 10):
        kept, _ = windows.put(kept, cycle(at, alloc_bytes=5, covered_s=0.5, pauses=[7]), NOW)
    span = BEGIN // 10
    assert kept["gc"] == {"v1": [[span, 2, 10, 1.0, 0, 0], [span + 1, 1, 5, 0.5, 0, 0]]}
    assert len(kept["pauses"]["v1"]) == 1


def test_what_is_too_old_for_any_rule_is_left_out() -> None:
    kept: Windows = {}
    for record in (crashes(0), lines(0, 1), cycle(0, pauses=[7])):
        kept, _ = windows.put(kept, record, NOW)
    assert list(windows.pruned(kept, BEGIN + KEPT_S + 60)) == ["last"]


def test_what_is_put_into_stays_as_it_was() -> None:
    before, _ = windows.put({}, crashes(0), NOW)
    windows.put(before, crashes(1), NOW)
    assert before == {"crashes": {"v1": [BEGIN, 1]}}


@given(TIMES)
def test_no_crash_is_lost_in_any_order(times: list[tuple[int, int]]) -> None:
    kept: Windows = {}
    for at, number in times:
        kept, _ = windows.put(kept, crashes(at, number), NOW)
    assert count(kept) == sum(number for _, number in times)


@given(TIMES)
def test_in_any_order_the_windows_are_the_same(times: list[tuple[int, int]]) -> None:
    kept: list[Windows] = [{}, {}]
    for place, ordered in enumerate((times, times[::-1])):
        for at, number in ordered:
            kept[place], _ = windows.put(kept[place], crashes(at, number), NOW)
    seen = [
        {name: dict(windows.filled(cells)) for name, cells in one.get("crashes", {}).items()} for one in kept
    ]
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("told", "at", "expected"),
    [
        (600, 580, (580, False)),
        (600, 600 + AHEAD_S, (600 + AHEAD_S, False)),
        (600, 4_200, (600, True)),
        (4_200, 4_200, (700, True)),
        (None, 580, (LATENESS_S, True)),
    ],
    ids=[
        "it is told of",
        "in time",
        "a wrong clock",
        "all clocks of a partition are wrong",
        "it is not known",
    ],
)
def test_after_an_outage_what_is_ahead_of_the_watermark_counts_where_it_is(
    told: int | None, at: int, expected: tuple[int, bool]
) -> None:
    timing = Timing(BEGIN, written(BEGIN + 700))
    up_to = None if told is None else written(BEGIN + told)
    second, is_skewed = windows.Present.of(timing, up_to).placed(written(BEGIN + at))
    assert (second - BEGIN, is_skewed) == expected
