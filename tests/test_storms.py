"""Alerts that do not page: too many at once, or too late."""

from typing import Any

from pipeline.alert import Timing
from pipeline.alerting import Row
from pipeline.event_time import written
from pipeline.rules import Condition, Kind, Rule, Severity
from pipeline.storms import Limits, Tally, is_full
from pipeline.terms import Terms
from pipeline.watching_pipeline import evaluate_pipeline
from tests.watched import BEGIN

STORM = Rule(
    "AlertStorm", Kind.GAUGE, Condition(">=", 1), Condition("<", 1), Severity.CRITICAL, "", fact="folded"
)
LAG = Rule(
    "PipelineLagging", Kind.GAUGE, Condition(">", 30), Condition("<", 15), Severity.WARNING, "", fact="lag_s"
)
DOG = Rule("Watchdog", Kind.GAUGE, Condition(">=", 1), Condition("<", 1), Severity.INFO, "", fact="watching")


def row(*entries: dict[str, Any]) -> Row:
    labels = {"alertname": "New", "service": "cart"}
    return {
        "alerts": {
            str(place): {"labels": labels, "state": ["firing"]} | one for place, one in enumerate(entries)
        }
    }


def tick(tally: Tally, at: int, before: Row | None = None, **told: Any) -> tuple[Row, list[tuple[str, Any]]]:
    terms = Terms([STORM, LAG, DOG], tally)
    timing = Timing(BEGIN + at, written(BEGIN + at + 5), told.get("catching_up", False))
    made, effects = evaluate_pipeline(before, told.get("partition", 0), told.get("lag_s", 0.0), terms, timing)
    return made, [(one.topic, one.value) for one in effects]


def names(effects: list[tuple[str, Any]]) -> list[tuple[str, str]]:
    return [
        (value["labels"]["alertname"], value["phase"]) for topic, value in effects if topic == "alert-events"
    ]


def test_a_row_counts_once_however_often_it_is_told() -> None:
    tally = Tally()
    for _ in range(2):
        tally.note("a", row({}, {"folded": True}, {"state": ["resolved"]}))
    assert (tally.paging("New"), len(tally.folded())) == (1, 1)
    tally.note("a", None)
    assert (tally.paging("New"), tally.folded()) == (0, [])


def test_a_limit_is_reached_by_the_alerts_of_a_rule_or_by_those_of_a_minute() -> None:
    limits = Limits(active_a_rule=50, new_a_minute=2)
    assert is_full(50, [], 100, limits)
    assert is_full(0, [60, 99], 100, limits)
    assert not is_full(49, [40, 99], 100, limits)


def test_what_is_folded_is_one_alert_until_nothing_is() -> None:
    tally = Tally()
    tally.note("a", row({"folded": True}, {"folded": True}))
    made, effects = tick(tally, 0, partition=3)
    assert names(effects) == [("AlertStorm", "firing")]
    told = effects[0][1]
    assert (told["value"], told["labels"]["partition"]) == (2.0, "3")
    assert told["evidence"]["top"] == [{"rule": "New", "service": "cart", "alerts": 2}]
    tally.note("a", None)
    assert names(tick(tally, 1, made, partition=3)[1]) == [("AlertStorm", "resolved")]


def test_what_all_partitions_have_in_common_is_told_in_the_first() -> None:
    assert names(tick(Tally(), 0, lag_s=31.0)[1]) == [("PipelineLagging", "firing"), ("Watchdog", "firing")]
    assert tick(Tally(), 0, lag_s=31.0, partition=1)[1] == []


def test_what_came_late_is_one_digest_once_nothing_is_behind() -> None:
    tally = Tally()
    tally.note("a", row({"late": written(BEGIN)}, {"late": written(BEGIN + 1)}))
    made, effects = tick(tally, 0, partition=1, catching_up=True)
    assert effects == []
    made, effects = tick(tally, 1, made, partition=1)
    assert [(topic, value["status"], value["digest"]["alerts"]) for topic, value in effects] == [
        ("notifications", "digest", 2)
    ]
    assert tick(tally, 2, made, partition=1)[1] == []
