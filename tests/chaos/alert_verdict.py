"""What must hold of alerts after all that was done to workers, clause by clause."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from pipeline.alert_state import Phase
from pipeline.cluster_vitals import NEW, REGRESSED
from pipeline.event_time import seconds
from pipeline.settings import Settings
from tests.chaos.verdict import Clause
from tests.kafka.told import Value, told
from tests.kafka.topics import drain

RATE, WINDOW_S, MANY, LASTING_S = "GoPanicRateHigh", 10, 14, 10
"""The rule about how often services crash, and what it cannot miss: so many in its window, for so long."""
LATE_S = 5  # behind the last second of these
NEWS = {NEW: "GoPanicNewIssue", REGRESSED: "GoPanicRegression"}
OVER = {Phase.RESOLVED, Phase.INACTIVE}
WAYS = {  # those from phase to phase that every run shows
    (Phase.INACTIVE, Phase.PENDING),
    (Phase.PENDING, Phase.FIRING),
    (Phase.FIRING, Phase.RECOVERING),
    (Phase.RECOVERING, Phase.RESOLVED),
}
CROSSED = {"deploys", "suspected_cause", "markdown"}  # of reports: another topic tells it, sooner or later
OF_NOW = {"actions"}  # asked of what is seen as it happens alone: who reads it later asks for nothing
Name = tuple[str, str, int]
"""A transition: fingerprint of its alert, episode, seq."""


class Alerts(NamedTuple):
    """What was written of alerts: all transitions, the last state of each, what else they caused."""

    events: list[Value]
    alerts: dict[str, Value | None]
    caused: dict[str, list[Value]]

    @classmethod
    def read(cls, bootstrap: str, chosen: Settings) -> "Alerts":
        """Read it from its topics."""
        states = drain(bootstrap, chosen.topic("alerts"))
        return cls(
            [_untimed(one.value) for one in told(bootstrap, chosen.topic("alert-events"))],
            {(one.key or b"").decode(): _untimed(orjson.loads(one.value or b"null")) for one in states},
            {
                topic: [_untimed(one.value) for one in told(bootstrap, chosen.topic(topic))]
                for topic in ("notifications", "actions", "reports")
            },
        )


def alerts(seen: Alerts, calm: Alerts) -> list[Clause]:
    """Judge it; `calm` is what a worker told of the same topics that nobody disturbed."""
    events = _distinct(seen.events)
    ways = {(one["previous_phase"], one["phase"]) for one in events.values()}
    return [
        *_alike(seen, calm),
        *_episodes(events),
        _actions(events.values(), seen.caused["actions"]),
        _last(events, seen.alerts),
        Clause(
            "ways from phase to phase that alerts went, of those needed",
            len(WAYS),
            len(WAYS & ways),
            sorted(WAYS - ways),
        ),
    ]


def news(seen: Alerts, vitals: Iterable[Value]) -> list[Clause]:
    """Each bug that was told to be new, or back, in a service is an alert there."""
    fired = {
        (one["labels"]["alertname"], _home(one["labels"]), one["labels"].get("cluster_id"))
        for one in seen.events
    }
    told: dict[str, set[tuple[str, str, str]]] = {kind: set() for kind in NEWS}
    for one in vitals:
        if rule := NEWS.get(one["kind"]):
            told[one["kind"]].add((rule, one["service_name"], one["cluster_id"]))
    return [
        Clause(
            f"alerts about bugs that are {kind.removeprefix('cluster_')}",
            max(kind == NEW, len(those)),
            len(those & fired),
            sorted(those - fired),
        )
        for kind, those in told.items()
    ]


def _home(labels: Mapping[str, str]) -> str | None:
    return labels.get("service")


def stretches(seen: Alerts, panics: Iterable[Value]) -> Clause:
    """Each time that a service crashed often for long is an episode."""
    fired = [one for one in seen.events if one["labels"]["alertname"] == RATE and one["startsAt"]]
    known = [(one["labels"]["service"], seconds(one["startsAt"]), one["endsAt"]) for one in fired]
    wanted = list(_stretches(panics))
    lost = [
        (service, first, last)
        for service, first, last in wanted
        if not any(
            name == service and start <= last + LATE_S and (end is None or seconds(end) >= first)
            for name, start, end in known
        )
    ]
    return Clause(
        "stretches of many crashes that were an alert", max(1, len(wanted)), len(wanted) - len(lost), lost
    )


def _stretches(panics: Iterable[Value]) -> Iterator[tuple[str, int, int]]:
    """Yield a service, and the first and the last second in which its window was full, where that lasted."""
    crashes: dict[str, Counter[int]] = {}
    for one in {one["id"]: one for one in panics}.values():
        crashes.setdefault(one["service_name"], Counter())[seconds(one["event_time"])] += 1
    for service, counts in crashes.items():
        run: list[int] = []
        for at in range(min(counts), max(counts) + WINDOW_S + 2):
            if sum(counts[at - age] for age in range(1, WINDOW_S + 1)) >= MANY:
                run.append(at)
                continue
            if len(run) >= LASTING_S:
                yield service, run[0], run[-1]
            run = []


def _alike(seen: Alerts, calm: Alerts) -> Iterator[Clause]:
    """Compare what was told more than once, and all with what a worker told that nobody disturbed."""
    found, wanted = (_distinct(some.events) for some in (seen, calm))
    first = _distinct(seen.events)
    again = [_named(one) for one in seen.events if one != first[_name(one)]]
    unlike = [
        (_named(one), _differing(one, wanted[name]))
        for name, one in found.items()
        if wanted.get(name, one) != one
    ]
    yield Clause(
        "transitions of a calm run",
        len(wanted),
        len(wanted.keys() & found),
        [_named(wanted[name]) for name in wanted.keys() - found],
    )
    yield Clause(
        "others than in a calm run",
        0,
        len(found.keys() - wanted),
        [_named(found[name]) for name in found.keys() - wanted],
    )
    yield Clause("transitions that are not as in a calm run", 0, len(unlike), unlike)
    yield Clause("transitions told again, and not alike", 0, len(again), again)
    for topic, values in seen.caused.items():
        if topic in OF_NOW:
            continue
        ours, theirs = ({repr(_own(one)) for one in some} for some in (values, calm.caused[topic]))
        differing = sorted(ours ^ theirs)
        what = f"of {len(ours)} records of `{topic}`, those that are not as in a calm run"
        yield Clause(what, 0, len(differing), differing)


def _differing(one: Value, other: Value) -> dict[str, tuple[object, object]]:
    names = sorted(name for name in {*one, *other} if one.get(name) != other.get(name))
    return {name: (one.get(name), other.get(name)) for name in names}


def _own(value: Value) -> list[tuple[str, object]]:
    return sorted((name, one) for name, one in value.items() if name not in CROSSED)


def _episodes(events: Mapping[Name, Value]) -> Iterator[Clause]:
    """No step of an episode is missing, and none begins while the one before goes on."""
    lives: dict[str, dict[str, list[Value]]] = {}
    for name, episode, seq in sorted(events, key=lambda name: (name[0], _began(name[1]), name[2])):
        lives.setdefault(name, {}).setdefault(episode, []).append(events[name, episode, seq])
    gaps = [
        (episode, [one["seq"] for one in steps])
        for episodes in lives.values()
        for episode, steps in episodes.items()
        if [one["seq"] for one in steps] != list(range(1, len(steps) + 1))
    ]
    early = [
        (episode, steps[-1]["phase"])
        for episodes in lives.values()
        for episode, steps in list(episodes.items())[:-1]
        if steps[-1]["phase"] not in OVER
    ]
    number = sum(map(len, lives.values()))
    yield Clause(f"episodes, of {number}, with a step that is missing", 0, len(gaps), gaps)
    yield Clause("episodes of which the next began before they were over", 0, len(early), early)


def _actions(events: Iterable[Value], asked: Iterable[Value]) -> Clause:
    """Compare what was asked with the episodes that fired: each action belongs to one, and has its id."""
    fired = {one["episode"] for one in events if one["startsAt"]}
    named = {one["action_id"]: one["reason"]["episode"] for one in asked}
    times = Counter(named.values())
    astray = sorted(episode for episode in times if episode not in fired or times[episode] > 1)
    what = f"actions, of {len(named)}, for no episode that fired, or for one again"
    return Clause(what, 0, len(astray), astray)


def _last(events: Mapping[Name, Value], states: Mapping[str, Value | None]) -> Clause:
    """Compare what stands in `alerts` with the last step of each; nothing, where it is over for good."""
    last: dict[str, Value] = {}
    for name in sorted(events, key=lambda name: (_began(name[1]), name[2])):
        last[name[0]] = events[name]
    wanted = {name: None if one["phase"] == Phase.INACTIVE else one for name, one in last.items()}
    unlike = sorted(name for name in {*wanted, *states} if wanted.get(name) != states.get(name))
    shown = [(_named(last[name]) if name in last else name, states.get(name)) for name in unlike]
    return Clause(
        f"alerts, of {len(wanted)}, that `alerts` does not hold as told last", 0, len(unlike), shown
    )


def _distinct(events: Iterable[Value]) -> dict[Name, Value]:
    found: dict[Name, Value] = {}
    for one in events:
        found.setdefault(_name(one), one)
    return found


def _name(one: Value) -> Name:
    return one["fingerprint"], one["episode"], one["seq"]


def _began(episode: str) -> int:
    return int(episode.rpartition("-")[2])


def _named(one: Value) -> str:
    labels = " ".join(
        one["labels"].get(name, "") for name in ("alertname", "service", "release", "cluster_id")
    )
    step = f"{one['episode']} {one['seq']} {one['phase']} at {one['time']}"
    return f"{labels} {step}, {one['value']}"


def _untimed(value: Any) -> Any:
    """Return a value without what clocks say, at any depth."""
    if isinstance(value, dict):
        return {name: _untimed(one) for name, one in value.items() if name != "timing"}
    return [_untimed(one) for one in value] if isinstance(value, list) else value
