"""The verdict on clusters itself: each fault breaks its clause, what may happen breaks none."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from pipeline.ledger import empty, founded
from tests.chaos.cluster_verdict import Lives, Where, answers, lives, triples
from tests.chaos.people import Said, obeyed
from tests.kafka.new_bugs import Named
from tests.kafka.shipping import Planted
from tests.kafka.told import Value

ONE, TWO, BOTH = (f"{number:032x}"[::-1] for number in (1, 2, 3))  # fingerprints
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
    own = {"kind": kind, "id": f"{kind}/{cluster}", "cluster_id": cluster, "from_cluster_id": None}
    return service | own | fields


def record(crashes: int, *fingerprints: str) -> Value:
    listed = [{"fingerprint": one} for one in fingerprints]
    return {"shard": SHARD, "crashes_total": crashes, "fingerprints": listed}


def good() -> Lives:
    """Return two bugs, which turned out to be one."""
    first, second = founded(ONE), founded(TWO)
    why = {"by": "panicstream", "time": "2026", "fingerprints": [ONE, TWO], "epoch": 0}
    merged = empty(SHARD) | {"aliases": {second: {"into": first, **why}}}
    command = {"command": "merged", "by": "panicstream", "time": "2026"}
    return Lives(
        [row(ONE, 1, first), row(ONE, 2, first), row(TWO, 1, second), merged],
        {first: [record(1, ONE), record(3, ONE, TWO)], second: [record(1, TWO), None]},
        [
            news("cluster_new", first),
            news("cluster_new", first),
            news("cluster_new", second),
            news("cluster_merged", first, from_cluster_id=second),
        ],
        [command | {"arguments": {"into": first, "fingerprints": [ONE, TWO], "epoch": 0}}],
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
    "a merge is told as two": (
        lambda seen: seen.news.append(seen.news[3] | {"id": "another"}),
        "news, of all that was told, with several ids",
    ),
    "a merge was not commanded": (lambda seen: seen.commands.clear(), "merges without their command"),
    "a merge was commanded for others": (
        lambda seen: seen.commands[0]["arguments"].update(fingerprints=[TWO]),
        "merges without their command",
    ),
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


NAMES = {ONE: Named("a", 0), TWO: Named("a", 1), BOTH: Named("a", 2)}
PLANTED = [Planted(0, number, str(named), one) for number, (one, named) in enumerate(NAMES.items())]


@pytest.mark.parametrize(
    ("homes", "is_merged", "expected"),
    [
        ((ONE, TWO, ONE), True, 1),
        ((ONE, ONE, ONE), True, 0),
        ((ONE, TWO, ONE), False, 0),
        ((ONE, TWO, BOTH), True, 0),
    ],
    ids=["merged", "never two", "still two", "the third apart"],
)
def test_a_pair_is_merged_that_was_two_and_is_one_with_the_third(
    homes: tuple[str, ...], is_merged: bool, expected: int
) -> None:
    rows = [three(one, number, home) for number, (one, home) in enumerate(zip(NAMES, homes, strict=True))]
    ledger = [good().rows[-1]] if is_merged else []
    assert triples([*rows, *ledger], PLANTED)[1:3] == (1, expected)


def three(fingerprint: str, ordinal: int, home: str) -> Value:
    return row(fingerprint, 1, founded(home)) | {"ordinal": ordinal}


@pytest.mark.parametrize(
    "ordinals", [{ONE: 1, TWO: 2}, {ONE: 1, TWO: 3, BOTH: 2}], ids=["no third", "the third was not the last"]
)
def test_without_a_pair_that_can_be_merged_the_clause_fails(ordinals: dict[str, int]) -> None:
    rows = [three(one, ordinal, ONE) for one, ordinal in ordinals.items()]
    assert triples(rows, PLANTED)[1:3] == (1, 0)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"cluster_id": founded(ONE), "aliases": [founded(TWO)]}, 1),
        ({"cluster_id": founded(TWO), "aliases": []}, 0),
        ({"cluster_id": founded(ONE), "aliases": []}, 0),
        ({"error": "it is reading its tables"}, 0),
    ],
)
def test_an_id_that_was_merged_leads_to_the_one_that_lives(answer: Value, expected: int) -> None:
    found = answers(Where(good().rows), lambda _: orjson.dumps(answer))
    assert found[1:3] == (1, expected)


SAID = Said("mute", founded(ONE), SHARD), Said("resolve", founded(TWO), SHARD)
STATES = {founded(ONE): {"is_muted": True}, founded(TWO): {"state": "regressed"}}


@pytest.mark.parametrize(
    ("states", "told", "expected"),
    [
        (STATES, ["cluster_regressed"], [(2, 2), (1, 1)]),
        (STATES, ["cluster_merged"], [(2, 2), (1, 0)]),
        (STATES | {founded(TWO): {"state": "resolved"}}, [], [(2, 2), (0, 0)]),
        (STATES | {founded(ONE): {}}, ["cluster_regressed"], [(2, 1), (1, 1)]),
        ({}, [], [(2, 0), (0, 0)]),
    ],
)
def test_what_people_said_is_so(states: Value, told: list[str], expected: list[tuple[int, int]]) -> None:
    seen = Lives([empty(SHARD) | {"states": states}], {}, [news(one, founded(TWO)) for one in told], [])
    assert [clause[1:3] for clause in obeyed(SAID, seen)] == expected
