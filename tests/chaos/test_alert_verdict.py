"""The verdict on alerts itself: each fault breaks its clause, what may happen breaks none."""

from collections.abc import Callable
from copy import deepcopy
from itertools import pairwise

import pytest

from pipeline.event_time import written
from tests.chaos.alert_verdict import Alerts, alerts, news, stretches
from tests.kafka.told import Value

BEGIN = 1_795_219_200
LIFE = ("inactive", "pending", "firing", "recovering", "firing", "recovering", "resolved")
AGAIN = ("resolved", "pending", "inactive")


def steps(began: int, phases: tuple[str, ...]) -> list[Value]:
    """Return the transitions of an episode."""
    labels = {"alertname": "GoPanicRateHigh", "service": "cart", "cluster_id": "c-1"}
    episode = {
        "fingerprint": "a1",
        "episode": f"a1-{BEGIN + began}",
        "labels": labels,
        "held": None,
        "value": 1.0,
    }
    started = {"startsAt": written(BEGIN + began + 5), "endsAt": None}
    return [
        {
            **episode,
            **started,
            "seq": number,
            "previous_phase": before,
            "phase": phase,
            "time": written(BEGIN + began + number),
        }
        for number, (before, phase) in enumerate(pairwise(phases), 1)
    ]


def good() -> Alerts:
    """Return an alert that came twice, the second time briefly; a kill let some be told again."""
    first, second = steps(0, LIFE), steps(60, AGAIN)
    events = [*first, *deepcopy(first[2:4]), *second]
    return Alerts(
        events, {"a1": None}, {"notifications": [{"episode": "a1-1"}], "actions": [], "reports": []}
    )


def broken(change: Callable[[Alerts], object]) -> list[str]:
    """Return which clauses do not hold after a change of what was told under kills."""
    seen, calm = good(), good()
    change(seen)
    return [clause.what for clause in alerts(seen, calm) if not clause.ok]


def test_an_alert_that_is_told_again_and_again_breaks_no_clause() -> None:
    assert broken(lambda _: None) == []


FAULTS: dict[str, tuple[Callable[[Alerts], object], list[str]]] = {
    "a transition is lost": (
        lambda seen: seen.events.pop(0),
        ["transitions of a calm run", "episodes, of 2, with a step that is missing"],
    ),
    "one is told that nobody told in peace": (
        lambda seen: seen.events.extend(steps(90, ("inactive", "pending", "inactive"))),
        ["others than in a calm run"],
    ),
    "one is told with another value": (
        lambda seen: seen.events[0].update(value=2.0),
        ["transitions that are not as in a calm run"],
    ),
    "one is told again, and not alike": (
        lambda seen: seen.events[6].update(value=2.0),
        ["transitions told again, and not alike"],
    ),
    "an episode begins before the one before is over": (
        lambda seen: seen.events.pop(5),
        ["transitions of a calm run", "episodes of which the next began before they were over"],
    ),
    "the last state is not the last that was told": (
        lambda seen: seen.alerts.update(a1=seen.events[0]),
        ["alerts, of 1, that `alerts` does not hold as told last"],
    ),
    "an action is for nothing that fired": (
        lambda seen: seen.caused["actions"].append({"action_id": "a", "reason": {"episode": "a1-1"}}),
        ["actions, of 1, for no episode that fired, or for one again"],
    ),
    "a notification is another": (
        lambda seen: seen.caused["notifications"].append({"episode": "a1-2"}),
        ["of 2 records of `notifications`, those that are not as in a calm run"],
    ),
}


@pytest.mark.parametrize(("change", "clauses"), FAULTS.values(), ids=FAULTS)
def test_a_fault_breaks_the_clause_that_is_there_for_it(
    change: Callable[[Alerts], object], clauses: list[str]
) -> None:
    assert [what for what in broken(change) if not what.startswith("ways from")] == clauses


@pytest.mark.parametrize(("service", "expected"), [("cart", 1), ("pay", 0)])
def test_a_bug_that_is_new_in_a_service_is_an_alert_there(service: str, expected: int) -> None:
    seen = good()
    for one in seen.events:
        one["labels"]["alertname"] = "GoPanicNewIssue"
    vitals = [{"kind": "cluster_new", "service_name": service, "cluster_id": "c-1"}, {"kind": "tick"}]
    new, back = news(seen, vitals)
    assert new[1:3] == (1, expected)
    assert back[1:3] == (0, 0)
    assert [clause[1:3] for clause in news(seen, [])] == [
        (1, 0),
        (0, 0),
    ]  # a run without new bugs shows nothing


@pytest.mark.parametrize(
    ("first", "every", "expected"),
    [(0, 1, (1, 1)), (-40, 1, (1, 0)), (0, 3, (1, 0))],
    ids=["that is an alert", "before it", "too few"],
)
def test_a_service_that_crashes_often_for_long_is_an_alert(
    first: int, every: int, expected: tuple[int, int]
) -> None:
    seconds = range(BEGIN + first, BEGIN + first + 20, every)
    panics = [
        {"id": f"{second}/{number}", "service_name": "cart", "event_time": written(second)}
        for second in seconds
        for number in range(2)
    ]
    found = stretches(good(), panics)
    assert found[1:3] == expected
