"""A new version of fingerprints is rolled out worker by worker: each bug stays what it was."""

from typing import Any

from pipeline.cluster_vitals import NEW
from tests.kafka.seen import FINGERPRINTS, record, sighting
from tests.kafka.told import told
from tests.kafka.topics import produce, until
from tests.kafka.tracking import PATIENCE_S, counts, make_topics, rows, settings, working

PARTITIONS, BUGS = 2, 40


def seen(number: int, version: int) -> dict[str, Any]:
    """Return a sighting of a bug, told by a worker of DETECT that has that version; each is another block."""
    known = sighting(number)
    # Nothing but the hash of the trace says that they are one: frames have other names in each version.
    frames = [f"{frame}{version}" for frame in known["signature"]["frames"]]
    return known | {
        "fingerprint_version": version,
        "fingerprint": f"{version}{known['fingerprint'][1:]}",
        "signature": known["signature"] | {"frames": frames},
        "through_offset": known["through_offset"] * 2 + version,
    }


def test_no_bug_is_new_where_workers_of_two_versions_tell_it(kafka: str, prefix: str) -> None:
    chosen = settings(kafka, prefix, PARTITIONS)
    make_topics(chosen)
    before = [seen(number, 1) for number in range(BUGS)]
    # Each bug again, and others that nobody has seen before, by workers of either version in turns.
    turns = [
        seen(FINGERPRINTS + number, version)
        for number in range(2 * BUGS)
        for version in (2 - number % 2, 2, 1)
    ]
    topic, told_of = f"{prefix}sightings", 2 * BUGS
    with working(chosen), working(chosen):
        produce(kafka, topic, map(record, before))
        until(lambda: counts(kafka, prefix).total() == BUGS, PATIENCE_S, "count of the bugs before")
        produce(kafka, topic, map(record, turns))
        until(lambda: len(counts(kafka, prefix)) == 2 * told_of, PATIENCE_S, "row of each fingerprint")
    homes: dict[str, set[str]] = {}
    for row in rows(kafka, prefix).values():
        homes.setdefault(row["traces"][0], set()).add(row["home"])
    news = [one.value for one in told(kafka, f"{prefix}vitals") if one.value["kind"] == NEW]
    assert [len(known) for known in homes.values()] == [1] * told_of
    assert sorted(one["cluster_id"] for one in news) == sorted(
        home for known in homes.values() for home in known
    )
