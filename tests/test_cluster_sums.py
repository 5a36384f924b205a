"""Sums of large clusters: they are what their rows add up to, and it costs no more to tell of these."""

from base64 import b64encode
from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import cluster_sum, cluster_sums, fingerprint_row
from pipeline._native import add_streams, count_streams, join_streams
from pipeline.cluster_sum import Sum
from pipeline.cluster_sums import FEW
from pipeline.clusters import MENDED
from pipeline.event_time import HOUR as HOUR_S
from pipeline.event_time import MINUTE as MINUTE_S
from pipeline.event_time import seconds
from pipeline.fingerprint_row import counted
from pipeline.labels import Labels, Neighbours
from pipeline.sighting import read_sighting
from tests.alike import SetAlike
from tests.timeline import DAY, HOUR, SHARD, Timeline, at, cluster, digits, sighting, stack

Row = dict[str, Any]

NAMES = [f"{family}{number}" for family in "ab" for number in range(5)]


class Done(NamedTuple):
    """Something that happens: to a fingerprint, so late, with another number that may decide more."""

    what: str
    name: str
    hours: int
    number: int


DONE = st.builds(
    Done,
    st.sampled_from(["sees"] * 8 + ["merge", "split", "leave", "restart", "mend"]),
    st.sampled_from(NAMES),
    st.integers(-3, 60),
    st.integers(0, 99),
)


def families() -> SetAlike:
    """Return a clusterer in which all of a family are alike."""
    alike = SetAlike()
    for name in NAMES:
        for other in NAMES:
            if name != other and name[0] == other[0]:
                alike.say(digits(name), digits(other), 0.5)
    return alike


@pytest.fixture(scope="module")
def small_bounds() -> Iterator[None]:
    """Let few be many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cluster_sums, "FEW", 2)
        patch.setattr(cluster_sum, "LISTED", 1)
        patch.setattr(cluster_sum, "SKETCHES", 2)
        patch.setattr(fingerprint_row, "NAMED", 2)
        yield


def does(timeline: Timeline, done: Done, second: int) -> None:
    """Let it happen."""
    ids, number = sorted(timeline.clusters.ids()), done.number
    if done.what == "sees":
        value = sighting(done.name, stack(done.name), second - done.hours * HOUR, count=number % 5)
        writer = {
            "release": f"v{number % 4}",
            "service_name": f"s{number % 3}",
            "stream_id": str(number) if number % 5 == 0 else None,
        }
        value["by"][0] |= writer if number % 7 else writer | {"first_time": None, "last_time": None}
        timeline.takes(value | {"signature": value["signature"] if number % 3 else None}, second)
    elif done.what == "merge" and len(ids) > 1:
        source, into = Random(number).sample(ids, 2)  # noqa: S311  # the same in each run
        timeline.says("merge", source, second, into=into)
    elif done.what == "split" and ids:
        chosen = ids[number % len(ids)]
        known = sorted(one["fingerprint"] for one in rows_of(timeline) if in_cluster(timeline, one) == chosen)
        if len(known) > 1:
            timeline.says("split", chosen, second, fingerprints=known[: 1 + number % (len(known) - 1)])
    elif done.what == "leave":
        timeline.leaves(second, ttl_s=number * DAY // 4 + 1)
    elif done.what == "restart":
        timeline.restart()
    elif done.what == "mend":
        timeline.clusters._sums.mend(number % 8)


def rows_of(timeline: Timeline) -> list[Row]:
    rows = [row for key in timeline.rows if (row := timeline.row(key))]
    return [row for row in rows if row["sort"] == "fingerprint" and row["home"]]


def in_cluster(timeline: Timeline, row: Row) -> str:
    ledger = timeline.row(f"shard:{SHARD}") or {"moved": {}}
    return timeline.clusters.canonical(ledger["moved"].get(row["fingerprint"], row["home"]))


def added(total: Sum, second: int) -> list[Any]:
    """Return what is exact at any time."""
    minute, hour = seconds(at(second)) // MINUTE_S, seconds(at(second)) // HOUR_S
    releases = {named: fact[:2] for named, fact in total.releases.items()}
    spans = [total.minutes.latest(minute, 60), total.hours.latest(hour, 24), total.hours.latest(hour, 2_000)]
    return [total.rows, total.crashes, spans, total.services, releases]


def whole(total: Sum) -> list[Any]:
    """Return what is exact where the sum is not stale."""
    texts = [total.text(name) for name in ("title", "culprit")]
    times = [total.first_seen, total.last_seen, total.sample_id, *texts]
    return [*times, total.releases, total.listed(), count_streams(total.sketches)]


def compare(timeline: Timeline, second: int) -> None:
    """Look whether each sum is that of its rows, and whether large clusters, and no small ones, have one."""
    sums, rows = timeline.clusters._sums, rows_of(timeline)
    by_cluster: dict[str, list[Row]] = {}
    for row in rows:
        by_cluster.setdefault(in_cluster(timeline, row), []).append(row)
    kept = {name: total for (_, name), total in sums._kept.items()}
    assert {name for name, known in by_cluster.items() if len(known) > 2} <= kept.keys() <= by_cluster.keys()
    for name, total in kept.items():
        made = Sum(join_streams, by_cluster[name])
        assert added(total, second) == added(made, second)
        if not total.is_stale:
            assert whole(total) == whole(made)
    known = timeline.clusters._shards.values()
    established = sum(one.is_established for shard in known for one in shard.clusters.values())
    assert timeline.clusters.sizes().established == established
    assert {name for name, total in kept.items() if total.is_stale} == {name for _, name in sums._mending}


@settings(max_examples=100, deadline=None)
@given(st.lists(DONE, min_size=20, max_size=100))
def test_a_sum_that_is_kept_is_that_of_its_rows_whatever_happens(small_bounds: None, log: list[Done]) -> None:  # noqa: ARG001  # asked for by name
    alike = families()
    timeline = Timeline(lambda: alike)
    for turn, done in enumerate(log):
        second = turn * 5 * HOUR
        does(timeline, done, second)
        compare(timeline, second)
    while timeline.clusters._sums._mending:
        timeline.clusters._sums.mend(3)
    compare(timeline, len(log) * 5 * HOUR)


def row(name: str, ordinal: int, **changed: Any) -> Row:
    """Return the row of a fingerprint that crashed once, or with other facts."""
    made: Row = {"sort": "fingerprint", "fingerprint": digits(name), "ordinal": ordinal, "home": "c-1"}
    counts = {
        "crashes_total": 1,
        "minutes": [5, 1],
        "hours": [0, 1],
        "services": [["shop", "cart", "live", 1]],
    }
    times = {"first_seen": at(5), "last_seen": at(5), "releases": [["cart", "v1", 1, at(5), at(5)]]}
    return (
        made | counts | times | {"title": None, "culprit": None, "streams": "", "sample_id": name} | changed
    )


@pytest.mark.parametrize(
    ("lost", "facts"),
    [
        (False, {}),
        (False, {"crashes_total": 7, "minutes": [9, 7], "services": [["shop", "pay", "live", 7]]}),
        (False, {"releases": [["cart", "v2", 1, at(0), at(9)]]}),
        (True, {"title": "a bug"}),
        (True, {"culprit": "cart.Total"}),
        (True, {"streams": b64encode(add_streams(b"", ["a"])).decode()}),
        (True, {"first_seen": at(0)}),
        (True, {"last_seen": at(9)}),
        (True, {"releases": [["cart", "v1", 1, at(0), at(5)]]}),
        (True, {"releases": [["cart", "v1", 1, at(5), at(9)]]}),
    ],
)
def test_a_sum_knows_when_a_row_that_leaves_takes_with_it_what_cannot_be_subtracted(
    lost: bool, facts: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_sum, "LISTED", 1)
    wider = {"first_seen": at(1), "last_seen": at(8), "releases": [["cart", "v1", 9, at(1), at(8)]]}
    others = [row(f"more{number}", 3 + number, crashes_total=9, **wider) for number in range(4)]
    total, leaving = Sum(join_streams, others), row("a", 1, **facts)
    total.change(None, leaving)
    total.change(leaving, None)
    assert total.is_stale == lost
    assert added(total, 60) == added(Sum(join_streams, others), 60)


def test_what_of_those_listed_leaves_is_replaced_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_sum, "LISTED", 2)
    rows = [row(f"{number}", number, crashes_total=number) for number in range(1, 20)]
    total = Sum(join_streams, rows)
    grown = rows[0] | {"crashes_total": 99}
    total.change(rows[0], grown)
    assert [-one[0] for one in total.listed()] == [99, 19]
    total.change(grown, None)
    assert (total.is_stale, [-one[0] for one in total.listed()]) == (True, [19, 18])


class Counted(Timeline):
    """A partition that counts how often a row is asked for."""

    asked = 0

    def row(self, key: str) -> Row | None:
        """Return a row."""
        self.asked += 1
        return super().row(key)


def crowd(size: int) -> Counted:
    """Return a partition with one cluster of so many fingerprints."""
    alike, timeline = SetAlike(), Counted(lambda: alike)
    for number in range(size):
        seen = read_sighting(orjson.dumps(sighting(f"f{number}", stack(f"f{number}"), number)))
        made = counted(None, seen, at(number), add_streams)
        placed = {"home": cluster("f0"), "ordinal": number + 1}
        timeline.rows[seen.fingerprint] = orjson.dumps(made | placed)
    timeline.restart()
    alike.say(digits("f0"), digits("new"), 0.5)
    timeline.asked = 0
    return timeline


@pytest.mark.parametrize("size", [FEW + 1, 3 * FEW])
def test_a_new_fingerprint_of_a_large_cluster_is_told_at_once_and_no_row_is_looked_at(size: int) -> None:
    timeline = crowd(size)
    told = timeline.sees("new", stack("new"), size)
    (record,) = [one.value for one in told if one.topic == "clusters" and one.value]
    assert (record["fingerprints_total"], record["crashes_total"]) == (size + 1, size + 1)
    assert timeline.asked == 1  # by the test itself
    assert timeline.record(cluster("f0"), size)["crashes_1h"] == size + 1
    assert timeline.asked == 1


def test_where_a_row_of_a_large_cluster_leaves_a_few_rows_a_tick_are_looked_at_until_all_is_right() -> None:
    timeline = crowd(3 * FEW)
    (leaving,) = timeline.clusters.leaving(at(DAY), DAY - 1)
    assert leaving.value
    timeline.obeys(leaving.value, DAY)
    assert timeline.record(cluster("f0"), DAY)["crashes_total"] == 3 * FEW - 1
    assert timeline.record(cluster("f0"), DAY)["first_seen"] == at(0)
    asked = []
    for tick in range(5):
        timeline.asked = 0
        timeline.ticks(DAY + tick)
        asked.append(timeline.asked)
    assert asked == [MENDED, MENDED, MENDED, 3 * FEW - 1 - 3 * MENDED, 0]
    assert timeline.record(cluster("f0"), DAY)["first_seen"] == at(1)


class Crowded(SetAlike):
    """All are alike, and to find that takes a look at all."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.looks, self.candidates = 0, size

    def neighbours(self, fingerprint: str, limit: int | None = None, /) -> list[tuple[str, float]]:
        """Return some."""
        self.looks += self.candidates
        return [(other, 0.5) for other in sorted(self.known)[:limit] if other != fingerprint]


def test_labels_of_a_crowd_are_found_in_turns_and_remembered() -> None:
    names, crowded, labels = [str(number) for number in range(100)], Crowded(1_000), Labels()
    crowded.known = set(names)
    looks, cores = [], []
    for _ in range(14):
        before = crowded.looks
        told = labels.of(names, lambda _: 0.5, Neighbours(crowded, 10_000))
        looks.append(crowded.looks - before)
        cores.append(list(told.values()).count("core"))
    assert (max(looks), cores[:3], cores[-1]) == (10_000, [10, 20, 30], 100)
    assert looks[-1] == 8_000  # some are looked at again each time


def test_who_weighs_enough_alone_is_a_core_whoever_is_like_it() -> None:
    assert Labels().of(["a"], lambda _: 3.0, Neighbours(SetAlike(), 0)) == {"a": "core"}
