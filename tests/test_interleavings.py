"""A worker that reads `vitals` and `clusters` again, in another order of both, tells the same of alerts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import rule_files
from agents.cluster import Cluster
from pipeline.alerting import Row
from pipeline.cluster_told import ClusterTold, Gone
from pipeline.event_time import HOUR, seconds, written
from pipeline.rules import Kind, Rule, Scope, Severity
from pipeline.step import Effect
from pipeline.storms import Limits, Tally
from pipeline.terms import Terms
from pipeline.vital import Vital
from pipeline.watched import Watched
from pipeline.watched_keys import bug_key
from pipeline.watching_clusters import QUIET_S
from tests.bugs import CART, told
from tests.watched import BEGIN, bug, crashes, vital

NEW_HERE = Rule(
    "NewHere", Kind.NEW_CLUSTER, None, None, Severity.WARNING, "", scope=Scope.SERVICE, keep_firing_for_s=60
)
SHIPPED = {rule.name: rule for rule in rule_files.load()}
RULES = [
    *(one for one in SHIPPED.values() if one.name not in {"AlertStorm", "GoPanicNewIssue"}),
    replace(SHIPPED["AlertStorm"], keep_firing_for_s=20),
    replace(SHIPPED["GoPanicNewIssue"], keep_firing_for_s=120),
    NEW_HERE,
]
LIMITS = Limits(active_a_rule=2, new_a_minute=5)
BUGS, SERVICES = 6, ("cart", "pay", "web", "hub")
ENDS = 30 * HOUR
LOGS_LAG = range(1_500, 2_100)
"""When logs were behind; the surges would be over in it."""
STORY = (*range(0, 3_000, 10), *range(3_000, ENDS, 7_200), *range(ENDS, ENDS + 100, 10))
AGAIN = written(BEGIN + ENDS)
"""When a replay begins: what comes later is seen as it happens."""
Record = Vital | ClusterTold | Gone
Story = Sequence[tuple[int, Record]]
"""What stands in a topic, and at which second it came."""


def ticks(at: int) -> Vital:
    """Return the tick of a second."""
    lag_s = 60.0 if at in LOGS_LAG else 0.0
    now, watermark = written(BEGIN + at), written(BEGIN + at - 5)
    return vital("tick", worker="a", lag_s=lag_s, time=now, watermark=watermark)


def vitals() -> Story:
    """Return crashes, bugs that are new, and ticks."""
    found: list[tuple[int, Record]] = []
    for at in STORY:
        found += [(at, crashes(at)) for _ in range(4) if 200 <= at < 900 or at > ENDS]
        if at < 600 and at % 50 == 0:
            found.append((at, bug(at, number=100 + at, service_name=SERVICES[at // 50 % len(SERVICES)])))
        found.append((at, ticks(at)))
    return found


def surges(number: int) -> list[int]:
    """Return when a bug crashes: rarely, and for some minutes often."""
    begin = 1_000 + 100 * number
    return [*range(0, 1_000, 500), *range(begin, begin + 200, 2)]


def times(number: int) -> Iterator[int]:
    """Yield when a bug is told: while it crashes, every five minutes after; the first again a day later."""
    begin = 1_000 + 100 * number
    yield from (20 + number, *range(begin, begin + 200, 20), *range(begin + 300, begin + 1_500, 300))
    if number == 0:
        yield ENDS - 600


def clusters() -> Story:
    """Return bugs that surge and come to other services, some of which are merged or silent at last."""
    found: list[tuple[int, Record]] = []
    for number in range(BUGS):
        for at in times(number):
            if number == 1 and at > 1_500:
                break  # nobody tells of it any more
            here = [CART | {"service_name": name, "crashes": at} for name in SERVICES[: 1 + at // 700]]
            fields: dict[str, Any] = {"cluster_id": f"c-{number:016x}", "services": here}
            behind = {"catching_up": True} if at in LOGS_LAG else {}
            found.append((at, told([one for one in surges(number) if one <= at], at, **fields, **behind)))
    found += [(1_700, Gone(f"c-{2:016x}")), (ENDS + 45, told([], ENDS + 45, cluster_id="c-9"))]
    return sorted(found, key=lambda one: one[0])


@dataclass
class Reader:
    """Reads both topics; what came before `since` is from long ago."""

    left: dict[str, list[tuple[int, Record]]]
    since: str = ""

    def __post_init__(self) -> None:
        self.watched, self.rows = Watched(0, Terms(RULES, Tally(), LIMITS)), dict[str, Row]()
        self.effects: list[Effect] = []

    def read(self, topic: str) -> bool:
        """Read the next record of a topic; return whether there was one."""
        if not self.left[topic]:
            return False
        at, record = self.left[topic].pop(0)
        arrival = written(BEGIN + at)
        now = max(arrival, self.since)
        if isinstance(record, Vital):
            self.watched.is_behind = any(written(BEGIN + at) <= now for at, _ in self.left["clusters"][:1])
            for key in [*self.watched.others(record, arrival), self.watched.key(record)]:
                self._keep(key, *self.watched.take(self.rows.get(key), record, arrival, now))
        else:
            for key in [*self.watched.before(record, arrival), bug_key(record.cluster_id)]:
                self._keep(key, *self.watched.take_cluster(self.rows.get(key), record, arrival, now))
        return True

    def _keep(self, key: str, row: Row | None, effects: list[Effect]) -> None:
        if row is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = orjson.loads(orjson.dumps(row))
        self.effects += effects

    def told(self) -> dict[str, list[Any]]:
        """Return what was told of each alert once time has gone on, but for what clocks say."""
        self.left["vitals"].append((ENDS + HOUR, ticks(ENDS + HOUR)))
        self.read("vitals")
        found: dict[str, list[Any]] = {}
        for one in self.effects:
            if one.topic in {"alert-events", "reports"} and one.value:
                value = {name: field for name, field in one.value.items() if name != "timing"}
                found.setdefault(f"{one.topic} {one.key}", []).append(value)
        return found


def topics() -> dict[str, list[tuple[int, Record]]]:
    """Return both."""
    return {"vitals": list(vitals()), "clusters": list(clusters())}


def as_it_came() -> Reader:
    """Read each record when it comes."""
    reader = Reader(topics())
    while any(reader.left.values()):
        reader.read(min((some[0][0], name) for name, some in reader.left.items() if some)[1])
    return reader


LIVE = as_it_came()
FIRST = LIVE.told()


def replayed(runs: Sequence[int]) -> Reader:
    """Read so many records of each topic in turn, then what is left of `vitals`, then of `clusters`."""
    reader = Reader(topics(), AGAIN)
    for number, run in enumerate(runs):
        for _ in range(run):
            reader.read(("vitals", "clusters")[number % 2])
    for topic in ("vitals", "clusters"):
        while reader.read(topic):
            pass
    return reader


def phases(rule: str, about: str | None = None) -> list[tuple[int, str]]:
    """Return the transitions of a rule's alerts, in the order in which they were told."""
    found = [one.value for one in LIVE.effects if one.topic == "alert-events" and one.value]
    named = [
        one for one in found if (one["labels"]["alertname"], one["labels"].get("about")) == (rule, about)
    ]
    return [(seconds(one["time"]) - BEGIN, one["phase"]) for one in named]


@pytest.mark.parametrize("about", [None, "bugs"])
def test_the_story_has_a_storm_of_services_and_one_of_bugs(about: str | None) -> None:
    assert {phase for _, phase in phases("AlertStorm", about)} >= {"firing", "recovering", "resolved"}


def test_the_story_has_surges_that_end_after_logs_were_behind_and_one_of_a_bug_that_is_quiet() -> None:
    ends = [at for at, phase in phases("GoPanicSurge") if phase == "resolved"]
    merged, *others, quiet = sorted(ends)
    assert (merged, quiet) == (1_700, 1_400 + QUIET_S + 1)
    assert len(others) == BUGS - 2
    assert min(others) > max(LOGS_LAG)


def test_the_story_has_bugs_that_come_to_other_services() -> None:
    assert {phase for _, phase in phases("NewHere")} >= {"firing", "resolved"}


@pytest.mark.parametrize("runs", [[10_000, 10_000], [0, 10_000]], ids=["vitals first", "clusters first"])
def test_one_topic_after_the_other_tells_the_same(runs: list[int]) -> None:
    assert replayed(runs).told() == FIRST


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 60), max_size=40))
def test_any_order_of_two_topics_tells_the_same(runs: list[int]) -> None:
    assert replayed(runs).told() == FIRST


def test_a_bug_says_whether_logs_are_behind_when_it_is_told() -> None:
    cluster = Cluster.__new__(Cluster)
    app: Any = SimpleNamespace(watch=SimpleNamespace(catches_up=lambda number: number == 1))
    cluster._app = app
    effects = [
        [Effect("clusters", "c-1", {"cluster_id": "c-1"}), Effect("clusters", "c-2", None)] for _ in range(2)
    ]
    for number, some in enumerate(effects):
        cluster._mark(some, number)
    assert [[one.value and one.value.get("catching_up") for one in some] for some in effects] == [
        [None, None],
        [True, None],
    ]
