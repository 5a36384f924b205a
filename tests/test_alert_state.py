"""What observations make of an alert."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.alert_state import SILENT_S, TOLD_S, Phase, State, Transition, due, step
from pipeline.observation import Observation
from pipeline.rules import Condition, Rule
from tests.rules import RATE

RULE = replace(RATE, keep_firing_for_s=60)
AT_ONCE = replace(RULE, for_s=0, keep_firing_for_s=0)
Seen = tuple[int, float | None]
"""Seconds since the last observation, and the value."""
SERIES = st.lists(st.tuples(st.integers(1, 50), st.one_of(st.none(), st.floats(0, 10))), max_size=60)


def observations(series: Sequence[Seen]) -> list[Observation]:
    at, seen = 0, []
    for gap, value in series:
        at += gap
        seen.append(Observation(at, value, 1))
    return seen


def run(rule: Rule, seen: list[Observation], state: State | None = None) -> tuple[State, list[Transition]]:
    state, told = state or State(), []
    for one in seen:
        state, moves = step(rule, state, one)
        told += moves
    return state, told


def phases(told: list[Transition]) -> list[tuple[Phase, int]]:
    return [(move.state.phase, move.state.at) for move in told]


def test_an_alert_is_pending_then_fires_recovers_and_is_resolved() -> None:
    seen = [(10, 6.0), (60, 7.0), (60, 7.0), (50, 2.0), (60, 1.0), (TOLD_S, 0.0)]
    assert phases(run(RULE, observations(seen))[1]) == [
        (Phase.PENDING, 10),
        (Phase.FIRING, 130),
        (Phase.RECOVERING, 180),
        (Phase.RESOLVED, 240),
        (Phase.INACTIVE, 240 + TOLD_S),
    ]


def test_one_false_observation_ends_what_is_pending() -> None:
    assert phases(run(RULE, observations([(10, 6.0), (60, 5.0), (60, 6.0)]))[1]) == [
        (Phase.PENDING, 10),
        (Phase.INACTIVE, 70),
        (Phase.PENDING, 130),
    ]


def test_between_the_thresholds_an_alert_goes_on_firing() -> None:
    state, told = run(AT_ONCE, observations([(10, 6.0), (60, 4.0), (600, 4.0)]))
    assert (state.phase, len(told)) == (Phase.FIRING, 1)


def test_what_comes_back_while_it_recovers_is_the_same_episode() -> None:
    seen = observations([(10, 6.0), (130, 6.0), (10, 1.0), (10, 4.0), (10, 1.0), (60, 1.0), (10, 9.0)])
    _, told = run(RULE, seen)
    assert [(move.state.phase, move.state.active_at, move.state.seq) for move in told] == [
        (Phase.PENDING, 10, 1),
        (Phase.FIRING, 10, 2),
        (Phase.RECOVERING, 10, 3),
        (Phase.FIRING, 10, 4),
        (Phase.RECOVERING, 10, 5),
        (Phase.RESOLVED, 10, 6),
        (Phase.PENDING, 240, 1),
    ]


def test_without_data_an_alert_waits_and_then_ends() -> None:
    seen = observations([(10, 6.0), (10, None), (SILENT_S - 1, None), (1, None)])
    assert phases(run(AT_ONCE, seen)[1]) == [
        (Phase.FIRING, 10),
        (Phase.NODATA, 20),
        (Phase.RESOLVED, 20 + SILENT_S),
    ]


def test_without_data_nothing_becomes_pending() -> None:
    assert run(RULE, observations([(10, None), (10, None)]))[1] == []


def test_with_too_few_samples_nothing_fires() -> None:
    assert run(replace(RULE, min_samples=2), observations([(10, 9.0)]))[1] == []


def test_the_lower_bound_decides_whether_it_fires_and_the_value_whether_it_is_clear() -> None:
    seen = [
        Observation(10, 9.0, 9, lower=4.7),
        Observation(20, 10.0, 10, lower=5.4),
        Observation(30, 4.0, 4, lower=1.4),
    ]
    assert phases(run(AT_ONCE, seen)[1]) == [(Phase.FIRING, 20)]


def test_what_may_not_resolve_recovers_until_it_may() -> None:
    state, _ = run(AT_ONCE, observations([(10, 6.0)]))
    state, _ = step(AT_ONCE, state, Observation(20, 0.0, 1), may_resolve=False)
    assert state.phase == Phase.RECOVERING
    state, _ = step(AT_ONCE, state, Observation(30, 0.0, 1))
    assert state.phase == Phase.RESOLVED


def test_an_alert_of_a_rule_that_was_changed_ends_and_that_of_the_new_one_begins() -> None:
    state, _ = run(AT_ONCE, observations([(10, 6.0)]))
    state, told = step(replace(AT_ONCE, fire=Condition(">", 4)), state, Observation(20, 6.0, 1))
    assert [(move.state.phase, move.state.active_at, move.state.seq) for move in told] == [
        (Phase.RESOLVED, 10, 2),
        (Phase.FIRING, 20, 1),
    ]


def test_fire_and_clear_that_both_hold_make_one_step_an_observation() -> None:
    rule = replace(AT_ONCE, clear=Condition(">", 0))
    assert phases(run(rule, observations([(10, 6.0), (10, 6.0), (10, 6.0)]))[1]) == [
        (Phase.FIRING, 10),
        (Phase.RESOLVED, 20),
        (Phase.FIRING, 30),
    ]


@pytest.mark.parametrize(
    ("phase", "at"),
    [
        (Phase.INACTIVE, None),
        (Phase.PENDING, 220),
        (Phase.FIRING, None),
        (Phase.RECOVERING, 160),
        (Phase.NODATA, 100 + SILENT_S),
        (Phase.RESOLVED, 100 + TOLD_S),
    ],
)
def test_time_alone_changes_a_state_when_it_is_due(phase: Phase, at: int | None) -> None:
    assert due(RULE, State(phase, at=150, since=100)) == at


def test_a_state_is_written_and_read() -> None:
    state, _ = run(RULE, observations([(10, 6.0), (130, 6.0)]))
    assert State.read(state.written()) == state


@given(SERIES)
def test_nothing_fires_before_its_time(series: list[Seen]) -> None:
    _, told = run(RULE, observations(series))
    for before, move in zip([None, *told], told, strict=False):
        if move.state.phase == Phase.FIRING and before and before.state.phase == Phase.PENDING:
            assert move.state.at - before.state.at >= RULE.for_s


@given(SERIES)
def test_nothing_is_resolved_while_it_is_kept(series: list[Seen]) -> None:
    _, told = run(RULE, observations(series))
    for before, move in zip([None, *told], told, strict=False):
        if move.state.phase == Phase.RESOLVED:
            assert before is not None
            assert move.state.at - before.state.at >= RULE.keep_firing_for_s


@given(SERIES, st.integers(0, 60))
def test_what_is_seen_again_changes_nothing(series: list[Seen], start: int) -> None:
    seen = observations(series)
    state, _ = run(RULE, seen)
    assert run(RULE, seen[start:], state) == (state, [])


@given(SERIES)
def test_each_transition_has_the_next_number_of_its_episode(series: list[Seen]) -> None:
    _, told = run(RULE, observations(series))
    episodes: dict[int | None, list[int]] = {}
    for move in told:
        episodes.setdefault(move.state.active_at, []).append(move.state.seq)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in episodes.values())


@given(SERIES, st.integers(0, 59), st.floats(0, 10))
def test_what_comes_late_takes_back_no_alert_that_fired(series: list[Seen], where: int, more: float) -> None:
    """A late record makes later values larger: alerts that fired before have the same transitions."""
    seen = observations(series)
    raised = [*seen[:where], *(one._replace(value=(one.value or 0) + more) for one in seen[where:])]
    at = seen[where - 1].at if 0 < where <= len(seen) else 0
    before = [move for move in run(RULE, seen)[1] if move.state.at <= at]
    after = [move for move in run(RULE, raised)[1] if move.state.at <= at]
    assert after == before


@pytest.mark.parametrize(
    ("earlier", "fires_at"),
    [([(40, 6.0)], 160), ([(40, 6.0), (45, 1.0)], 170), ([(40, 1.0)], 170), ([(40, 6.0), (45, 7.0)], 160)],
    ids=["it held", "it held, and not any more", "it did not hold", "it held for long"],
)
def test_what_is_known_late_of_the_time_before_an_alert_was_pending_counts(
    earlier: list[tuple[int, float]], fires_at: int
) -> None:
    state, _ = run(RULE, [Observation(50, 6.0, 1)])
    state, told = run(RULE, [Observation(at, value, 1) for at, value in earlier], state)
    assert told == []
    assert due(RULE, state) == fires_at
    assert phases(run(RULE, [Observation(fires_at, 6.0, 1)], state)[1]) == [(Phase.FIRING, fires_at)]
