"""Records that change several rows, on a real broker."""

from collections.abc import Iterable
from functools import partial
from typing import Any

import orjson
import pytest

from agents.app import create_app
from agents.lane import Acknowledged
from agents.metrics import Metrics
from agents.role import FaultError
from agents.rows import Place, Rows
from agents.table_app import TableApp
from agents.tables import Rule, table_agent
from pipeline.row import Row
from pipeline.settings import Settings
from pipeline.sighting import Sighting, read_sighting
from pipeline.step import Arrival, BadRecordError, Effect, Step
from tests.kafka.seen import SOURCES, record, sighting
from tests.kafka.topics import drain, produce, until
from tests.kafka.tracking import PATIENCE_S, make_topics, settings, working

OTHERS = ("a", "b", "c")
RECORDS = 20
STAYS = 7  # the record that leaves rows as they are
BAD = 11
Changed = tuple[dict[str, Any] | None, list[Effect]]


@pytest.fixture
def chosen(kafka: str, prefix: str) -> Settings:
    """Give the settings of a worker whose topics are there, with records in them."""
    made = settings(kafka, prefix, 1)
    make_topics(made)
    values = [record(sighting(number * SOURCES)) for number in range(RECORDS)]
    produce(kafka, f"{prefix}sightings", values)
    return made


def step(row: dict[str, Any] | None, seen: Sighting, _arrival: Arrival) -> Changed:
    """Count the record, and tell the count."""
    if seen.through_offset == STAYS:
        return row, []
    counted = {"count": (row["count"] if row else 0) + 1}
    return counted, [Effect("panics", "any", {"of": seen.through_offset, "count": counted["count"]})]


def others(_seen: Sighting, _arrival: Arrival) -> Iterable[str]:
    """Name the rows beside the last."""
    return OTHERS


def make(chosen: Settings, metrics: Metrics, rule_step: Step[Sighting] = step) -> TableApp:
    """Make an app whose sightings change four rows each."""
    app = create_app(chosen, metrics)
    app.agents.clear()
    rule = Rule(read_sighting, lambda _value, _arrival: "last", rule_step, others)
    table_agent(app, "sightings", app.rows["fingerprints"], rule)
    app.cluster = None
    return app


def counts(chosen: Settings) -> dict[str, int]:
    """Return what the rows count, in the order in which they were written last."""
    written = drain(chosen.kafka.bootstrap_servers[0], f"{chosen.track_id}-fingerprints-changelog")
    found: dict[str, int] = {}
    for one in written:
        found.pop((one.key or b"").decode(), None)
        found[(one.key or b"").decode()] = orjson.loads(one.value or b"")["value"]["count"]
    return found


def told(chosen: Settings) -> set[tuple[int, int]]:
    """Return what effects say: offset of the record, and the count that it came to."""
    effects = drain(chosen.kafka.bootstrap_servers[0], chosen.topic("panics"))
    values = [orjson.loads(one.value or b"") for one in effects]
    return {(value["of"], value["count"]) for value in values}


ALL = {"a": RECORDS - 1, "b": RECORDS - 1, "c": RECORDS - 1, "last": RECORDS - 1}


def test_a_record_changes_several_rows_in_their_order(chosen: Settings) -> None:
    with working(chosen, make):
        until(lambda: counts(chosen).get("last") == RECORDS - 1, PATIENCE_S, "counts of all")
    assert list(counts(chosen).items()) == list(ALL.items())


def test_a_record_that_proves_bad_at_a_later_row_changes_none(chosen: Settings) -> None:
    calls = list[int | None]()

    def fails(row: dict[str, Any] | None, seen: Sighting, arrival: Arrival) -> Changed:
        calls.append(seen.through_offset)
        if calls.count(seen.through_offset) == len(OTHERS) and seen.through_offset == BAD:
            raise BadRecordError("unreadable", "it does not fit the row")
        return step(row, seen, arrival)

    with working(chosen, partial(make, rule_step=fails)):
        until(lambda: counts(chosen).get("last") == RECORDS - 2, PATIENCE_S, "counts of all")
    assert counts(chosen) == dict.fromkeys(ALL, RECORDS - 2)
    assert len(drain(chosen.kafka.bootstrap_servers[0], chosen.topic("deadletters"))) == 1


@pytest.mark.parametrize("at", range(len(OTHERS) + 1))
def test_a_kill_between_two_rows_of_a_record_changes_nothing_in_the_end(
    chosen: Settings, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """Before the row `at` of the record in the middle, and all that follows."""
    write, written = Rows.write, list[bytes]()

    async def fails(rows: Rows, place: Place, row: Row) -> Acknowledged:
        if len(written) == RECORDS // 2 * len(ALL) + at:
            raise FaultError("killed")
        written.append(place.key)
        return await write(rows, place, row)

    with monkeypatch.context() as patched:
        patched.setattr(Rows, "write", fails)
        with pytest.raises(FaultError, match="killed"), working(chosen, make) as track:
            until(lambda: track._loop and track._loop.is_closed(), PATIENCE_S, "end of the worker")
    with working(chosen, make):
        until(lambda: counts(chosen).get("last") == RECORDS - 1, PATIENCE_S, "counts of all")
    assert counts(chosen) == ALL
    before = {(number, number + 1) for number in range(STAYS)}
    behind = {(number, number) for number in range(STAYS + 1, RECORDS)}
    assert told(chosen) == before | behind
