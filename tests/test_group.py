"""What a channel is told of a group, and what not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.retries import LATE_S
from pipeline.sends import AMBIGUOUS, OK, REJECTED
from pipeline.wanted import Notification
from tests.notified import CHAT, PAGER, START, Played, alert, notification

AGAIN = "retry"


def test_an_alert_that_fires_is_told_at_once_and_its_end_an_interval_later() -> None:
    played = Played()
    played.wants("a", START, 2)
    assert played.attempt() is not None
    played.wants("a", START, 4, "resolved")
    assert played.attempt() is None
    played.now += 30
    played.attempt()
    assert played.actions == ["trigger", "resolve"]
    assert [seq for _, seq, *_ in played.heard] == [1, 2]


def test_a_new_group_waits_for_more_of_it() -> None:
    played = Played()
    played.wants("a", START, 2, group_wait_s=10.0)
    played.now += 5
    played.wants("b", START, 2, group_wait_s=10.0)
    assert played.attempt() is None
    played.now += 5
    played.attempt()
    assert played.heard == [("trigger", 1, {"a": f"a-{START}", "b": f"b-{START}"}, False)]


def test_a_group_is_over_when_all_of_it_is() -> None:
    played = Played()
    played.wants("a", START, 2)
    played.wants("b", START, 2)
    played.work_off(0.1)
    played.wants("a", START, 4, "resolved")
    played.work_off(0.1)
    played.wants("b", START, 4, "resolved")
    played.work_off(0.1)
    assert played.actions == ["trigger", "update", "resolve"]


def test_in_a_storm_changes_wait_and_ends_do_not() -> None:
    played = Played(calm_s=120)
    played.wants("a", START, 2)
    played.attempt()
    played.wants("b", START, 2)
    played.now += 60
    assert played.attempt() is None
    for name in ("a", "b"):
        played.wants(name, START, 4, "resolved")
    played.attempt()
    assert played.actions == ["trigger", "resolve"]


def test_an_older_state_after_a_newer_changes_nothing() -> None:
    played = Played()
    played.wants("a", START, 2)
    played.attempt()
    played.wants("a", START, 4, "resolved")
    played.work_off(0.1)
    played.wants("a", START, 2)
    played.wants("a", START - 100, 9)
    played.work_off(0.1)
    assert played.actions == ["trigger", "resolve"]


@pytest.mark.parametrize(("trait", "told"), [(CHAT, ["note"]), (PAGER, [])])
def test_what_fired_and_was_over_unseen_is_a_note_to_people_and_nothing_to_a_pager(
    trait: Any, told: Any
) -> None:
    played = Played(trait)
    played.wants("a", START, 2)
    played.wants("a", START, 4, "resolved")
    played.work_off(0.1)
    assert played.actions == told


def test_a_newer_state_replaces_one_that_could_not_be_told() -> None:
    played = Played()
    played.wants("a", START, 2)
    played.attempt(AGAIN)
    played.wants("b", START, 2)
    played.work_off(0.1)
    assert played.heard == [("trigger", 2, {"a": f"a-{START}", "b": f"b-{START}"}, False)]


def test_an_end_is_told_while_a_silence_holds() -> None:
    played = Played()
    played.wants("a", START, 2)
    played.attempt()
    played.is_silenced = True
    played.wants("a", START, 4, "resolved")
    played.work_off(0.1)
    assert played.actions == ["trigger", "resolve"]


def test_a_silenced_alert_is_told_once_the_silence_is_over() -> None:
    played = Played(is_silenced=True)
    played.wants("a", START, 2)
    played.work_off(0.1)
    assert played.actions == []
    assert played.plan().hushed == {"a": "silenced"}
    played.is_silenced = False
    played.attempt()
    assert played.actions == ["trigger"]


def test_what_fired_and_was_over_under_a_silence_is_no_note() -> None:
    played = Played(is_silenced=True)
    played.wants("a", START, 2)
    played.work_off(0.1)
    played.wants("a", START, 4, "resolved")
    played.work_off(0.1)
    played.is_silenced = False
    played.work_off(0.1)
    assert played.actions == []


@pytest.mark.parametrize(("trait", "told"), [(CHAT, ["trigger"]), (PAGER, ["trigger", "acknowledge"])])
def test_a_silence_over_what_is_told_is_acknowledged_where_that_can_be(trait: Any, told: Any) -> None:
    played = Played(trait)
    played.wants("a", START, 2)
    played.attempt()
    played.is_silenced = True
    played.work_off(0.5)
    assert played.actions == told


@pytest.mark.parametrize(("trait", "more"), [(CHAT, []), (PAGER, ["acknowledge"])])
def test_a_silence_over_what_is_told_lets_nothing_through_but_the_end(trait: Any, more: list[str]) -> None:
    played = Played(trait)
    for name in ("a", "b"):
        played.wants(name, START, 2, group_interval_s=0.0)
    played.attempt()
    played.is_silenced = True
    played.work_off(0.1)
    played.wants("a", START, 4, "resolved", group_interval_s=0.0)
    played.work_off(0.1)
    played.wants("a", START + 600, 2, group_interval_s=0.0)
    played.wants("c", START + 600, 2, group_interval_s=0.0)
    played.work_off(6)
    assert played.actions == ["trigger", *more]
    for name in ("a", "b", "c"):
        played.wants(name, START + 600 * (name != "b"), 4, "resolved", group_interval_s=0.0)
    played.work_off(0.1)
    assert played.actions == ["trigger", *more, "resolve"]


def test_what_fired_again_under_a_silence_is_told_when_that_is_over() -> None:
    played = Played()
    played.wants("a", START, 2)
    played.attempt()
    played.is_silenced = True
    played.wants("a", START, 4, "resolved")
    played.wants("a", START + 60, 2)
    played.work_off(0.1)
    assert played.actions == ["trigger"]
    played.is_silenced = False
    played.attempt()
    assert played.heard[1:] == [("update", 2, {"a": f"a-{START + 60}"}, False)]


def test_what_fired_and_was_over_in_a_silenced_group_is_no_note() -> None:
    played = Played()
    played.wants("a", START, 2)
    played.attempt()
    played.is_silenced = True
    played.wants("b", START, 2)
    played.work_off(0.1)
    played.wants("b", START, 4, "resolved")
    played.work_off(0.1)
    played.is_silenced = False
    played.work_off(0.1)
    assert played.actions == ["trigger"]


def test_what_still_fires_is_told_again_after_the_repeat_interval() -> None:
    played = Played()
    played.wants("a", START, 2, repeat_interval_s=600.0)
    played.work_off(0.5)
    assert played.actions == ["trigger", "update", "update"]
    assert [seq for _, seq, *_ in played.heard] == [1, 2, 3]


def test_what_a_kill_left_open_is_told_again_and_says_so() -> None:
    played = Played()
    played.wants("a", START, 2)
    played.attempt(dies="after")
    played.work_off(0.1)
    firing = {"a": f"a-{START}"}
    assert played.heard == [("trigger", 1, firing, False), ("trigger", 1, firing, True)]


@pytest.mark.parametrize(("severity", "count"), [("critical", 2), ("info", 1)])
def test_without_an_answer_only_what_is_critical_is_told_again(severity: str, count: int) -> None:
    played = Played()
    played.take(notification(alert("a", START, 2, severity=severity)))
    played.attempt(AMBIGUOUS)
    played.work_off(0.1)
    assert len(played.heard) == count


def test_what_may_have_been_told_is_resolved() -> None:
    played = Played(PAGER)
    played.wants("a", START, 2)
    played.attempt(dies="after")
    played.wants("a", START, 4, "resolved")
    played.attempt(AGAIN)
    played.work_off(0.1)
    assert played.actions == ["trigger", "resolve"]


def test_what_is_refused_waits_for_a_change() -> None:
    played = Played()
    played.wants("a", START, 2)
    played.attempt(REJECTED)
    played.work_off(0.1)
    assert (played.actions, played.dead) == ([], 1)
    played.wants("b", START, 2)
    played.attempt()
    assert played.actions == ["trigger"]


def test_an_end_that_is_refused_is_one_dead_letter_and_tried_on() -> None:
    played = Played(PAGER)
    played.wants("a", START, 2)
    played.attempt()
    played.wants("a", START, 4, "resolved")
    played.now += 30
    played.attempt(REJECTED)
    played.now += LATE_S
    played.attempt(REJECTED)
    played.now += LATE_S
    played.attempt()
    assert (played.actions, played.dead) == (["trigger", "resolve"], 1)


def test_what_is_late_is_a_dead_letter_once_and_told_all_the_same_while_it_holds() -> None:
    played = Played(deadline_s=100)
    played.wants("a", START, 2)
    for _ in range(200):
        played.attempt(AGAIN)
        played.now += 10
    assert (played.actions, played.dead) == ([], 1)
    played.work_off(0.2)
    assert played.actions == ["trigger"]


NAMES = ("a", "b")
STATES = [  # of each alert, oldest first
    notification(alert(name, START + episode * 100, seq, status))
    for name in NAMES
    for episode in range(2)
    for seq, status in ((2, "firing"), (3, "firing"), (4, "resolved"))
]
STEPS = st.one_of(
    st.integers(0, len(STATES) - 1),
    st.sampled_from([OK, AGAIN, AMBIGUOUS, REJECTED, "before", "after", "silence", "speak"]),
    st.floats(1, 400),
)


def truth(played: Played) -> set[str]:
    """Return which alerts fire, by the newest that was told of each."""
    newest: dict[str, Any] = {}
    for row in played.rows.values():
        newest[row["member"]] = row
    return {row["episode"] for row in newest.values() if row["status"] == "firing"}


@pytest.mark.parametrize("trait", [CHAT, PAGER])
@given(steps=st.lists(STEPS, max_size=40), stays_silent=st.booleans())
def test_whatever_happens_the_channel_knows_the_newest_in_the_end_and_never_an_older_after_it(
    trait: Any, steps: list[Any], stays_silent: bool
) -> None:
    played = Played(trait)
    for step in steps:
        if isinstance(step, int):
            played.take(STATES[step])
        elif isinstance(step, float):
            played.now += step
        elif step in {"silence", "speak"}:
            played.is_silenced = step == "silence"
        elif step in {"before", "after"}:
            played.attempt(dies=step)
        else:
            played.attempt(step)
    refused = played.told and played.told["pending"] and played.told["pending"]["state"] == REJECTED
    if refused and played.told:
        played.told = played.told | {"pending": None}
    played.is_silenced &= stays_silent
    played.work_off()
    judge(played)


def judge(played: Played) -> None:
    """Hold what was heard against what has to hold."""
    seqs = [seq for _, seq, *_ in played.heard]
    assert seqs == sorted(seqs)  # never an older state after a newer
    again = [one for before, one in zip(played.heard, played.heard[1:], strict=False) if one[1] == before[1]]
    assert len(again) <= played.ambiguous
    assert [one for one in again if not one[3]] == []  # each repeat says so
    over: set[str] = set()
    before: set[str] = set()
    for _, _, known, _ in played.heard:
        firing = set(known.values())
        assert not firing & over  # what was over does not fire again
        over |= before - firing
        before = firing
    if played.is_silenced:  # a part that is over, or fired again, is told when the silence is over
        assert truth(played) or not played.open
    else:
        assert played.open == truth(played)


def test_a_group_that_comes_whole_is_told_again_when_it_comes_again_and_not_by_itself() -> None:
    played, record = Played(), alert("a", START, 1)

    def come() -> None:
        timing = {"detected_at": str(played.now)}
        whole = Notification(
            schema_version=1,
            channel="chat",
            group_key="g",
            whole=True,
            alerts=[{**record, "timing": timing}],
            repeat_interval_s=54.0,
        )
        played.take(whole)
        played.work_off(0.001)

    come()
    played.now += 20
    come()  # another replica, or one that was killed, tells the same
    played.work_off(2)
    assert played.actions == ["trigger"]
    come()
    assert played.actions == ["trigger", "update"]


def test_a_clock_that_was_ahead_puts_off_no_change_in_a_storm_and_no_repeat() -> None:
    played = Played(calm_s=120, now=START + 90_000)
    played.wants("a", 1, 1)
    played.attempt()
    played.now = START
    played.wants("b", 1, 1)
    played.attempt()
    played.told = (played.told or {}) | {"at": START + 90_000}
    played.attempt()
    assert played.actions == ["trigger", "update", "update"]


def test_a_clock_that_was_ahead_puts_nothing_off() -> None:
    played = Played(now=START + 3_600)
    played.wants("a", 1, 1, group_wait_s=30.0)
    played.now = START
    assert played.attempt("retry")
    played.now = START - 3_600
    assert played.attempt()
    played.wants("a", 1, 2, "resolved")
    played.now = START - 7_200
    played.attempt()
    assert played.actions == ["trigger", "resolve"]
