"""The row of a bug among those who watch: `{service, cluster_id, known, streams, alerts, fired, ...}`.

Its rules act on the records of `clusters` alone: these come with each change, every five minutes for an
hour after the last crash, and every hour for a day, so that a replay of that topic shows the same. Where
none comes for longer, what still fires ends when that has lasted too long, whichever shows it first: a tick
or the next record of the bug. `told` is when the last came. `service` is the one
that had most of the crashes when the row was made: an alert's labels do not change. `known` are the
services that it was in; `streams` is `[[second, streams], ...]`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.alert import Timing
from pipeline.alerting import Alerts, Row, Subject
from pipeline.bugs_seen import passed_on
from pipeline.cluster_told import ClusterTold
from pipeline.event_time import DAY, HOUR, MINUTE, seconds
from pipeline.fingerprint_row import OTHERS
from pipeline.observation import Observation
from pipeline.rules import Kind, Rule, Scope
from pipeline.states import MUTED
from pipeline.step import Effect
from pipeline.surge import FEW, surge
from pipeline.terms import SERVICE, Service, Terms
from pipeline.vital import service_key

KEPT, EVERY_S = 61, MINUTE  # counts of streams: an hour of them
SERVICES = 256
QUIET_S = DAY + 2 * HOUR  # a bug is told of for a day after its last crash, at least every hour


def cluster_arrived(
    row: Row | None, told: ClusterTold | None, terms: Terms, timing: Timing
) -> tuple[Row | None, list[Effect]]:
    """Return the row of a bug after it was told anew, and what that causes; None: there is none any more."""
    if told is None:
        return None, ended(row, terms, timing, seconds(timing.arrival))[1] if row else []
    at, before = seconds(told.updated_at), list[Effect]()
    if row and is_quiet(row["told"], at):
        row, before = ended(row, terms, timing, at)
    was = row["known"] if row else None
    row = _noted(row or _new(told), told, at)
    alerts = Alerts(row, terms, timing)
    for rule in terms.rules:
        for subject, seen in _looks(rule, row, told, was):
            alerts.see(rule, subject, seen)
    alerts.end_others(at)
    passed, news = passed_on(row.get("passed", {}), told, at)
    return alerts.row | {"passed": passed}, [*before, *alerts.effects, *news]


def _new(told: ClusterTold) -> Row:
    home: Service = told.services[0].service if told.services else (None, None, None)
    fields: Row = {"service": list(home), "cluster_id": told.cluster_id, "known": None, "streams": []}
    return fields | {"alerts": {}, "fired": [], "windows": {}, "clusters": [], "deploys": []}


def _noted(row: Row, told: ClusterTold, at: int) -> Row:
    """Return the row with what rules compare the next record with."""
    known = {service_key(home.service) for home in told.services} | set(row["known"] or [])
    streams = row["streams"]
    if not streams or at >= streams[-1][0] + EVERY_S:
        streams = [*streams, [at, told.streams]][-KEPT:]
    itself = {
        "kind": "known",
        "cluster_id": told.cluster_id,
        "title": told.title,
        "release": told.first_release,
    }
    itself |= {"time": told.first_seen or told.updated_at, "sample_id": told.sample_id}
    news = {"known": sorted(known)[:SERVICES], "streams": streams, "clusters": [itself]}
    return row | news | {"told": max(at, row.get("told", at))}


def is_quiet(told: int, at: int) -> bool:
    """Return whether nobody tells of a bug any more, by when it was told of last."""
    return at - told > QUIET_S


def ended(row: Row, terms: Terms, timing: Timing, at: int) -> tuple[Row, list[Effect]]:
    """End the alerts of a bug that is no more, such as one that was merged into another, or is quiet.

    One that is quiet ended as soon as it was, whenever that is seen.
    """
    alerts, over = Alerts(row, terms, timing), min(at, row["told"] + QUIET_S + 1)
    for key in list(row["alerts"]):
        alerts.end(key, over)
    return alerts.row, alerts.effects


Looks = Iterator[tuple[Subject, Observation]]


def _looks(rule: Rule, row: Row, told: ClusterTold, was: Sequence[str] | None) -> Looks:
    """Yield what a rule looks at and what it sees; `was` are the services before this record."""
    if rule.kind == Kind.NEW_CLUSTER:
        yield from _came(rule, row, told, was)
        return
    subject = _subject(told, row["service"])
    see = SEEN.get(rule.kind)
    if see and rule.matches(subject.names):
        yield subject, see(rule, row, told, seconds(told.updated_at))


def _subject(told: ClusterTold, service: Sequence[str | None], apart: str = "") -> Subject:
    names = dict(zip(SERVICE, service, strict=True))
    cluster = {"cluster_id": told.cluster_id, "title": told.title, "release": told.first_release}
    return Subject(names | cluster, (*SERVICE, "cluster_id"), apart)


def _came(rule: Rule, row: Row, told: ClusterTold, was: Sequence[str] | None) -> Looks:
    """Yield the services that a known bug came to, for rules about bugs that are new in a service.

    Those of a bug that is new everywhere are told by `vitals`.
    """
    if rule.scope != Scope.SERVICE:
        return
    at = seconds(told.updated_at)
    for home in told.services:
        key = service_key(home.service)
        subject = _subject(told, home.service, key)
        is_new = was is not None and key not in was and home.service_name != OTHERS
        is_known = f"{rule.name}/{key}" in row["alerts"]
        if (is_new or is_known) and rule.matches(subject.names):
            yield subject, Observation(at, 1.0, 1, holds=is_new, evidence=_evidence(told))


def _evidence(told: ClusterTold) -> dict[str, Any]:
    return {"cluster": told.cluster_id, "title": told.title, "sample_id": told.sample_id}


def _surge(rule: Rule, _row: Row, told: ClusterTold, at: int) -> Observation:
    known_for = (at - seconds(told.first_seen)) // MINUTE if told.first_seen else 0
    found = surge(told.crashes_by_minute, known_for, at % MINUTE)
    if found is None or told.state == MUTED:
        return Observation(at, None)
    is_many = rule.fire is None or rule.fire.holds(found.times)
    holds = is_many and found.is_one(rule.confidence, rule.min_samples)
    is_few = found.crashes < max(FEW, rule.min_samples)
    over = is_few or not holds if rule.clear is None else is_few or rule.clear.holds(found.times)
    evidence = {"crashes": found.crashes, "usual": round(found.usual, 3), "chance": found.chance}
    return Observation(
        at=at,
        value=round(found.times, 3),
        n=found.crashes,
        holds=holds,
        over=over and not holds,
        evidence=_evidence(told) | evidence,
    )


def _spread(rule: Rule, row: Row, told: ClusterTold, at: int) -> Observation:
    """Count the services, or the streams, that a bug came to within the window."""
    if told.state == MUTED:
        return Observation(at, None)
    count = COUNTED[rule.fact or ""](row, told, at - rule.window_s)
    return Observation(at, float(count), count, evidence=_evidence(told))


def _services(_row: Row, told: ClusterTold, since: int) -> int:
    """Return how many services crashed since a second."""
    return len(
        {
            one.service
            for one in told.releases
            if one.service != OTHERS and one.last_time and seconds(one.last_time) >= since
        }
    )


def _streams(row: Row, told: ClusterTold, since: int) -> int:
    """Return by how many streams the bug grew since a second, as far as these are known."""
    if told.first_seen and seconds(told.first_seen) >= since:
        return told.streams
    before: list[int] = [streams for at, streams in row["streams"] if at <= since]
    first: int = row["streams"][0][1]
    return max(0, told.streams - (before[-1] if before else first))


SEEN = {Kind.SURGE: _surge, Kind.SPREAD: _spread}
COUNTED = {"services": _services, "streams": _streams}
