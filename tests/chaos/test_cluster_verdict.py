"""The verdict on clusters itself: each fault breaks its clause, what may happen breaks none."""

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.ledger import empty, founded
from tests.chaos.cluster_verdict import Lives, lives
from tests.kafka.told import Value

ONE, TWO = f"{1:032x}"[::-1], f"{2:032x}"[::-1]  # fingerprints
SHARD = "github.com/acme/shop"


def row(fingerprint: str, crashes: int, home: str) -> Value:
    return {
        "sort": "fingerprint",
        "fingerprint": fingerprint,
        "shard": SHARD,
        "home": home,
        "crashes_total": crashes,
    }


def news(kind: str, cluster: str, **fields: Any) -> Value:
    service = {"service_namespace": None, "service_name": "cart", "environment": None}
    return service | {"kind": kind, "cluster_id": cluster, "from_cluster_id": None} | fields


def record(crashes: int, *fingerprints: str) -> Value:
    listed = [{"fingerprint": one} for one in fingerprints]
    return {"shard": SHARD, "crashes_total": crashes, "fingerprints": listed}


def good() -> Lives:
    """Return two bugs, which turned out to be one."""
    first, second = founded(ONE), founded(TWO)
    merged = empty(SHARD) | {"aliases": {second: {"into": first, "by": "panicstream", "time": ""}}}
    return Lives(
        [row(ONE, 1, first), row(ONE, 2, first), row(TWO, 1, second), merged],
        {first: [record(1, ONE), record(3, ONE, TWO)], second: [record(1, TWO), None]},
        [
            news("cluster_new", first),
            news("cluster_new", first),
            news("cluster_new", second),
            news("cluster_merged", first, from_cluster_id=second),
        ],
    )


def broken(change: Callable[[Lives], object]) -> list[str]:
    """Return which clauses do not hold after a change."""
    seen = good()
    change(seen)
    return [clause.what for clause in lives(seen) if not clause.ok]


def test_two_bugs_that_are_merged_break_no_clause() -> None:
    assert broken(lambda _: None) == []


FAULTS: dict[str, tuple[Callable[[Lives], object], str]] = {
    "a home changes": (
        lambda seen: seen.rows.insert(0, row(TWO, 1, founded(ONE))),
        "fingerprints, of 2, whose home changed",
    ),
    "a cluster is not announced": (lambda seen: seen.news.pop(2), "clusters, of 2, that were not announced"),
    "one is announced that is not there": (
        lambda seen: seen.news.append(news("cluster_new", "c-9")),
        "clusters that were announced and are not there",
    ),
    "one is announced as another": (
        lambda seen: seen.news.append(news("cluster_new", founded(TWO), title="another")),
        "clusters that were announced twice, not alike",
    ),
    "a merge is not told": (lambda seen: seen.news.pop(3), "merges that were told"),
    "a fingerprint is told elsewhere": (
        lambda seen: seen.clusters.setdefault("c-8", []).extend([record(1, TWO), None]),
        "fingerprints that were ever told in another cluster",
    ),
    "a sum is wrong": (
        lambda seen: seen.clusters[founded(ONE)].append(record(4, ONE, TWO)),
        "clusters, of 1, whose crashes are others in `clusters`",
    ),
}


@pytest.mark.parametrize(("change", "clause"), FAULTS.values(), ids=FAULTS)
def test_a_fault_breaks_the_clause_that_is_there_for_it(
    change: Callable[[Lives], object], clause: str
) -> None:
    assert broken(change) == [clause]
