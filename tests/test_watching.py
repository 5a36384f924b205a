"""What those who watch a service tell, as records come and time goes on."""

from dataclasses import replace
from random import Random
from typing import Any

import orjson
import pytest

from pipeline import watching
from pipeline.event_time import written
from pipeline.rules import Condition, Kind, Rule, Severity
from pipeline.storms import ENTRIES, Limits
from pipeline.vital import Vital
from tests.rules import RATE
from tests.test_schema import misfits
from tests.watched import BEGIN, Watched, bug, crashes, cycle, lines

NEW = Rule("GoPanicNewIssue", Kind.NEW_CLUSTER, None, None, Severity.WARNING, "{title}", keep_firing_for_s=60)
BACK = replace(NEW, name="GoPanicRegression", kind=Kind.REGRESSION)
SILENT = Rule("GoServiceSilent", Kind.ABSENT, None, None, Severity.INFO, "", fact="lines", window_s=300)
ALLOC = replace(
    RATE, name="GoAlloc", fact="alloc_rate", fire=Condition(">=", 25e6), clear=Condition("<", 20e6), for_s=0
)
PAUSE = replace(
    RATE,
    name="GoPause",
    kind=Kind.QUANTILE,
    fact="gc_pause",
    quantile=0.99,
    fire=Condition(">", 0.008),
    clear=Condition("<=", 0.008),
)
PAUSE = replace(PAUSE, min_samples=100)
HEAP = replace(
    ALLOC,
    name="GoHeap",
    kind=Kind.RATIO,
    fact="heap_goal_ratio",
    fire=Condition("<", 1.3),
    clear=Condition(">=", 1.4),
)
HEAP = replace(HEAP, min_samples=3)


def steady(first: int, end: int, gap: int) -> dict[int, list[Vital]]:
    return {at: [crashes(at)] for at in range(first, end, gap)}


def test_a_rate_fires_after_its_time_and_is_resolved_after_its_time() -> None:
    watched = Watched([RATE])
    watched.play(steady(0, 300, 5), 600)
    # the sixth crash is at 25 s; it counts when its second is over and waited for
    assert watched.phases(RATE.name) == [
        (31, "pending"),
        (151, "firing"),
        (351, "recovering"),
        (471, "resolved"),
    ]


def test_looking_only_where_something_changes_tells_what_looking_each_second_tells() -> None:
    chance = Random(7)  # noqa: S311  # no secret
    records = {at: [crashes(at)] for at in range(1_800) if chance.random() < 0.08}
    seldom, often = (
        Watched([replace(RATE, for_s=20, keep_firing_for_s=20)]),
        Watched([replace(RATE, for_s=20, keep_firing_for_s=20)]),
    )
    seldom.play(records, 2_000)
    for at in range(2_000):
        often.play(records, at + 1, at)
        often.due = 0
    assert seldom.phases(RATE.name) == often.phases(RATE.name)
    assert (len(seldom.phases(RATE.name)) > 2, seldom.looks * 2 < often.looks) == (True, True)


@pytest.mark.parametrize(("count", "looks"), [(1, 1), (10, 2)])
def test_a_service_without_anything_new_is_not_looked_at(count: int, looks: int) -> None:
    watched = Watched([RATE])
    watched.play({10: [crashes(10, count)]}, 60)
    assert watched.looks == looks  # as it comes; and as its second is over, where that may fire


def test_where_nothing_changes_the_row_is_the_same() -> None:
    watched = Watched([RATE])
    watched.play({10: [crashes(10)]}, 30)
    assert watched.row
    assert watching.evaluate(watched.row, watched.terms, watched.timing(40))[0] is watched.row


def test_a_release_is_apart_where_a_rule_asks_for_it() -> None:
    rule = replace(RATE, by=("release",), for_s=0)
    watched = Watched([rule])
    watched.play(
        {at: [crashes(at, 1, "v1" if at % 2 else "v2"), crashes(at, 1, "v2")] for at in range(4)}, 12
    )
    assert [alert["labels"]["release"] for alert in watched.of("alert-events")] == ["v2"]


def test_a_new_bug_fires_when_it_is_told_and_is_resolved_after_its_time() -> None:
    watched = Watched([NEW, BACK])
    watched.play({10: [bug(9)]}, 100)
    assert watched.phases(NEW.name) == [(10, "firing"), (15, "recovering"), (75, "resolved")]
    assert watched.of("alerts")[0]["annotations"]["summary"] == "nil map in cart.Put"


def test_a_bug_that_is_told_twice_fires_once() -> None:
    watched = Watched([NEW])
    watched.play({10: [bug(9), bug(9)], 11: [bug(9)]}, 12)
    assert watched.phases(NEW.name) == [(10, "firing")]


def test_a_bug_that_is_back_has_its_rule() -> None:
    watched = Watched([NEW, BACK])
    watched.play({10: [bug(9, "cluster_regressed")]}, 12)
    assert [watched.phases(rule.name) for rule in (NEW, BACK)] == [[], [(10, "firing")]]


def test_a_rule_asks_for_a_title() -> None:
    watched = Watched([replace(NEW, where={"title": "~deadlock.*"})])
    watched.play({10: [bug(9), bug(9, number=2, title="deadlock in main.main")]}, 12)
    assert [alert["labels"]["cluster_id"] for alert in watched.of("alerts")] == ["c-0000000000000002"]


def test_a_rule_asks_for_an_environment() -> None:
    watched = Watched([replace(RATE, where={"environment": "test"})])
    watched.play(steady(0, 300, 2), 300)
    assert watched.told == []


def test_a_service_that_is_silent_fires_until_it_writes_again() -> None:
    watched = Watched([SILENT])
    watched.play({10: [lines(10, 5)], 400: [lines(400, 5)]}, 450)
    assert watched.phases(SILENT.name) == [(326, "firing"), (400, "resolved")]


def test_what_processes_allocate_is_over_covered_time() -> None:
    watched = Watched([ALLOC])
    watched.play({at: [cycle(at, alloc_bytes=60_000_000, covered_s=2.0)] for at in range(0, 30, 2)}, 60)
    told = watched.of("alert-events")[0]
    assert (told["phase"], told["value"], told["evidence"]["covered_s"]) == ("firing", 30e6, 10.0)


def test_long_pauses_fire_after_three_minutes() -> None:
    pauses = [1_000_000] * 60 + [9_000_000] * 2
    watched = Watched([PAUSE])
    watched.play({at: [cycle(at, pauses=pauses)] for at in range(0, 300, 30)}, 300)
    assert [phase for _, phase in watched.phases(PAUSE.name)] == ["pending", "firing"]
    assert watched.phases(PAUSE.name)[1][0] == 60 + 120 + 15


def test_with_too_few_pauses_nothing_fires() -> None:
    watched = Watched([PAUSE])
    watched.play({at: [cycle(at, pauses=[9_000_000] * 40)] for at in range(0, 300, 30)}, 300)
    assert watched.told == []


def test_a_heap_near_its_goal_fires_after_three_cycles() -> None:
    watched = Watched([HEAP])
    watched.play({at: [cycle(at, heap_goal_bytes=11, heap_live_bytes=10)] for at in range(0, 60, 10)}, 60)
    (told,) = watched.of("alert-events")
    assert (told["phase"], told["samples"], round(told["value"], 3)) == ("firing", 3, 1.1)


def test_an_alert_ends_with_its_rule() -> None:
    watched = Watched([replace(RATE, for_s=0)])
    watched.play(steady(0, 60, 5), 60)
    watched.terms = Watched([]).terms
    watched.play({60: [crashes(60)]}, 70, 60)
    assert [alert["phase"] for alert in watched.of("alert-events")] == ["firing", "resolved"]
    assert watched.row
    assert watched.row["alerts"] == {}
    assert watched.told[-1][1].value is None


@pytest.mark.parametrize(
    "changed",
    [
        {"severity": Severity.INFO},
        {"where": {"service": "pay"}},
        {"by": ("release",)},
        {"kind": Kind.SURGE, "fact": "surge"},
        {"kind": Kind.NEW_CLUSTER, "fact": None, "fire": None, "clear": None},
    ],
)
def test_an_alert_of_a_rule_that_was_changed_ends_under_the_labels_that_it_had(
    changed: dict[str, Any],
) -> None:
    rule = replace(RATE, for_s=0)
    watched = Watched([rule])
    watched.play(steady(0, 60, 5), 60)
    (fired,) = watched.of("alerts")
    watched.terms = Watched([replace(rule, **changed)]).terms
    watched.play({60: [crashes(60)]}, 70, 60)
    name = fired["fingerprint"]
    told = [one.value for _, one in watched.told if (one.topic, one.key) == ("alerts", name)]
    assert [one and one["phase"] for one in told][:3] == ["firing", "resolved", None]


def test_what_was_resolved_by_a_rule_that_was_changed_is_told_no_more() -> None:
    rule = replace(RATE, for_s=0, keep_firing_for_s=0)
    watched = Watched([rule])
    watched.play(steady(0, 60, 5), 130)
    watched.terms = Watched([replace(rule, min_samples=1)]).terms
    watched.play({130: [crashes(130)]}, 140, 130)
    assert watched.row
    assert (watched.row["alerts"], watched.told[-1][1].value) == ({}, None)


def test_what_was_told_has_records_of_each_topic() -> None:
    watched = Watched([replace(RATE, for_s=0, action="rollback")])
    watched.play(steady(0, 60, 5), 40)
    assert [effect.topic for _, effect in watched.told] == [
        "alert-events",
        "alerts",
        "notifications",
        "reports",
        "actions",
    ]
    (action,) = watched.of("actions")
    assert (action["action_type"], action["guards"]["mode"], action["target_service"]) == (
        "rollback",
        "dry_run",
        "cart",
    )


def test_while_behind_actions_and_resolves_wait() -> None:
    watched = Watched([replace(RATE, for_s=0, keep_firing_for_s=0, action="rollback")])
    watched.behind_s = 40
    watched.play({at + 40: records for at, records in steady(0, 60, 5).items()}, 200)
    assert [phase for _, phase in watched.phases(RATE.name)] == ["firing", "recovering"]
    assert watched.of("actions") == []
    watched.behind_s = 0
    watched.play({}, 210, 200)
    assert [phase for _, phase in watched.phases(RATE.name)][2:] == ["resolved"]


def test_an_action_that_waited_is_asked_for_while_it_fires() -> None:
    watched = Watched([replace(RATE, for_s=0, action="rollback")])
    watched.behind_s = 40
    watched.play({at: [crashes(at - 40)] for at in range(40, 150, 5)}, 150)
    assert watched.of("actions") == []
    watched.behind_s = 0
    watched.play({at: [crashes(at)] for at in range(150, 200, 5)}, 200, 150)
    assert len(watched.of("actions")) == 1


def test_what_fired_long_ago_does_not_page() -> None:
    watched = Watched([NEW])
    watched.behind_s = 700
    watched.play({700: [bug(0)]}, 710)
    told, *_ = watched.of("alerts")
    assert (told["phase"], told["timing"]["held"], watched.of("notifications")) == ("firing", "late", [])


def test_a_backlog_of_one_partition_does_not_page() -> None:
    watched = Watched([RATE, NEW])
    watched.row = watching.new_row(("shop", "cart", "live"))
    backlog = [bug(-3_600), *(crashes(at - 3_600) for at in range(0, 600, 2))]
    timing = watched.timing(10)._replace(catching_up=True)
    for record in backlog:
        row, effects = watching.arrived(watched.row, record, watched.terms, timing)
        watched.keep(10, row, effects)
    watched.play({}, 300, 11)
    assert watched.of("notifications") == []


def test_too_many_at_once_do_not_page_and_do_when_there_is_room() -> None:
    watched = Watched([replace(NEW, keep_firing_for_s=600)], Limits(new_a_minute=2))
    watched.play({10: [bug(9, number=number) for number in range(5)]}, 60)
    assert (len(watched.of("alerts")[:5]), len(watched.of("notifications"))) == (5, 2)
    watched.play({}, 300, 60)
    assert len(watched.of("notifications")) == 5


def test_what_a_row_has_no_room_for_is_counted() -> None:
    watched = Watched([NEW])
    watched.play({10: [bug(9, number=number) for number in range(ENTRIES + 5)]}, 12)
    assert watched.row
    assert (len(watched.row["alerts"]), watched.row["crowded"], watched.tally.beyond) == (ENTRIES, [5, 0], 5)
    assert len(orjson.dumps(watched.row)) < 100_000


def test_what_a_row_has_no_room_for_counts_once_however_often_rules_look() -> None:
    rule = replace(RATE, for_s=0, keep_firing_for_s=0)
    watched = Watched([replace(rule, name=f"Rate{number}") for number in range(ENTRIES + 5)])
    watched.play({at: [crashes(at)] for at in range(30)}, 30)
    assert watched.row
    assert (len(watched.row["alerts"]), watched.tally.beyond) == (ENTRIES, 5)
    watched.play({}, 200, 30)
    assert watched.tally.beyond == 0


def test_a_service_with_a_very_long_name_has_alerts() -> None:
    watched = Watched([replace(RATE, for_s=0)])
    for at in range(10):
        watched.take(at, crashes(at).model_copy(update={"service_name": "😀" * 2_500}))
    watched.tick(16)
    (told,) = watched.of("alert-events")
    assert len(told["labels"]["service"].encode()) <= 256
    assert "…" in told["labels"]["service"]


@pytest.mark.parametrize("every", [1, 7])
def test_what_a_limit_folds_pages_at_a_whole_minute_however_often_it_is_looked_at(every: int) -> None:
    watched = Watched([replace(NEW, keep_firing_for_s=600)], Limits(1, 20))
    watched.play({10: [bug(10, number=1)], 15: [bug(15, number=2)]}, 20)
    watched.terms.limits = Limits(2, 20)
    for at in range(20, 200):
        watched._is_changed = at % every == 0
        watched.tick(at)
    folded = watched.of("notifications")[1]["alerts"][0]
    assert folded["time"] == written(BEGIN + 60)


def test_a_fault_in_a_template_is_told_in_its_place() -> None:
    watched = Watched([replace(RATE, for_s=0, summary="{servce} crashes")])
    watched.play(steady(0, 60, 2), 20)
    assert watched.of("alerts")[0]["annotations"]["summary"].startswith("<error expanding template: ")


def test_what_is_told_is_as_the_schemas_say() -> None:
    rule = replace(RATE, for_s=0, keep_firing_for_s=0, action="rollback")
    watched = Watched([rule, NEW, SILENT, ALLOC, PAUSE])
    watched.take(1, cycle(1, alloc_bytes=900_000_000, covered_s=30.0, pauses=[9_000_000] * 200))
    watched.play({at: [crashes(at), lines(at, 3), bug(at, number=at)] for at in range(20)}, 600)
    named = {"alert-events": "alerts", "alerts": "alerts"}
    told = [(named.get(one.topic, one.topic), one.value) for _, one in watched.told if one.value is not None]
    assert [fault for topic, value in told for fault in misfits(value, f"{topic}.v1")] == []
    assert {topic for topic, _ in told} == {"alerts", "notifications", "reports", "actions"}


def test_a_replay_tells_the_same() -> None:
    chance = Random(5)  # noqa: S311  # no secret
    records = {at: [crashes(at), lines(at, 10)] for at in range(900) if chance.random() < 0.15}
    records[100].append(bug(99)) if 100 in records else records.update({100: [bug(99)]})
    one, two = Watched([RATE, NEW, SILENT]), Watched([RATE, NEW, SILENT])
    one.play(records, 1_500)
    two.play(records, 1_500)
    assert (one.told, len(one.told) > 4) == (two.told, True)


def test_the_row_of_a_busy_service_is_small() -> None:
    watched = Watched([RATE])
    chance = Random(1)  # noqa: S311  # no secret
    for at in range(900):
        watched.take(at, crashes(at, chance.randrange(3)))
        watched.take(at, lines(at, chance.randrange(2_000)))
        if at % 2 == 0:
            pause = int(chance.lognormvariate(11, 1))
            watched.take(
                at,
                cycle(
                    at,
                    alloc_bytes=50_000_000,
                    covered_s=2.0,
                    heap_goal_bytes=190_000_000,
                    heap_live_bytes=100_000_000,
                    pauses=[pause],
                ),
            )
    assert len(orjson.dumps(watched.row)) < 12_000
