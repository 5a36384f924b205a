"""The verdict finds what it is there for: each fault that a worker could have, in evidence made by hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.verdict import End, Evidence, Suspended, clauses
from tests.kafka.shipping import Planted
from tests.kafka.told import Told, Value

LOST = "error   process    detect: partitions were lost with output that was not sent; it ends"
STOPPED_MS, AWAKE_MS = 10_000, 25_000
Change = Callable[[Evidence], Evidence]


def panic(offset: int, **changed: Any) -> Value:
    return {
        "id": f"id-{offset}",
        "fingerprint": "f1",
        "trace_hash": "h1",
        "title": "nil pointer dereference",
        "event_time": "2026-11-21T00:20:45.120249605Z",
        "source_partition": 0,
        "source_first_offset": offset,
        "source_last_offset": offset + 7,
        "line_count": 8,
        "complete": True,
        "damage": [],
    } | changed


def block(through: int) -> dict[str, Any]:
    return {
        "source_topic": "logs",
        "source_topic_id": "t",
        "source_partition": 0,
        "through_offset": through,
        "step": 0,
    }


def sighting(through: int, count: int) -> Value:
    return block(through) | {"fingerprint": "f1", "count": count, "by": [{"count": count}]}


def vital(through: int, crashes: int) -> Value:
    service = {"service_namespace": None, "service_name": "cart", "environment": None}
    return block(through) | service | {"kind": "counts", "seconds": [{"crashes": crashes}]}


LINES: Value = {"kind": "counts", "source_topic": None, "seconds": [{"crashes": 0}]}
GOOD = Evidence(
    planted=[Planted(0, offset, "one.txt", "f1") for offset in (3, 20, 50)],
    panics=[Told(panic(offset), 1000) for offset in (3, 20, 50)],
    sightings=[sighting(40, 2), sighting(70, 1)],
    vitals=[vital(40, 2), LINES, vital(70, 1)],
    tracked={"f1": 3},
    still={0: 2.0},
    suspended=[Suspended("detect-1", STOPPED_MS, AWAKE_MS)],
)


def broken(evidence: Evidence) -> list[str]:
    """Name the clauses that do not hold, by their first words."""
    return [" ".join(clause.what.split()[:3]) for clause in clauses(evidence) if not clause.ok]


def told_again(at_ms: int, **changed: Any) -> Change:
    again = Told(panic(20, **changed), at_ms)
    return lambda good: replace(good, panics=[*good.panics, again])


FINE: dict[str, Change] = {
    "nothing": lambda good: good,
    "a block was told again": lambda good: replace(
        good, sightings=[*good.sightings, sighting(70, 1)], vitals=[*good.vitals, vital(40, 2)]
    ),
    "a worker that hung told a crash again": told_again(STOPPED_MS + 5),
    "a worker that hung ended with a fault": lambda good: replace(good, ends=[End("detect-1", 70)]),
    "a session ended while a broker was away": lambda good: replace(
        good, ends=[End("detect-2", 70, LOST)], outages=1
    ),
}

BROKEN: dict[str, tuple[Change, list[str]]] = {
    "a crash is lost": (
        lambda good: replace(good, panics=good.panics[1:], tracked={"f1": 2}),
        ["planted crashes in", "counts in `sightings`,", "fingerprints whose counts", "crashes in `vitals`,"],
    ),
    "the rest of a crash is told without its head": (
        lambda good: replace(
            good,
            panics=[*good.panics, Told(panic(24, complete=False, damage=["headless"], fingerprint="f2"), 1)],
            sightings=[*good.sightings, sighting(80, 1) | {"fingerprint": "f2"}],
            vitals=[*good.vitals, vital(80, 1)],
            tracked={"f1": 3, "f2": 1},
        ),
        ["others in `panics`:", "torn or cut"],
    ),
    "a crash is told as another": (
        lambda good: replace(good, planted=[*good.planted[:2], Planted(0, 50, "one.txt", "f2")]),
        ["with another fingerprint"],
    ),
    "a crash is told twice": (told_again(STOPPED_MS - 5000), ["ids that stand"]),
    "a worker that hung told another crash": (
        told_again(STOPPED_MS + 5, title="another"),
        ["unlike, of 1"],
    ),
    "a block is counted twice": (
        lambda good: replace(good, sightings=[*good.sightings, sighting(71, 1)]),
        ["counts in `sightings`,", "fingerprints whose counts"],
    ),
    "writers are left out": (
        lambda good: replace(good, sightings=[sighting(40, 2) | {"by": [{"count": 1}]}, sighting(70, 1)]),
        ["`sightings` whose writers"],
    ),
    "vitals are lost": (lambda good: replace(good, vitals=good.vitals[:2]), ["crashes in `vitals`,"]),
    "a row counts too much": (
        lambda good: replace(good, tracked={"f1": 4}),
        ["counts in the", "rows of the"],
    ),
    "a commit stands still": (lambda good: replace(good, still={0: 31.0}), ["partitions whose commit"]),
    "not all is read": (lambda good: replace(good, behind=["logs/0 by 5"]), ["partitions that were"]),
    "a worker ends twice for one hang": (
        lambda good: replace(good, ends=[End("detect-1", 70), End("detect-1", 70)]),
        ["workers that ended"],
    ),
    "a session ended in peace": (
        lambda good: replace(good, ends=[End("detect-2", 70, LOST)]),
        ["workers that ended"],
    ),
    "a fault while a broker was away": (
        lambda good: replace(good, ends=[End("detect-2", 70, "IndexError")], outages=1),
        ["workers that ended"],
    ),
    "a worker dies of something else": (
        lambda good: replace(good, ends=[End("detect-2", -11)]),
        ["workers that ended"],
    ),
}


@pytest.mark.parametrize("change", FINE.values(), ids=FINE)
def test_what_may_happen_breaks_no_clause(change: Change) -> None:
    assert broken(change(GOOD)) == []


@pytest.mark.parametrize(("change", "wanted"), BROKEN.values(), ids=BROKEN)
def test_a_fault_breaks_the_clause_that_is_there_for_it(change: Change, wanted: list[str]) -> None:
    assert broken(change(GOOD)) == wanted
