"""What leaves for good: nothing is kept for ever, and nothing that somebody still needs goes."""

from typing import Any

import pytest

from pipeline import releases
from pipeline.commands import shard_key
from pipeline.releases import Releases
from tests.timeline import DAY, SHARD, Timeline, at, cluster, digits, kinds, news, sighting, stack

Row = dict[str, Any]

TTL_S, STUB_S = 90 * DAY, 365 * DAY


def leave(timeline: Timeline, second: float) -> list[str]:
    """Let rows leave; return which commands that took."""
    told = timeline.leaves(second, TTL_S)
    return [one.value["command"] for one in told if one.topic == "commands" and one.value]


def ledger(timeline: Timeline) -> Row:
    """Return what is written down of a shard."""
    row = timeline.row(shard_key(SHARD))
    assert row
    return {name: row[name] for name in ("aliases", "moved", "parted", "apart", "states")}


EMPTY: Row = {"aliases": {}, "moved": {}, "parted": {}, "apart": [], "states": {}}


@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_stub_leaves_a_year_after_its_row_and_what_comes_then_is_new(is_restarted: bool) -> None:
    timeline = Timeline()
    timeline.sees("total", stack("cart.Total"), 0)
    for second in (TTL_S + 1, TTL_S + STUB_S):
        leave(timeline, second)
        timeline.restart() if is_restarted else None
        row = timeline.row(digits("total"))
        assert row
        assert row["sort"] == "stub"
    assert leave(timeline, TTL_S + STUB_S + 1) == ["forget"]
    assert (timeline.row(digits("total")), leave(timeline, TTL_S + STUB_S + 2)) == (None, [])
    timeline.sees("total", stack("cart.Total"), 600 * DAY)
    assert kinds(timeline.told) == ["cluster_new"] * 2
    assert timeline.record(cluster("total"), 600 * DAY)["crashes_total"] == 1


def test_stubs_leave_in_the_order_in_which_they_were_last_told_of() -> None:
    timeline = Timeline()
    for second, name in enumerate(["pay", "cart", "stock"]):
        timeline.sees(name, None if name == "cart" else stack(f"{name}.F"), second)
    leave(timeline, TTL_S + 9)
    told = timeline.clusters.leaving(at(TTL_S + STUB_S + 9), TTL_S, limit=2)
    assert [one.key for one in told] == [digits("pay"), digits("cart")]


def test_what_came_back_is_not_forgotten() -> None:
    timeline = Timeline()
    timeline.sees("total", stack("cart.Total"), 0)
    leave(timeline, TTL_S + 1)
    (late,) = timeline.clusters.leaving(at(TTL_S + STUB_S + 1), TTL_S)
    timeline.sees("total", None, TTL_S + STUB_S + 2)
    assert late.value
    assert timeline.obeys(late.value, TTL_S + STUB_S + 3) == []
    assert timeline.of("total") == [cluster("total")]
    assert leave(timeline, TTL_S + STUB_S + 4) == []


def test_a_command_that_comes_when_its_row_is_no_more_changes_nothing() -> None:
    timeline = Timeline()
    for command in ("expire", "forget"):
        assert timeline.says(command, digits("total"), 0, "panicstream", told=0) == []
    assert timeline.rows == {}


def test_an_id_that_was_merged_stays_while_a_stub_leads_to_it_and_for_a_year() -> None:
    timeline = Timeline()
    for name in ("a", "b"):
        timeline.sees(name, stack(f"{name}.F", f"{name}.G"), 0)
    timeline.says("merge", cluster("b"), DAY, into=cluster("a"))
    for day in range(1, 600, 30):
        timeline.sees("a", None, day * DAY)
        leave(timeline, day * DAY)
        if day < 90 + 365:
            assert (ledger(timeline)["aliases"].keys(), timeline.of("b")) == ({cluster("b")}, [cluster("a")])
            assert timeline.clusters.canonical(cluster("b")) == cluster("a")
    assert (ledger(timeline), timeline.of("a")) == (EMPTY, [cluster("a")])
    assert timeline.clusters.shard_of(cluster("b")) is None


def test_an_id_that_a_living_fingerprint_leads_to_stays_for_ever() -> None:
    timeline = Timeline()
    for name in ("a", "b", "c"):
        timeline.sees(name, stack(f"{name}.F", f"{name}.G"), 0)
    timeline.says("merge", cluster("c"), DAY, into=cluster("b"))
    timeline.says("merge", cluster("b"), DAY, into=cluster("a"))
    for day in range(1, 600, 30):
        timeline.sees("c", None, day * DAY)
        leave(timeline, day * DAY)
    assert ledger(timeline)["aliases"].keys() == {cluster("b"), cluster("c")}
    timeline.restart()
    assert timeline.of("c") == [cluster("a")]


def test_what_was_split_and_said_of_a_bug_leaves_with_the_last_of_it() -> None:
    timeline = Timeline()
    for number in range(2):
        timeline.sees(f"a{number}", stack("a.F", "a.G", route=f"R{number}"), number)
    timeline.says("split", cluster("a0"), 5, fingerprints=[digits("a1")])
    timeline.says("mute", cluster("a1"), 6)
    leave(timeline, TTL_S + 10)
    before = ledger(timeline)
    assert leave(timeline, TTL_S + STUB_S - DAY) == []
    assert ledger(timeline) == before
    leave(timeline, TTL_S + STUB_S + 10)
    assert leave(timeline, TTL_S + STUB_S + 11) == ["prune"]
    assert ledger(timeline) == EMPTY


@pytest.mark.parametrize("into", ["a1", "a0"])
def test_what_comes_back_before_it_is_forgotten_that_it_was_moved_is_where_it_is_told_to_be(
    into: str,
) -> None:
    timeline = Timeline()
    for number in range(2):
        timeline.sees(f"a{number}", stack("a.F", "a.G", route=f"R{number}"), number)
    timeline.says("split", cluster("a0"), 5, fingerprints=[digits("a0")])
    leave(timeline, TTL_S + 10)
    leave(timeline, TTL_S + STUB_S + 10)
    second = TTL_S + STUB_S + 11
    new = news(timeline.sees(into, stack("a.F", "a.G", route=f"R{into[1]}"), second), "cluster_new")
    assert {one["cluster_id"] for one in new} <= set(timeline.of(into))
    home = (timeline.row(digits(into)) or {})["home"]
    leave(timeline, second + DAY)
    assert timeline.of(into) == [timeline.clusters.canonical(home)] == timeline.clusters.ids()


def test_a_shard_in_which_nothing_is_old_is_not_written_again() -> None:
    timeline = Timeline()
    for name in ("a", "b"):
        timeline.sees(name, stack(f"{name}.F", f"{name}.G"), 0)
    timeline.says("merge", cluster("b"), 1, into=cluster("a"))
    assert leave(timeline, 2) == []
    before = timeline.row(shard_key(SHARD))
    assert timeline.says("prune", SHARD, 3, "panicstream") == []
    assert timeline.row(shard_key(SHARD)) == before


def test_of_many_releases_those_are_kept_that_appeared_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "KEPT", 10)
    known = Releases()
    for number in range(100):
        known.see([["cart", f"v{number}", 1, at(number), at(number)], ["cart", "v0", 1, at(0), at(99)]])
        assert len(known) <= 20
    assert [known.appeared("cart", f"v{number}") for number in (0, 50, 90, 99)] == [
        None,
        None,
        at(90),
        at(99),
    ]


def test_of_fingerprints_that_left_their_traces_are_forgotten() -> None:
    timeline = Timeline()
    for number in range(9):
        timeline.takes(sighting("a", stack("a.F"), 0, trace_hash=digits(f"trace {number}")), 0)
    leave(timeline, TTL_S + 1)
    assert timeline.clusters._shards[SHARD]._traces == {}


def test_what_came_back_without_its_frames_is_as_young_as_these_for_who_was_there_too() -> None:
    timeline = Timeline()
    timeline.sees("a", stack("a.F"), 0)
    timeline.sees("b", stack("b.F"), DAY)
    leave(timeline, TTL_S + 1)
    timeline.sees("a", None, TTL_S + 2)
    timeline.sees("a", stack("a.F"), TTL_S + 3)
    ages = [timeline.clusters._shards[SHARD].age(cluster("a"))]
    timeline.restart()
    assert [*ages, timeline.clusters._shards[SHARD].age(cluster("a"))] == [3, 3]


def test_of_what_came_back_without_its_frames_first_the_traces_are_forgotten_too() -> None:
    timeline = Timeline()
    timeline.sees("a", stack("a.F"), 0)
    leave(timeline, TTL_S + 1)
    for frames in (None, stack("a.F")):
        timeline.sees("a", frames, TTL_S + 2)
    leave(timeline, 2 * TTL_S + 3)
    assert timeline.clusters._shards[SHARD]._traces == {}
