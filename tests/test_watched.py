"""A partition of those who watch: when which service is looked at, and what a kill leaves."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import rule_files
from pipeline.alerting import Row
from pipeline.cluster_told import Gone
from pipeline.event_time import DAY, HOUR, written
from pipeline.row import Row as Guarded
from pipeline.row import Source, applied
from pipeline.rules import Rule
from pipeline.step import Effect
from pipeline.storms import ENTRIES, Tally
from pipeline.terms import Terms
from pipeline.ticks import Clock
from pipeline.vital import Vital, read_vital
from pipeline.watched import Watched
from tests.bugs import told
from tests.watched import BEGIN, bug, crashes, cycle, lines, vital

RULES = rule_files.load()
OFTEN = range(10, 200)
MUCH = {"alloc_bytes": 10**9, "covered_s": 1}


def tick(at: int, worker: str = "a", **told: Any) -> Vital:
    """Return the tick of a second: all before is told."""
    time, watermark = written(BEGIN + at + 5), written(BEGIN + at)
    return vital("tick", worker=worker, time=time, watermark=watermark, **told)


class Table:
    """The table and its agent, without Kafka: rows with their guards, and all that they caused."""

    def __init__(self, rows: dict[str, Guarded] | None = None, rules: Sequence[Rule] = RULES) -> None:
        self.rows = dict(rows or {})
        self.told: list[Effect] = []
        self.looked: list[str] = []
        self.watched = Watched(0, Terms(rules, Tally()))
        self.watched.load(row.value for row in self.rows.values())

    def take(self, offset: int, value: Vital, most: int = 1_000, now: str | None = None) -> None:
        """Take a record; so many of its rows are written, before a kill."""
        source, last = Source("vitals/0", (offset, 0)), self.watched.key(value)
        if last in self.rows and self.rows[last].knows(source):
            return
        arrival = value.time or written(BEGIN + offset)
        self.looked = self.watched.others(value, arrival)
        made: list[tuple[str, Row | None]] = []
        for key in [*self.looked, last]:
            row = self.rows.get(key)
            if row and row.knows(source):
                continue
            after, effects = self.watched.take(row.value if row else None, value, arrival, now)
            self.told += effects
            made.append((key, after))
        for key, after in made[:most]:
            if after is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = applied(self.rows.get(key), source, after)

    def play(self, values: Iterable[tuple[int, Vital]]) -> None:
        """Take records."""
        for offset, value in values:
            self.take(offset, value)

    def events(self) -> list[Any]:
        """Return all transitions, each once."""
        found = [one.value for one in self.told if one.topic == "alert-events" and one.value]
        return sorted({(one["episode"], one["seq"], one["phase"], one["time"]) for one in found})


def log(seconds: Iterable[int] = OFTEN) -> list[tuple[int, Vital]]:
    """Return a service that crashes each second, in a topic, by offset."""
    values = [value for at in seconds for value in (crashes(at), tick(at))]
    return list(enumerate(values))


def test_a_service_is_looked_at_when_it_changed_and_when_its_time_has_come() -> None:
    table = Table()
    table.take(0, crashes(10))
    table.take(1, tick(11))
    assert table.looked == ["shop/cart/live"]
    table.take(2, tick(2))  # of a worker that is behind: time does not go back
    assert table.looked == []


def test_a_kill_between_any_two_rows_of_a_tick_changes_nothing_in_the_end() -> None:
    whole = Table()
    whole.play(log())
    assert whole.events()
    for killed_at in (1, 121, 243, 299):
        for most in (0, 1):
            killed = Table()
            killed.play(log()[:killed_at])
            killed.take(*log()[killed_at], most=most)
            again = Table(killed.rows)
            again.play(log()[max(0, killed_at - 7) :])
            again.told = killed.told + again.told
            assert (again.events(), again.rows) == (whole.events(), whole.rows), (killed_at, most)


def rates(ticks: Iterable[int]) -> list[Any]:
    """Return what is told of a service that crashes for three minutes, with a tick at these seconds."""
    table, ticks, offset = Table(), set(ticks), 0
    for at in range(451):
        values = [tick(at)] if at in ticks else []
        values += [crashes(at)] if at in OFTEN else [lines(at, 5)] if at < 300 else []
        for value in values:
            table.take(offset, value)
            offset += 1
    found = [one.value for one in table.told if one.topic == "alert-events" and one.value]
    return [(one["seq"], one["phase"], one["time"]) for one in found if one["labels"].get("service")]


EACH = rates(range(451))


@settings(deadline=None, max_examples=30)
@given(st.sets(st.integers(0, 450)))
def test_how_often_ticks_come_changes_nothing_that_is_told(ticks: set[int]) -> None:
    assert rates({*ticks, *range(0, 451, 50)}) == EACH


def test_time_that_goes_on_by_much_at_once_passes_nothing_over() -> None:
    assert {phase for _, phase, _ in rates(range(0, 451, 50))} == {
        "pending",
        "firing",
        "recovering",
        "resolved",
    }


def test_a_worker_whose_clock_is_an_hour_ahead_moves_time_no_further_than_the_broker() -> None:
    watched = Watched(0, Terms(RULES, Tally()))
    watched.take(None, tick(3_600), written(BEGIN))
    assert watched.clock.watermark == BEGIN + 5
    row, effects = watched.take(None, tick(3_601), written(BEGIN + 1))
    assert row
    times = {one.value["time"] for one in effects if one.topic == "alert-events" and one.value}
    assert times == {written(BEGIN + 6)}


def test_what_fired_while_nobody_watched_is_one_digest_and_told_as_ever() -> None:
    records = [*log(), (400, tick(210)), (401, tick(211))]
    prompt, behind = Table(), Table()
    prompt.play(records)
    for offset, value in records[:-1]:
        behind.take(offset, value, now=written(BEGIN + HOUR))
    behind.take(*records[-1])  # the first that is fresh
    untimed, pages = zip(*(_heard_of(table) for table in (prompt, behind)), strict=True)
    assert untimed[0] == untimed[1] != []
    assert ("firing" in pages[0], pages[1].count("firing"), pages[1].count("digest")) == (True, 0, 1)
    assert [one for one in behind.told if one.topic == "actions"] == []


def _phases(effects: Iterable[Effect]) -> list[str]:
    return [one.value["phase"] for one in effects if one.topic == "alert-events" and one.value]


def _heard_of(table: Table) -> tuple[list[Any], list[str]]:
    """Return the transitions without what clocks say, and what channels were told."""
    events = [one.value | {"timing": None} for one in table.told if one.topic == "alert-events" and one.value]
    pages = [one.value["status"] for one in table.told if one.topic == "notifications" and one.value]
    return events, pages


def test_a_worker_that_leaves_in_order_holds_nobody_up() -> None:
    table = Table()
    table.play(enumerate([tick(10, "a"), tick(10, "b"), tick(15, "b")]))
    assert table.watched.clock.watermark == BEGIN + 10
    table.take(3, tick(10, "a", leaves=True))
    assert (table.watched.clock.watermark, table.watched.clock.catching_up) == (BEGIN + 15, False)
    table.take(4, tick(16, "b", leaves=True))
    assert (table.watched.clock.watermark, table.watched.clock.lag_s) == (BEGIN + 15, 0.0)
    table.take(5, tick(40, "c"))
    assert table.watched.clock.watermark == BEGIN + 40


def test_services_whose_names_have_slashes_are_apart() -> None:
    table = Table()
    for offset, (namespace, name) in enumerate((("a/b", "c"), ("a", "b/c"), ("a~1b", "c"))):
        names = {"service_namespace": namespace, "service_name": name}
        table.take(offset, crashes(10).model_copy(update=names))
    assert len(table.rows) == 3


def test_a_row_is_bounded_whatever_comes() -> None:
    new = next(rule for rule in RULES if rule.name == "GoPanicNewIssue")
    table = Table(rules=[replace(new, summary="{title}" * 50, runbook="😀" * 5_000, for_s=0)])
    for number in range(ENTRIES + 50):
        said = {"title": "😀" * 5_000, "release": f"{number % 50}" + "r" * 5_000}
        values = bug(9, number=number, **said), crashes(10, 2**40, said["release"])
        for place, value in enumerate(values):
            table.take(2 * number + place, read_vital(value.model_dump_json().encode()))
    row = table.rows["shop/cart/live"].value
    sizes = {name: len(orjson.dumps(part)) for name, part in row.items()}
    assert (len(row["alerts"]), row["crowded"]) == (ENTRIES, [50, 0])
    assert (sizes["alerts"] < ENTRIES * 12_000, sizes["clusters"] < 30_000, sizes["windows"] < 10_000) == (
        True,
    ) * 3


def test_a_service_that_nobody_tells_of_leaves_when_its_alerts_are_over() -> None:
    table = Table()
    table.play(log())
    key, offset = "shop/cart/live", 1_000
    for at in (*range(200, DAY + HOUR, 300), *range(6 * DAY, 7 * DAY + HOUR, 300)):
        table.take(offset, tick(at))
        offset += 1
        if at == 6 * DAY + 300:
            assert (key in table.rows, table.rows[key].value["alerts"]) == (True, {})
    assert (key in table.rows, table.watched.services) == (False, 0)
    table.take(offset, crashes(8 * DAY))
    assert key in table.rows


def test_a_bug_that_is_no_more_leaves_and_may_come_back() -> None:
    watched, gone = Watched(0, Terms(RULES, Tally())), Gone("c-1")
    there = told([10], 10).model_copy(update={"cluster_id": "c-1"})
    row, _ = watched.take_cluster(None, there, written(BEGIN))
    row, _ = watched.take_cluster(row, gone, written(BEGIN))
    late = tick(8 * DAY)
    assert watched.others(late, late.time or "") == ["cluster/c-1"]
    assert watched.take(row, late, late.time or "") == (None, [])


def test_what_fires_of_a_bug_ends_when_nobody_tells_of_it_any_more() -> None:
    watched = Watched(0, Terms(RULES, Tally()))
    row, effects = watched.take_cluster(None, told(range(2_380, 2_400), 2_400), written(BEGIN + 2_400))
    assert _phases(effects) == ["firing"]
    soon, old, late = tick(DAY), tick(2 * DAY), tick(2 * DAY + 600)
    assert watched.others(soon, soon.time or "") == []
    (key,) = watched.others(old, old.time or "")
    assert watched.take(row, old, old.time or "", now=written(BEGIN + 3 * DAY)) == (row, [])
    assert watched.others(late, late.time or "") == [key]
    row, effects = watched.take(row, late, late.time or "")
    assert [one.value["phase"] for one in effects if one.topic == "alert-events" and one.value] == [
        "resolved"
    ]
    assert (row and row["alerts"], watched.services) == ({}, 0)


@pytest.mark.parametrize(
    ("last", "record", "is_looked_at"),
    [
        (30, lines(28, 5), False),
        (30, lines(8, 5), False),
        (30, cycle(28, **MUCH), False),
        (30, cycle(8, **MUCH), True),
        (700, lines(698, 5), True),
        (30, crashes(28), True),
    ],
    ids=[
        *("gathered lines", "late lines, which let no rule fire"),
        *("gathered cycles", "late cycles, which may", "an alert waits for it", "a crash"),
    ],
)
def test_what_is_gathered_is_looked_at_at_once_where_it_changes_what_is_seen(
    last: int, record: Vital, is_looked_at: bool
) -> None:
    table = Table()
    table.play([(0, lines(5, 5)), *((at, tick(at)) for at in range(6, last + 1))])
    table.take(1_000, record)
    table.take(1_001, tick(last + 1))
    assert bool(table.looked) == is_looked_at


def test_rules_that_changed_look_at_all_services() -> None:
    table = Table()
    table.play(log(range(10, 12)))
    table.take(100, tick(5_000))
    table.take(101, tick(5_001))
    assert table.looked == []
    table.watched.adopt(RULES[:1])
    table.take(102, tick(5_002))
    assert table.looked == ["shop/cart/live"]


def test_a_pipeline_whose_time_stands_still_lags_and_pages_however_far_it_is_behind() -> None:
    told: list[tuple[int, str, str, Any]] = []
    watched, row = Watched(0, Terms(RULES, Tally())), None
    for at in range(3_600, 3_700, 10):
        still = tick(0).model_copy(update={"time": written(BEGIN + at)})
        row, effects = watched.take(row, still, written(BEGIN + at))
        events = [one.value for one in effects if one.topic == "alert-events" and one.value]
        told += [(at, one["labels"]["alertname"], one["phase"], one["timing"]["held"]) for one in events]
    assert told == [
        (3_600, "PipelineLagging", "pending", None),
        (3_600, "Watchdog", "firing", None),
        (3_660, "PipelineLagging", "firing", None),
    ]


def test_time_is_that_of_the_worker_that_is_least_far() -> None:
    clock = Clock().ticked("a", (100, 105, 0.0)).ticked("b", (90, 106, 0.0))
    assert clock.watermark == 100  # it does not go back
    clock = clock.ticked("a", (110, 115, 0.0))
    assert (clock.watermark, clock.catching_up) == (100, False)


def test_a_worker_that_is_silent_is_waited_for_no_more() -> None:
    clock = Clock().ticked("a", (100, 105, 0.0)).ticked("b", (130, 135, 0.0))
    assert clock.watermark == 100
    assert clock.ticked("b", (131, 136, 0.0)).watermark == 131


def test_a_worker_whose_clock_was_ahead_and_that_is_silent_holds_up_nobody() -> None:
    clock = Clock().ticked("a", (100, 105, 0.0)).ticked("b", (100, 3_705, 0.0))
    clock = clock.ticked("a", (101, 106, 0.0))
    assert (clock.watermark, clock.catching_up) == (101, False)


def test_who_is_far_behind_is_catching_up() -> None:
    assert Clock().ticked("a", (100, 140, 0.0)).catching_up
    assert Clock().ticked("a", (100, 105, 31.0)).catching_up
    assert not Clock().ticked("a", (100, 130, 30.0)).catching_up


def test_a_clock_is_read_as_it_was_written() -> None:
    clock = Clock().ticked("a", (100, 105, 0.5))
    assert Clock.read(clock.written()) == clock


def test_what_shows_late_that_a_condition_held_all_along_fires_as_if_it_had_come_in_time() -> None:
    """Twelve crashes a minute but for one that comes half a minute late, just when it was missed."""
    in_time, late = Table(), Table()
    missed, offset = 120, 0
    for at in range(300):
        for table, told_at in ((in_time, missed), (late, missed + 30)):
            if at % 5 == 0 and at != missed:
                table.take(offset, crashes(at))
            if at == told_at:
                table.take(offset + 1, crashes(missed))
            table.take(offset + 2, tick(at))
        offset += 3
    assert _begins(late) == _begins(in_time) != []


def _begins(table: Table) -> list[str]:
    return [time for _, _, phase, time in table.events() if phase == "firing"]
