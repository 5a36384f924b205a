"""What people say of clusters, and what is told of merges, splits and regressions."""

from typing import Any

import pytest

from pipeline.commands import shard_key
from pipeline.step import BadRecordError
from tests.alike import SetAlike
from tests.timeline import DAY, HOUR, MINUTE, SHARD, Timeline, at, cluster, digits, kinds, news, stack

Row = dict[str, Any]


def crashed(*names: str, clusterer: SetAlike | None = None) -> Timeline:
    """Return a partition in which bugs crashed once each, a second apart."""
    timeline = Timeline(lambda: clusterer) if clusterer else Timeline()
    for second, name in enumerate(names):
        timeline.sees(name, stack(f"{name}.F", f"{name}.G"), second)
    return timeline


def joined() -> tuple[Timeline, SetAlike]:
    """Return a partition in which a third fingerprint makes two clusters one."""
    alike = SetAlike()
    timeline = crashed("a", "b", clusterer=alike)
    alike.say(digits("a"), digits("c"), 0.4)
    alike.say(digits("b"), digits("c"), 0.3)
    timeline.sees("c", stack("c.F"), 10)
    return timeline, alike


def torn() -> tuple[Timeline, SetAlike]:
    """Return a partition in which a cluster fell apart: a from b, c from d, and these from those."""
    alike = SetAlike()
    timeline = Timeline(lambda: alike)
    for name in ("b", "c", "d"):
        alike.say(digits("a"), digits(name), 0.5)
    for name in ("a", "b", "c", "d"):
        timeline.sees(name, stack(name), 0, count=9 if name in "ac" else 1)
    for one, other, s in [("a", "b", -0.3), ("c", "d", -0.3), ("a", "c", -1), ("a", "d", -1)]:
        alike.say(digits(one), digits(other), s)
    return timeline, alike


def states(timeline: Timeline, name: str, second: float) -> str:
    (known,) = timeline.of(name)
    return str(timeline.record(known, second)["state"])


def test_clusters_that_a_fingerprint_joins_are_merged_into_the_oldest_and_told_once() -> None:
    timeline, _ = joined()
    assert timeline.of("a", "b", "c") == [cluster("a")] * 3
    (told,) = news(timeline.told, "cluster_merged")
    assert {
        name: told[name] for name in list(told) if name in {"cluster_id", "from_cluster_id", "by", "time"}
    } == {
        "cluster_id": cluster("a"),
        "time": at(10),
        "by": "panicstream",
        "from_cluster_id": cluster("b"),
    }
    assert timeline.record(cluster("a"))["aliases"] == [cluster("b")]
    gone = [one.value for one in timeline.told if one.topic == "clusters" and one.key == cluster("b")]
    assert gone[-1] is None


def test_a_merge_says_which_two_are_alike_and_how_much() -> None:
    alike = SetAlike()
    timeline = crashed("a", "b", clusterer=alike)
    alike.say(digits("a"), digits("b"), 0.7)
    timeline.sees("c", stack("c.F"), 10)
    assert news(timeline.told, "cluster_merged") == []  # c is connected with neither
    alike.say(digits("b"), digits("d"), 0.2)
    timeline.sees("d", stack("d.F"), 11)
    (told,) = news(timeline.told, "cluster_merged")
    assert (told["fingerprints"], told["similarity"]) == ([digits("b"), digits("a")], 0.7)


def test_what_stands_apart_is_split_off_after_ten_minutes_and_told_once() -> None:
    timeline, alike = joined()
    alike.say(digits("b"), digits("c"), -0.2)
    timeline.sees("d", stack("d.F"), 20)
    alike.say(digits("c"), digits("e"), 0.1)
    timeline.sees("e", stack("e.F"), MINUTE)
    assert kinds(timeline.ticks(11 * MINUTE - 1)) == []
    assert kinds(timeline.ticks(11 * MINUTE)) == ["cluster_split"]
    assert kinds(timeline.ticks(30 * MINUTE)) == []
    (told,) = news(timeline.told, "cluster_split")
    ids = timeline.of("a", "b", "c", "e")
    assert ids == [cluster("a"), told["cluster_id"], cluster("a"), cluster("a")]
    assert (told["from_cluster_id"], told["fingerprints"]) == (cluster("a"), [digits("b")])
    assert told["cluster_id"] not in {cluster("a"), cluster("b")}  # the second is an alias for good


def test_what_stands_apart_for_a_moment_is_not_split_off_beside_what_did_for_long() -> None:
    alike = SetAlike()
    timeline = Timeline(lambda: alike)
    for name in ("a", "b", "c", "x", "y"):
        alike.say(digits("a"), digits(name), 0.5)
    for name in ("a", "b", "c"):
        timeline.sees(name, stack(name), 0, count=9 if name == "a" else 1)
    alike.say(digits("a"), digits("b"), -0.3)
    timeline.sees("x", stack("x"), MINUTE)
    alike.say(digits("a"), digits("c"), -0.3)
    timeline.sees("y", stack("y"), 12 * MINUTE)
    timeline.ticks(12 * MINUTE)
    assert timeline.of("b", "c") == [cluster("b"), cluster("a")]
    timeline.ticks(22 * MINUTE)
    assert timeline.of("b", "c") == [cluster("b"), cluster("c")]


def test_what_waits_elsewhere_waits_on_while_others_of_its_cluster_are_looked_at() -> None:
    timeline, alike = torn()
    for minute, (name, near) in enumerate([("x", "a"), ("y", "c")], start=1):
        alike.say(digits(name), digits(near), 0.5)
        timeline.sees(name, stack(name), minute * MINUTE)
    timeline.ticks(11 * MINUTE)
    assert timeline.of("a", "b", "c", "d") == [cluster("a"), cluster("b"), cluster("a"), cluster("a")]
    timeline.ticks(12 * MINUTE)
    assert timeline.of("a", "b", "c", "d") == [cluster("a"), cluster("b"), cluster("a"), cluster("d")]


def test_what_is_ripe_in_several_places_is_split_off_at_once() -> None:
    timeline, alike = torn()
    for name, near in [("x", "a"), ("y", "c")]:
        alike.say(digits(name), digits(near), 0.5)
        timeline.sees(name, stack(name), MINUTE)
    assert kinds(timeline.ticks(11 * MINUTE)) == ["cluster_split"] * 2
    assert timeline.of("a", "b", "c", "d") == [cluster("a"), cluster("b"), cluster("a"), cluster("d")]


def test_what_is_nearly_together_is_not_split_off() -> None:
    timeline, alike = joined()
    alike.say(digits("b"), digits("c"), -0.05)
    alike.say(digits("c"), digits("e"), 0.1)
    timeline.sees("e", stack("e.F"), MINUTE)
    assert timeline.ticks(30 * MINUTE) != []
    assert news(timeline.told, "cluster_split") == []


def test_what_came_together_again_is_not_split_off() -> None:
    timeline, alike = joined()
    alike.say(digits("b"), digits("c"), -0.2)
    alike.say(digits("c"), digits("e"), 0.1)
    timeline.sees("e", stack("e.F"), MINUTE)
    alike.say(digits("b"), digits("c"), 0.2)
    timeline.ticks(30 * MINUTE)
    assert news(timeline.told, "cluster_split") == []


def test_a_person_merges_clusters_that_nothing_else_joins_and_they_stay_together() -> None:
    timeline = crashed("a", "b")
    told = timeline.says("merge", cluster("a"), 5, into=cluster("b"))
    assert kinds(told) == ["cluster_merged"]
    assert news(told, "cluster_merged")[0]["by"] == "alice"
    timeline.restart()
    timeline.sees("a2", stack("a.F", "a.G", route="Other"), 20)
    timeline.ticks(30 * MINUTE)
    timeline.ticks(60 * MINUTE)
    assert timeline.of("a", "b", "a2") == [cluster("b")] * 3
    assert "cluster_split" not in kinds(timeline.told)


def test_a_person_splits_a_cluster_and_nothing_but_a_person_merges_it_again() -> None:
    timeline = Timeline()
    for number in range(3):
        timeline.sees(f"a{number}", stack("a.F", "a.G", route=f"R{number}"), number)
    told = timeline.says("split", cluster("a0"), 5, fingerprints=[digits("a1")])
    assert kinds(told) == ["cluster_split"]
    assert timeline.of("a0", "a1", "a2") == [cluster("a0"), cluster("a1"), cluster("a0")]
    timeline.restart()
    timeline.sees("a3", stack("a.F", "a.G", route="R3"), 6)
    timeline.ticks(60 * MINUTE)
    assert kinds(timeline.told) == ["cluster_new", "cluster_split"]
    timeline.says("merge", cluster("a1"), 7, into=cluster("a0"))
    timeline.sees("a4", stack("a.F", "a.G", route="R4"), 8)
    assert set(timeline.of("a0", "a1", "a2", "a3", "a4")) == {cluster("a0")}


def test_a_fingerprint_like_both_sides_of_a_split_joins_the_one_that_it_is_most_like() -> None:
    alike = SetAlike()
    alike.say(digits("a"), digits("b"), 0.5)
    timeline = crashed("a", "b", clusterer=alike)
    timeline.says("split", cluster("a"), 5, fingerprints=[digits("b")])
    alike.say(digits("c"), digits("a"), 0.3)
    alike.say(digits("c"), digits("b"), 0.4)
    timeline.sees("c", stack("c.F"), 6)
    assert timeline.of("a", "b", "c") == [cluster("a"), cluster("b"), cluster("b")]


def test_a_merge_that_was_found_before_a_person_parted_the_two_does_not_happen() -> None:
    timeline = Timeline()
    for number in range(2):
        timeline.sees(f"a{number}", stack("a.F", "a.G", route=f"R{number}"), number)
    timeline.says("split", cluster("a0"), 5, fingerprints=[digits("a1")])
    pair = [digits("a0"), digits("a1")]
    assert (
        timeline.says("merged", cluster("a1"), 6, "panicstream", into=cluster("a0"), fingerprints=pair) == []
    )


@pytest.mark.parametrize(
    ("command", "arguments"),
    [("merge", {"into": cluster("b")}), ("resolve", {}), ("mute", {}), ("unmute", {}), ("reopen", {})],
)
def test_a_command_that_comes_twice_changes_and_tells_nothing_more(command: str, arguments: Row) -> None:
    timeline = crashed("a", "b")
    timeline.says(command, cluster("a"), 5, **arguments)
    before = timeline.row(shard_key(SHARD))
    again = timeline.says(command, cluster("a"), 5, **arguments)
    assert (again, timeline.row(shard_key(SHARD))) == ([], before)


def test_our_own_commands_that_come_again_change_nothing() -> None:
    timeline, _ = joined()
    before = timeline.row(shard_key(SHARD))
    for effect in [one for one in timeline.told if one.topic == "commands"]:
        assert effect.value
        assert timeline.obeys(effect.value, 99) == []
    assert timeline.row(shard_key(SHARD)) == before


def test_a_cluster_is_new_for_a_day_and_then_ongoing() -> None:
    timeline = crashed("a")
    assert [states(timeline, "a", second) for second in (1, DAY - 1, DAY)] == ["new", "new", "ongoing"]


def test_a_muted_cluster_counts_on_and_is_muted_until_told_otherwise() -> None:
    timeline = crashed("a")
    timeline.says("mute", cluster("a"), 1)
    timeline.sees("a", None, 2)
    timeline.restart()
    assert (states(timeline, "a", 3), timeline.record(cluster("a"))["crashes_total"]) == ("muted", 2)
    timeline.says("unmute", cluster("a"), 4)
    assert states(timeline, "a", 5) == "new"


def test_what_is_resolved_in_a_release_may_still_be_seen_there_and_in_those_before() -> None:
    timeline = Timeline()
    for second, release in enumerate(["v1", "v2"]):
        timeline.sees("a", stack("a.F"), second, release=release)
    timeline.says("resolve", cluster("a"), 10, release="v2")
    timeline.sees("a", None, 20, release="v1")
    timeline.sees("a", None, 21, release="v2")
    assert states(timeline, "a", 22) == "resolved"
    assert "cluster_regressed" not in kinds(timeline.told)


def test_what_is_resolved_regresses_in_a_later_release_and_that_is_told_once() -> None:
    timeline = Timeline()
    timeline.sees("a", stack("a.F"), 0, release="v2")
    timeline.says("resolve", cluster("a"), 10, release="v2")
    timeline.sees("a", None, 20, release="v3")
    timeline.sees("a", None, 21, release="v3")
    (told,) = news(timeline.told, "cluster_regressed")
    shown = [
        told[name] for name in ("cluster_id", "release", "fingerprint", "sample_id", "service_name", "time")
    ]
    assert shown == [cluster("a"), "v3", digits("a"), digits("a at 20"), "cart", at(20)]
    assert states(timeline, "a", DAY) == "regressed"


def test_a_release_that_was_seen_with_another_bug_before_is_no_later_one() -> None:
    timeline = Timeline()
    timeline.sees("b", stack("b.F", "b.G"), 0, release="v1")
    timeline.sees("a", stack("a.F", "a.G"), 1, release="v2")
    timeline.says("resolve", cluster("a"), 10, release="v2")
    timeline.restart()
    timeline.sees("a", None, 20, release="v1")
    assert states(timeline, "a", 21) == "resolved"


def test_a_release_that_never_crashed_stands_for_the_time_of_its_resolution() -> None:
    timeline = Timeline()
    timeline.sees("a", stack("a.F"), 0, release="v1")
    timeline.says("resolve", cluster("a"), 10, release="v2")
    timeline.sees("a", None, 20, release="v1")
    assert states(timeline, "a", 21) == "resolved"
    timeline.sees("a", None, 30, release="v3")
    assert states(timeline, "a", 31) == "regressed"


@pytest.mark.parametrize("release", ["v1", None])
def test_without_a_release_what_is_resolved_regresses_as_soon_as_it_is_seen(release: str | None) -> None:
    timeline = Timeline()
    timeline.sees("a", stack("a.F"), 0, release=release)
    timeline.says("resolve", cluster("a"), 10)
    timeline.sees("a", None, 9, release=release)
    assert states(timeline, "a", 11) == "resolved"
    timeline.sees("a", None, 12, release=release)
    assert states(timeline, "a", 13) == "regressed"


def test_another_fingerprint_of_a_resolved_cluster_lets_it_regress_too() -> None:
    timeline = Timeline()
    timeline.sees("a0", stack("a.F", "a.G"), 0, release="v1")
    timeline.says("resolve", cluster("a0"), 10, release="v1")
    timeline.sees("a1", stack("a.F", "a.G", route="Other"), 20, release="v2")
    assert kinds(timeline.told) == ["cluster_new", "cluster_regressed"]


def test_a_regression_that_is_resolved_again_meanwhile_is_none() -> None:
    timeline = Timeline()
    timeline.sees("a", stack("a.F"), 0)
    timeline.says("resolve", cluster("a"), 10)
    timeline.says("resolve", cluster("a"), 30)
    old = {"resolved_at": at(10), "fingerprint": digits("a"), "sample_id": digits("a")}
    assert timeline.says("regressed", cluster("a"), 20, "panicstream", **old) == []
    assert states(timeline, "a", 31) == "resolved"


def test_a_cluster_that_is_reopened_is_what_it_was() -> None:
    timeline = crashed("a")
    timeline.says("resolve", cluster("a"), 1)
    timeline.says("reopen", cluster("a"), 2)
    assert states(timeline, "a", 3) == "new"


def test_an_alias_stands_for_the_cluster_that_it_was_merged_into() -> None:
    timeline = crashed("a", "b", "c")
    timeline.says("merge", cluster("c"), 4, into=cluster("b"))
    timeline.says("merge", cluster("b"), 5, into=cluster("a"))
    timeline.says("mute", cluster("c"), 6)
    assert states(timeline, "a", 7) == "muted"
    assert timeline.record(cluster("a"))["aliases"] == sorted([cluster("b"), cluster("c")])
    assert timeline.clusters.shard_of(cluster("c")) == SHARD


@pytest.mark.parametrize(
    ("command", "subject", "arguments", "said"),
    [
        ("resolve", "c-0", {}, "unknown_cluster: there is no cluster c-0 in github.com/acme/shop"),
        ("merge", cluster("a"), {"into": "c-0"}, "unknown_cluster: there is no cluster c-0 in github"),
        ("merge", cluster("a"), {"into": cluster("a")}, "bad_arguments: .* cannot be merged into itself"),
        ("merge", cluster("a"), {}, "bad_arguments: merge needs into"),
        ("mute", cluster("a"), {"release": "v1"}, "bad_arguments: mute takes no release"),
        ("mute", cluster("a"), {"loud": "v1"}, "unreadable: arguments.loud: Extra inputs are not permitted"),
        ("split", cluster("a"), {"fingerprints": ["f"]}, "bad_arguments: f is not in c-"),
        ("split", cluster("a"), {"fingerprints": []}, "bad_arguments: name some fingerprints of c-"),
        (
            "split",
            cluster("a"),
            {"fingerprints": [digits("a")]},
            "bad_arguments: name some fingerprints of c-",
        ),
        ("close", cluster("a"), {}, "unknown_command: 'close' is none of resolve, "),
        ("expire", "f", {}, "bad_arguments: expire needs told"),
    ],
)
def test_a_bad_command_is_said_in_one_line(command: str, subject: str, arguments: Row, said: str) -> None:
    timeline = crashed("a")
    with pytest.raises(BadRecordError, match=said):
        timeline.says(command, subject, 5, **arguments)
    assert timeline.of("a") == [cluster("a")]


def test_a_bad_command_leaves_no_trace_of_a_shard_that_there_is_not() -> None:
    timeline = Timeline()
    with pytest.raises(BadRecordError):
        timeline.says("mute", cluster("a"), HOUR)
    assert timeline.clusters.sizes().shards == 0
