"""Whatever is killed when: equal rows, equal ids, equal news, with an equal id where they are told twice."""

from typing import Any, NamedTuple

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.alike import SetAlike
from tests.timeline import SHARD, Timeline, cluster, digits, kinds, sighting, stack

Row = dict[str, Any]

BUGS = {  # two bugs through refactorings; a bug of its own; one that comes without a signature
    **{f"total{number}": stack("cart.Total", "cart.price", *["cart.w"] * number) for number in range(3)},
    **{f"pay{number}": stack("pay.Charge", "pay.retry", *["pay.w"] * number) for number in range(3)},
    "stock": stack("stock.Take", "stock.lock"),
    "unsigned": None,
}


class Seen(NamedTuple):
    """A sighting, and what becomes of the worker: 0 nothing; 1 killed before it writes the row; 2 after."""

    name: str
    release: str
    signed: bool
    kill: int


SEEN = st.builds(
    Seen, st.sampled_from(sorted(BUGS)), st.sampled_from("123"), st.booleans(), st.integers(0, 2)
)


def played(log: list[Seen], *, is_killed: bool) -> Timeline:
    """Play a log of sightings; a command of a person stands in the middle of it."""
    timeline = Timeline()
    for second, seen in enumerate(log):
        frames = BUGS[seen.name] if seen.signed else None
        value = sighting(seen.name, frames, second, release=seen.release, stream_id=seen.name)
        if is_killed and seen.kill == 1:
            timeline.takes(value, second, is_killed=True)
        timeline.takes(value, second)
        if is_killed and seen.kill:
            timeline.restart()
        if second == len(log) // 2 and timeline.clusters.ids():
            timeline.says("resolve", min(timeline.clusters.ids()), second, release="2")
    return timeline


def told(timeline: Timeline) -> dict[str, Row]:
    """Return what was told of clusters, by id; what is told twice must be equal."""
    values = [one.value for one in timeline.told if one.topic == "vitals" and one.value]
    by_id = {value["id"]: value for value in values}
    assert all(by_id[value["id"]] == value for value in values)
    return by_id


@settings(max_examples=60, deadline=None)
@given(st.lists(SEEN, min_size=1, max_size=25))
def test_kills_change_neither_rows_nor_ids_nor_what_is_told(log: list[Seen]) -> None:
    calm, killed = played(log, is_killed=False), played(log, is_killed=True)
    assert killed.rows == calm.rows
    assert told(killed) == told(calm)
    last = len(log)
    ids = calm.clusters.ids()
    assert killed.clusters.ids() == ids
    assert [killed.record(one, last) for one in ids] == [calm.record(one, last) for one in ids]


@settings(max_examples=30, deadline=None)
@given(st.lists(SEEN, min_size=1, max_size=25))
def test_each_cluster_is_told_once_as_new_and_counts_what_its_fingerprints_do(log: list[Seen]) -> None:
    timeline = played(log, is_killed=False)
    new = [one.value["cluster_id"] for one in timeline.told if kinds([one]) == ["cluster_new"] and one.value]
    assert len(new) == len(set(new))
    assert set(timeline.clusters.ids()) <= set(new)
    rows = [orjson.loads(row) for row in timeline.rows.values()]
    counted = sum(row["crashes_total"] for row in rows if row["sort"] == "fingerprint" and row["home"])
    assert sum(timeline.record(one, 99)["crashes_total"] for one in timeline.clusters.ids()) == counted


def test_a_merge_whose_row_was_not_written_is_told_all_the_same() -> None:
    alike = SetAlike()
    timeline = Timeline(lambda: alike)
    for name in ("a", "b"):
        timeline.sees(name, stack(name), 0)
    alike.say(digits("a"), digits("c"), 0.4)
    alike.say(digits("b"), digits("c"), 0.3)
    value = sighting("c", stack("c"), 1)
    timeline.takes(value, 1, is_killed=True)
    assert timeline.of("a", "b") == [cluster("a")] * 2
    timeline.takes(value, 1)
    assert timeline.of("a", "b", "c") == [cluster("a")] * 3
    assert kinds(timeline.told).count("cluster_merged") == 1


def test_a_merge_that_was_told_but_not_written_down_is_told_again_with_an_equal_id() -> None:
    timeline = Timeline()
    for name in ("a", "b"):
        timeline.sees(name, stack(f"{name}.F", f"{name}.G"), 0)
    command = {"into": cluster("a")}
    first = timeline.says("merge", cluster("b"), 1, **command)
    del timeline.rows[f"shard:{SHARD}"]
    timeline.restart()
    again = timeline.says("merge", cluster("b"), 1, **command)
    assert [one for one in first if one.topic == "vitals"] == [one for one in again if one.topic == "vitals"]
    assert timeline.of("a", "b") == [cluster("a")] * 2
