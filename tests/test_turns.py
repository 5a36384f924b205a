"""Whose turn it is, how much a channel is told, and what a digest sums up."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.digests import Digest
from pipeline.group import untold
from pipeline.limits import Bucket, Crowd, Doorkeeper
from pipeline.retries import FIRST_S, MOST_S, Deadlines, wait_s
from pipeline.turns import Turns

NOW = 1_000.0


def order(turns: Turns, now: float = NOW) -> list[str]:
    """Take all whose turn it is, one after the other."""
    taken = []
    while key := turns.first(now):
        taken.append(key)
        turns.plan(key, None)
    return taken


def test_what_is_critical_comes_first_and_then_what_waits_for_longest() -> None:
    turns = Turns()
    turns.plan("late", 900.0)
    turns.plan("early", 100.0)
    turns.plan("critical", 950.0, is_critical=True)
    turns.plan("later", 1_001.0, is_critical=True)
    assert order(turns) == ["critical", "early", "late"]
    assert turns.next_due() == 1_001.0


def test_what_is_planned_anew_has_one_turn() -> None:
    turns = Turns()
    for due in (900.0, 100.0, 950.0, 100.0):
        turns.plan("a", due)
    assert (len(turns), order(turns)) == (1, ["a"])


PLANS = st.tuples(st.sampled_from("abcde"), st.none() | st.floats(0, 2_000), st.booleans())


@given(st.lists(PLANS, max_size=40))
def test_turns_are_those_of_the_last_plan_of_each_key(plans: list[tuple[str, float | None, bool]]) -> None:
    turns, last = Turns(), dict[str, tuple[bool, float]]()
    for number, (key, due, is_critical) in enumerate(plans):
        turns.plan(key, due, is_critical=is_critical)
        last.pop(key, None)
        if due is not None:
            last[key] = not is_critical, due
        if number % 3 == 0:
            turns.first(NOW)
    due_now = {key: rank for key, rank in last.items() if rank[1] <= NOW}
    assert [last[key] for key in order(turns)] == sorted(due_now.values())


@given(st.floats(1, 600), st.integers(1, 50), st.lists(st.floats(0, 30), max_size=200))
def test_a_bucket_gives_no_more_than_its_rate_and_its_burst(
    rate: float, burst: int, waits: list[float]
) -> None:
    bucket, now, given_out = Bucket(rate, burst, 0.0), 0.0, 0
    for wait in waits:
        now += wait
        while bucket.take(now):
            given_out += 1
        assert bucket.ready_at(now) > now
    assert given_out <= burst + now * rate / 60 + 1e-6


def test_a_bucket_that_is_held_gives_nothing_before_its_time() -> None:
    bucket = Bucket(60, 10, NOW)
    bucket.hold(NOW + 30)
    assert [bucket.take(NOW), bucket.take(NOW + 29), bucket.take(NOW + 30)] == [False, False, True]


def test_half_of_those_told_by_themselves_are_kept_for_what_is_critical() -> None:
    door = Doorkeeper(Crowd(6))
    entered = []
    for is_critical in [False] * 5 + [True] * 5:
        if may := door.may_enter(NOW, is_critical=is_critical):
            door.enter(NOW, is_critical=is_critical)
        entered.append(may)
    assert entered == [*[True] * 3, *[False] * 2, *[True] * 3, *[False] * 2]
    assert door.may_enter(NOW + 301, is_critical=False)


def test_the_wait_before_an_attempt_grows_to_a_minute_and_is_no_shorter_than_asked_for() -> None:
    pending = {"attempt": 1, "seq": 1, "dropped": False}
    waits = [wait_s(pending | {"attempt": number}, None, "chat", "g") for number in range(1, 40)]
    assert waits[0] <= FIRST_S
    assert MOST_S / 2 < max(waits) <= MOST_S
    assert wait_s(pending, 90.0, "chat", "g") == 90.0
    assert len({wait_s(pending, None, "chat", f"g{number}") for number in range(50)}) == 50


def test_what_is_critical_has_more_time() -> None:
    assert [Deadlines().of(is_critical=one) for one in (True, False)] == [21_600.0, 1_800.0]


def folded(key: str, alerts: int) -> dict[str, object]:
    """Return the row of a group that was folded with so many alerts; with none, it is over."""
    known = {f"{key}-{number}": "e-1" for number in range(alerts)}
    return untold("chat", key) | {"known": known, "folded": bool(known)}


def test_a_digest_counts_all_that_was_folded_and_is_over_with_the_last_of_it() -> None:
    digest = Digest("chat")
    digest.note(folded("a", 2), 2, NOW)
    digest.note(folded("b", 3), 3, NOW)
    digest.note(folded("a", 0), 0, NOW)
    member = digest.group.members["digest"]
    assert (member.status, member.episode, digest.firing) == ("firing", "digest-1000-5", 3)
    digest.note(folded("b", 0), 0, NOW)
    over = digest.group.members["digest"]
    assert over.status == "resolved"
    digest.group.told = untold("chat", "digest") | {"over": {"digest": over.episode}}
    digest.note(folded("c", 1), 1, NOW)
    assert digest.group.members["digest"].episode == "digest-1001-1"


def test_a_digest_whose_end_was_not_told_goes_on() -> None:
    digest = Digest("chat")
    for key in ("a", "b"):
        digest.note(folded(key, 2), 2, NOW)
        digest.note(folded(key, 0), 0, NOW)
    assert digest.group.members["digest"].episode == "digest-1000-4"


def test_a_digest_goes_on_where_its_row_says_that_it_was() -> None:
    digest = Digest("chat")
    digest.load(untold("chat", "digest") | {"known": {"digest": "digest-1000-5"}})
    digest.note(folded("b", 3), 0, NOW + 50)
    digest.note(folded("c", 1), 1, NOW + 60)
    assert digest.group.members["digest"].episode == "digest-1000-6"


def test_a_digest_that_was_not_told_again_before_a_restart_counts_what_came_in_between() -> None:
    digest = Digest("chat")
    digest.load(untold("chat", "digest") | {"known": {"digest": "digest-1000-5"}})  # 3 of them are over
    digest.recall("digest-1000-8")
    digest.recall("digest-900-20")
    digest.note(folded("b", 2), 0, NOW + 50)
    digest.note(folded("c", 3), 0, NOW + 50)
    assert digest.group.members["digest"].episode == "digest-1000-8"


def test_a_doorkeeper_and_a_hold_go_on_by_a_clock_that_was_put_back() -> None:
    door, bucket, before = Doorkeeper(Crowd(2)), Bucket(60, 2, NOW + 90_000), NOW + 90_000
    for _ in range(2):
        door.enter(before, is_critical=True)
    bucket.hold(before + 3_600)
    assert (door.may_enter(before, is_critical=True), bucket.take(before)) == (False, False)
    assert (door.may_enter(NOW, is_critical=True), bucket.take(NOW)) == (True, True)


def test_a_bucket_goes_on_by_a_clock_that_was_put_back() -> None:
    bucket = Bucket(60, 2, NOW)
    assert bucket.take(NOW)
    assert [bucket.take(NOW - 600) for _ in range(2)] == [True, False]
    assert bucket.take(NOW - 599)
