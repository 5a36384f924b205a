"""The life of a bug: one cluster, one id, for as long as it lives."""

from itertools import permutations

import pytest

from pipeline import cluster_sizes
from tests.timeline import (
    DAY,
    HOUR,
    MINUTE,
    SHARD,
    Timeline,
    at,
    cluster,
    digits,
    kinds,
    news,
    sighting,
    stack,
)

TOTAL = ("cart.Total", "cart.price")
PAY = ("pay.Charge", "pay.retry")


def wrapped(number: int) -> list[str]:
    """Return the stack of one bug after refactorings: a wrapper more each time, another route."""
    return stack(*TOTAL, *[f"cart.wrap{one}" for one in range(number)], route=f"Route{number}")


def test_one_bug_stays_one_id_while_it_grows() -> None:
    timeline = Timeline()
    for number in range(6):
        timeline.sees(f"total{number}", wrapped(number), number * HOUR)
    assert timeline.of(*(f"total{number}" for number in range(6))) == [cluster("total0")] * 6
    assert kinds(timeline.told) == ["cluster_new"]


def test_a_new_cluster_is_told_at_once_to_each_service_with_its_release() -> None:
    value = sighting("total", stack(*TOTAL), 5)
    value["by"].append(value["by"][0] | {"service_name": "pay", "release": "v7"})
    told = Timeline().takes(value, 5)
    shown = ("id", "cluster_id", "service_name", "release", "fingerprint", "title", "sample_id", "time", "by")
    assert [[one[name] for name in shown] for one in news(told, "cluster_new")] == [
        [
            f"cluster_new/{cluster('total')}",
            cluster("total"),
            service,
            release,
            digits("total"),
            "a bug total",
            digits("total at 5"),
            at(5),
            "panicstream",
        ]
        for service, release in [("cart", "v1"), ("pay", "v7")]
    ]
    assert [one.key for one in told if one.topic == "clusters"] == [cluster("total")]


def test_a_known_fingerprint_is_told_with_the_next_tick_and_once() -> None:
    timeline = Timeline()
    timeline.sees("total", stack(*TOTAL), 0)
    assert timeline.sees("total", stack(*TOTAL), 1) == timeline.sees("total", None, 2) == []
    assert [one.value["crashes_total"] for one in timeline.ticks(3) if one.value] == [3]
    assert timeline.ticks(4) == []


def test_two_bugs_that_share_middlewares_and_a_route_stay_apart() -> None:
    timeline = Timeline()
    for number, route in enumerate(["Show", "List", "Edit"]):
        timeline.sees(f"total{number}", stack(*TOTAL, route=route), number)
        timeline.sees(f"pay{number}", stack(*PAY, route=route), number)
    assert timeline.of("total2", "pay2") == [cluster("total0"), cluster("pay0")]
    assert kinds(timeline.told) == ["cluster_new", "cluster_new"]


def test_arrival_order_changes_only_who_founds() -> None:
    stacks = {f"total{number}": wrapped(number) for number in range(4)} | {"pay": stack(*PAY)}
    for order in permutations(stacks):
        timeline = Timeline()
        for second, name in enumerate(order):
            timeline.sees(name, stacks[name], second)
        first = next(name for name in order if name != "pay")
        assert timeline.of(*sorted(stacks)) == [cluster("pay"), *[cluster(first)] * 4]


def test_a_fingerprint_without_a_signature_waits_and_loses_no_count() -> None:
    timeline = Timeline()
    assert timeline.sees("total", None, 0, count=5) == []
    assert (timeline.clusters.sizes().waiting, timeline.clusters.ids()) == (1, [])
    timeline.restart()
    assert timeline.clusters.sizes().waiting == 1
    timeline.sees("total", stack(*TOTAL), 1)
    assert timeline.record(cluster("total"), 2)["crashes_total"] == 6
    assert timeline.clusters.sizes().waiting == 0


def test_a_cluster_is_the_sum_of_its_fingerprints() -> None:
    timeline = Timeline()
    timeline.sees("total0", wrapped(0), 0, release="v1", stream_id="a", count=2)
    timeline.sees("total1", wrapped(1), 2 * HOUR, release="v2", stream_id="b", service_name="pay")
    timeline.sees("total1", wrapped(1), 2 * HOUR + 1, release="v2", stream_id="a")
    told = timeline.record(cluster("total0"), 2 * HOUR + 30)
    assert {name: told[name] for name in list(told)[1:20]} == {
        "cluster_id": cluster("total0"),
        "title": "a bug total0",
        "shard": SHARD,
        "state": "new",
        "is_established": True,
        "crashes_total": 4,
        "crashes_1h": 2,
        "crashes_24h": 4,
        "streams": 2,
        "first_seen": at(0),
        "last_seen": at(2 * HOUR + 1),
        "first_release": "v1",
        "culprit_function": None,
        "sample_id": digits(f"total1 at {2 * HOUR + 1}"),
        "fingerprints_total": 2,
        "updated_at": at(2 * HOUR + 30),
        "crashes_by_minute": [*[0] * 59, 2],
        "crashes_by_hour": [*[0] * 21, 2, 0, 2],
        "fingerprints": told["fingerprints"],
    }
    assert [(one["service_name"], one["crashes"]) for one in told["services"]] == [("cart", 3), ("pay", 1)]
    assert [one["release"] for one in told["releases"]] == ["v1", "v2", "v2"]
    assert [one["crashes_total"] for one in told["fingerprints"]] == [2, 2]


def test_what_time_alone_changes_is_told_again() -> None:
    timeline = Timeline()
    timeline.sees("total", stack(*TOTAL), 0)
    told = [one.value for minute in range(26 * 60) for one in timeline.ticks(minute * MINUTE) if one.value]
    assert [told[-1][name] for name in ("crashes_1h", "crashes_24h", "state")] == [0, 0, "ongoing"]
    assert len(told) < 60


def test_a_new_version_of_fingerprints_makes_nothing_new() -> None:
    timeline = Timeline()
    timeline.sees("old", stack(*TOTAL), 0)
    timeline.sees("renamed", stack("cart.v2"), 1, fingerprint_version=2, trace_hash=digits("trace of old"))
    assert timeline.of("renamed") == [cluster("old")]
    assert kinds(timeline.told) == ["cluster_new"]


def test_versions_that_run_side_by_side_are_one_cluster_in_either_order() -> None:
    timeline = Timeline()
    for second in range(0, 6, 2):
        timeline.sees("new", stack("cart.v2"), second, fingerprint_version=2, trace_hash=digits("t"))
        timeline.sees("old", stack(*TOTAL), second + 1, trace_hash=digits("t"))
    assert timeline.of("new", "old") == [cluster("new")] * 2
    assert timeline.record(cluster("new"), 9)["crashes_total"] == 6


def test_rows_that_leave_are_those_unseen_for_long_and_what_comes_back_keeps_its_id() -> None:
    timeline = Timeline()
    timeline.sees("total0", wrapped(0), 0, count=3)
    timeline.sees("total1", wrapped(1), 90 * DAY)
    timeline.sees("pay", stack(*PAY), 0)
    told = timeline.leaves(91 * DAY, ttl_s=90 * DAY)
    assert [one.key for one in told if one.topic == "commands"] == sorted(map(digits, ["total0", "pay"]))
    assert [(one.key, one.value is None) for one in told if one.topic == "clusters"] == [
        (cluster("pay"), True),
        (cluster("total0"), False),
    ]
    timeline.restart()
    assert timeline.sees("total0", wrapped(0), 92 * DAY)[0].topic == "clusters"
    timeline.sees("pay", stack(*PAY), 92 * DAY)
    assert timeline.of("total0", "total1", "pay") == [cluster("total0")] * 2 + [cluster("pay")]
    assert len(news(timeline.told, "cluster_new")) == 2
    assert timeline.record(cluster("total0"), 92 * DAY)["crashes_total"] == 5


def test_a_row_that_was_seen_again_does_not_leave() -> None:
    timeline = Timeline()
    timeline.sees("total", stack(*TOTAL), 0)
    (leaving,) = timeline.clusters.leaving(at(91 * DAY), 90 * DAY)
    timeline.sees("total", stack(*TOTAL), 91 * DAY)
    assert leaving.value
    assert timeline.obeys(leaving.value, 91 * DAY) == []
    assert timeline.of("total") == [cluster("total")]


@pytest.mark.parametrize("year", ["1970", "2001", "2150"])
def test_a_row_whose_crashes_have_a_wrong_clock_leaves_when_nothing_was_told_for_long(year: str) -> None:
    timeline, time = Timeline(), f"{year}-01-01T00:00:00.000000000Z"
    value = sighting("total", stack(*TOTAL), 0)
    value["by"][0] |= {"first_time": time, "last_time": time}
    timeline.takes(value, 0)
    for second in (1, 90 * DAY):
        assert timeline.leaves(second, ttl_s=90 * DAY) == []
        timeline.restart()
    assert [one.key for one in timeline.leaves(90 * DAY + 1, ttl_s=90 * DAY)] == [
        digits("total"),
        cluster("total"),
    ]


def test_a_fingerprint_that_never_got_a_signature_leaves_too_and_first() -> None:
    timeline = Timeline()
    timeline.sees("total", stack(*TOTAL), 0)
    for second, name in enumerate(["late", "early"]):
        timeline.sees(name, None, 5 - second, count=3)
    timeline.restart()
    told = timeline.leaves(91 * DAY, ttl_s=90 * DAY)
    assert [one.key for one in told if one.topic == "commands"] == [*map(digits, ["early", "late", "total"])]
    assert timeline.clusters.sizes().waiting == 0
    timeline.restart()
    assert timeline.leaves(91 * DAY, ttl_s=90 * DAY) == []
    timeline.sees("late", stack("late.F"), 92 * DAY)
    assert timeline.record(cluster("late"), 92 * DAY)["crashes_total"] == 4


def test_beyond_the_bound_noise_leaves_before_what_crashes_often() -> None:
    timeline = Timeline()
    for number in range(8):
        timeline.sees(f"once{number}", stack(f"once{number}.F"), number)
    for number in range(3):
        timeline.sees(f"often{number}", stack(f"often{number}.F"), -number, count=3 + number)
    told = timeline.leaves(9, ttl_s=DAY, most=9)
    assert [one.key for one in told if one.topic == "commands"] == [digits("once0"), digits("once1")]


@pytest.mark.parametrize("is_known", [True, False])
def test_a_worker_that_takes_over_tells_what_may_not_have_been_told(is_known: bool) -> None:
    timeline = Timeline()
    timeline.sees("total", stack(*TOTAL), 0)
    if is_known:
        timeline.sees("total", None, 1)
    timeline.restart()
    assert [one.key for one in timeline.ticks(2)] == [cluster("total")]


def test_an_epoch_begins_whenever_the_fingerprints_have_doubled_and_is_found_again() -> None:
    timeline = Timeline()
    for number in range(130):
        timeline.sees(f"bug{number}", stack(f"bug{number}.F"), number)
        if number in {62, 63, 129}:
            before = timeline.clusters.sizes()
            timeline.restart()
            assert timeline.clusters.sizes() == before
    assert timeline.clusters.sizes().epoch == 128


def test_what_comes_back_without_a_signature_is_counted_in_its_cluster_at_once() -> None:
    timeline = Timeline()
    timeline.sees("total", stack(*TOTAL), 0)
    timeline.leaves(91 * DAY, ttl_s=90 * DAY)
    timeline.sees("total", None, 92 * DAY)
    timeline.restart()
    assert timeline.record(cluster("total"), 92 * DAY)["crashes_total"] == 2
    timeline.sees("total", stack(*TOTAL), 92 * DAY + 1)
    timeline.sees("total1", wrapped(1), 92 * DAY + 2)
    assert timeline.of("total1") == [cluster("total")]


def test_a_stack_without_frames_is_a_bug_of_its_own() -> None:
    timeline = Timeline()
    for name in ("a", "b"):
        timeline.sees(
            name, [], 0, signature={**(sighting(name, [])["signature"]), "template": f"{name} failed"}
        )
    assert timeline.of("a", "b") == [cluster("a"), cluster("b")]


def test_a_storm_of_many_streams_is_counted_exactly() -> None:
    timeline = Timeline()
    value = sighting("total", stack(*TOTAL), 0, count=50_000)
    writer = value["by"][0] | {"count": 50}
    value["by"] = [
        writer | {"stream_id": str(number), "release": f"v{number % 3}"} for number in range(1_000)
    ]
    timeline.takes(value, 0)
    told = timeline.record(cluster("total"), 1)
    assert [told["crashes_total"], told["crashes_1h"], told["crashes_24h"]] == [50_000] * 3
    assert sum(one["crashes"] for one in told["releases"]) == 50_000
    assert 930 < told["streams"] < 1_070


def test_of_many_clusters_that_changed_those_are_told_first_that_wait_for_the_longest() -> None:
    timeline = Timeline()
    names = [f"bug{number}" for number in range(5)]
    for again in range(2):
        for name in names:
            timeline.sees(name, stack(f"{name}.F", f"{name}.G", route=name), again)
    told = [[one.key for one in timeline.clusters.changed(at(2), limit=2)] for _ in range(4)]
    expected = [cluster(name) for name in names]
    assert told == [expected[:2], expected[2:4], expected[4:], []]


def test_after_a_restart_what_changes_is_told_before_what_may_have_been_told_already() -> None:
    timeline, names = Timeline(), [f"bug{number}" for number in range(5)]
    for name in names:
        timeline.sees(name, stack(f"{name}.F", f"{name}.G", route=name), 0)
    timeline.restart()
    timeline.sees("bug3", None, 1)
    timeline.sees("bug1", None, 1)
    told = [one.key for _ in range(6) for one in timeline.clusters.changed(at(2), limit=1)]
    assert told == [cluster(name) for name in ("bug3", "bug1", "bug0", "bug2", "bug4")]


def test_to_find_the_heaviest_of_many_clusters_takes_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_sizes, "SLICE", 2)
    timeline = Timeline()
    for number in range(3):
        for bug in range(5):
            timeline.sees(f"{bug}/{number}", stack(f"b{bug}.F", f"b{bug}.G", route=f"R{number}"), number)
    timeline.sees("3/0", None, 9)
    found = list(timeline.clusters.distances(limit=2))
    assert (found[:3], [one[0] for one in found[3:] if one][:1]) == ([None] * 3, [cluster("3/0")])
    assert len(found) == 5


def test_clusters_are_listed_and_measured_by_their_crashes() -> None:
    timeline = Timeline()
    timeline.sees("pay", stack(*PAY), 0, count=2)
    for number in range(3):
        timeline.sees(f"total{number}", wrapped(number), number)
    assert timeline.clusters.ids() == [cluster("total0"), cluster("pay")]
    ((name, fingerprints, distance),) = filter(None, timeline.clusters.distances())
    assert (name, fingerprints) == (cluster("total0"), 3)
    assert 0 < distance < 1
    sizes = timeline.clusters.sizes()
    assert (sizes.clusters, sizes.established, sizes.fingerprints) == (2, 1, 4)


def test_bugs_without_frames_are_told_apart_by_their_words() -> None:
    timeline = Timeline()
    for name, template in [("memory", "out of memory"), ("lock", "all goroutines are asleep - deadlock!")]:
        value = sighting(name, [], trace_hash=digits("no frames"))
        value["signature"]["template"] = template
        timeline.takes(value, 0)
    assert timeline.of("memory", "lock") == [cluster("memory"), cluster("lock")]


def test_a_new_version_without_frames_joins_the_one_with_its_words() -> None:
    timeline = Timeline()
    for version in (1, 2):
        for template in ("out of memory", "all goroutines are asleep - deadlock!"):
            value = sighting(f"{template}{version}", [], trace_hash=digits("no frames"))
            value["signature"]["template"], value["fingerprint_version"] = template, version
            timeline.takes(value, version)
    names = [f"{template}{version}" for template in ("out of memory",) for version in (1, 2)]
    assert timeline.of(*names) == [cluster("out of memory1")] * 2
    assert kinds(timeline.told) == ["cluster_new"] * 2


def test_the_twin_of_a_new_version_does_not_depend_on_the_order_of_rows() -> None:
    timeline = Timeline()
    for second, name in enumerate(["pay", "cart"]):
        timeline.takes(sighting(name, stack(f"{name}.F"), second, trace_hash=digits("both")), second)
    timeline.rows = dict(reversed(timeline.rows.items()))
    timeline.restart()
    timeline.takes(sighting("new", stack("x.F"), 2, trace_hash=digits("both"), fingerprint_version=2), 2)
    assert timeline.of("new") == [cluster("pay")]


def test_a_bug_of_many_releases_that_is_resolved_comes_back_in_the_next_one() -> None:
    timeline = Timeline()
    for day in range(60):
        timeline.sees("total", stack(*TOTAL), day * DAY, release=f"v{day}")
    timeline.says("resolve", cluster("total"), 60 * DAY, release="v59")
    assert kinds(timeline.sees("total", None, 61 * DAY, release="v61")) == ["cluster_regressed"]
