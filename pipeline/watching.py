"""The rows of those who watch: what a record makes of one, and what its rules see as time goes on.

The row of a service: `{service: [namespace, name, environment], windows, alerts, clusters, bugs, deploys,
fired, skewed, heard, late, over}`; `late`, where crashes came late, is the second from which on rules have to
look anew; `over` is when alerts were over of late, `{alert: [second, since]}`: what rules see before is not
told again; `since` is since when such a rule fires nevertheless, as late lines show. Rules about a bug that
is new, or is back, act on the record that tells it; others at ticks.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from pipeline import routing, windows
from pipeline.alert import Timing
from pipeline.alerting import Alerts, Row, Subject
from pipeline.bugs_seen import noted as noted_bug
from pipeline.cluster_vitals import NEW, REGRESSED, SEEN
from pipeline.deploy import Deploy, noted
from pipeline.event_time import seconds
from pipeline.measures import Sight
from pipeline.observation import Observation
from pipeline.reach import Reach
from pipeline.rules import AT_RECORDS, Kind, Rule
from pipeline.step import Effect
from pipeline.terms import REMEMBERED, SERVICE, Service, Terms
from pipeline.vital import Vital
from pipeline.windows import Present

LEFT_BY_LOOKS = {"late", "crowded"}  # fields that a look takes away
CLUSTERS = 20  # of a service that are kept, the last
TOLD = {NEW: Kind.NEW_CLUSTER, REGRESSED: Kind.REGRESSION}


def new_row(service: Service) -> Row:
    """Return the row of a service that nothing is known of."""
    return {
        "service": list(service),
        "windows": {},
        "alerts": {},
        "clusters": [],
        "bugs": {},
        "deploys": [],
        "fired": [],
        "skewed": 0,
        "heard": 0,
    }


def arrived(row: Row | None, vital: Vital, terms: Terms, timing: Timing) -> tuple[Row, list[Effect]]:
    """Return the row of a service with what a record tells, and what that causes at once."""
    row = _heard(row, vital.service, timing.arrival)
    take = ARRIVED.get(vital.kind)
    return take(row, vital, terms, timing) if take else (row, [])


def deployed(row: Row | None, deploy: Deploy, terms: Terms, arrival: str) -> tuple[Row, list[Effect]]:
    """Return the row of a service with a deploy, which reports show, and whom to tell of a release."""
    row = _heard(row, deploy.service, arrival)
    before, after = row["deploys"], noted(row["deploys"], deploy, arrival)
    is_other = after[-1]["release"] != (before[-1]["release"] if before else None)
    told = routing.deployed(terms.routes, deploy) if is_other else []
    return row | {"deploys": after}, [Effect("notifications", value["channel"], value) for value in told]


def _heard(row: Row | None, service: Service, arrival: str) -> Row:
    """Take note of when somebody told of a service last: at the time of the record that does."""
    row = row or new_row(service)
    return row | {"heard": max(row["heard"], seconds(arrival))}


def evaluate(row: Row, terms: Terms, timing: Timing) -> tuple[Row, list[Effect], int | None]:
    """Return the row of a service after its rules looked at it at the watermark, which is not None here.

    It is the very same where nothing changed, and then need not be written. The last is the second at which
    it has to be looked at again where no record comes before; None: never.
    """
    at = timing.watermark
    if at is None:
        return row, [], None
    alerts, sight, reach = Alerts(row, terms, timing), Sight(row["windows"], at), Reach(row["windows"])
    service = tuple(row["service"])
    present = frozenset([key.partition("/")[0] for key in [*row["alerts"], *row.get("over", ())]])
    for panel in terms.of_service(service).asked(frozenset(row["windows"]), present).panels:
        if panel.is_shared and panel.names.isdisjoint(present):
            if panel.mark and panel.mark.is_far_from(reach):
                continue
            seen = sight.of(panel.rules[0], None)
            if panel.is_quiet(seen):
                alerts.pass_by(panel, seen)
                continue
        for rule in panel.rules:
            for subject, seen in looks(rule, row, sight):
                alerts.see(rule, subject, seen)
    alerts.end_others(at)
    return alerts.row, alerts.effects, alerts.due


def rests(row: Row, terms: Terms, *, is_due: bool) -> bool:
    """Return whether nothing that is kept of a service lets a rule fire, before its time comes.

    `is_due` says whether a time is set: until then, what is no more tells nothing.
    """
    if row["alerts"] or not row.keys().isdisjoint(LEFT_BY_LOOKS):
        return False
    if any(since is not None for _, since in row.get("over", {}).values()):
        return False
    kept = row["windows"]
    asked = terms.of_service(tuple(row["service"])).asked(frozenset(kept))
    if asked.unmarked and not (is_due and asked.is_timed):
        return False
    reach = Reach(kept)
    return all(mark.is_far_from(reach) for mark in asked.marks)


def _counted(row: Row, vital: Vital, _terms: Terms, timing: Timing) -> tuple[Row, list[Effect]]:
    """Put what is counted into the windows."""
    kept = row["windows"]
    if timing.watermark is not None:
        kept = windows.pruned(kept, timing.watermark)
    kept, skewed = windows.put(kept, vital, timing)
    row = row | {"windows": kept, "skewed": row["skewed"] + skewed}
    return row | _late(row, vital, timing), []


def _late(row: Row, vital: Vital, timing: Timing) -> Row:
    """Return from when on rules have to look anew: from the first second at which they missed a crash."""
    crashed = [second["time"] for second in vital.seconds if second.get("crashes")]
    if not crashed:
        return {}
    present, placed = Present.of(timing, vital.watermark), list[int]()
    for time in crashed:
        at, is_skewed = present.placed(time)
        placed.append(windows.righted(row["windows"], time, at) if is_skewed else at)
    missed = [at + 1 for at in placed if at < (timing.watermark or 0)]
    return {"late": min([*missed, row.get("late", missed[0])])} if missed else {}


def _cluster_told(row: Row, vital: Vital, terms: Terms, timing: Timing) -> tuple[Row, list[Effect]]:
    """Remember a bug that is new, or is back, and let the rules about it fire."""
    told = {"kind": vital.kind.removeprefix("cluster_")} | {
        name: getattr(vital, name) for name in ("cluster_id", "title", "release", "time", "sample_id")
    }
    others = [
        one
        for one in row["clusters"]
        if (one["cluster_id"], one["kind"]) != (told["cluster_id"], told["kind"])
    ]
    alerts = Alerts(row | {"clusters": [*others, told][-CLUSTERS:]}, terms, timing)
    at, _ = Present.of(timing).placed(vital.time)
    subject, seen = (
        _subject(row["service"], told),
        Observation(at, 1.0, 1, holds=True, evidence={"cluster": told}),
    )
    for rule in terms.rules:
        if rule.kind == TOLD[vital.kind] and rule.matches(subject.names):
            alerts.see(rule, subject, seen)
    return alerts.row, alerts.effects


def _seen(row: Row, vital: Vital, _terms: Terms, _timing: Timing) -> tuple[Row, list[Effect]]:
    """Remember a bug that crashed here; reports show those that did most."""
    return row | {"bugs": noted_bug(row["bugs"], vital)}, []


def _subject(service: Service, told: Mapping[str, Any]) -> Subject:
    cluster = {name: told[name] for name in ("cluster_id", "title", "release")}
    names = dict(zip(SERVICE, service, strict=True)) | cluster
    return Subject(names, (*SERVICE, "cluster_id"), told["cluster_id"])


def looks(rule: Rule, row: Row, sight: Sight) -> Iterator[tuple[Subject, Observation]]:
    """Yield what a rule about a service looks at, and what it sees."""
    if rule.kind in AT_RECORDS:
        yield from _past(rule, row, sight.at)
        return
    whole = _whole(tuple(row["service"]))
    if "release" not in rule.by:
        yield whole, sight.of(rule, None)
        return
    for release in sorted({*windows.releases(row["windows"]), *_releases_of(rule, row)}):
        subject = Subject({**whole.names, "release": release}, (*SERVICE, "release"), release)
        if rule.matches(subject.names):
            yield subject, sight.of(rule, release)


@lru_cache(maxsize=REMEMBERED)
def _whole(service: Service) -> Subject:
    return Subject(dict(zip(SERVICE, service, strict=True)), SERVICE)


def _past(rule: Rule, row: Row, at: int) -> Iterator[tuple[Subject, Observation]]:
    """Yield the alerts of a rule that fired at a record: they are over as soon as they may be."""
    for key in list(row["alerts"]):
        name, _, cluster_id = key.partition("/")
        if name == rule.name:
            told = next((one for one in row["clusters"] if one["cluster_id"] == cluster_id), None)
            known = told or {"cluster_id": cluster_id, "title": None, "release": None}
            evidence = {"cluster": told} if told else {}
            yield _subject(row["service"], known), Observation(at, 1.0, 1, holds=False, evidence=evidence)


def _releases_of(rule: Rule, row: Row) -> Iterator[str]:
    """Yield the releases that a rule has alerts for."""
    for key in row["alerts"]:
        name, _, release = key.partition("/")
        if name == rule.name:
            yield release


ARRIVED: Mapping[str, Callable[[Row, Vital, Terms, Timing], tuple[Row, list[Effect]]]] = {
    "counts": _counted,
    "gc": _counted,
    NEW: _cluster_told,
    REGRESSED: _cluster_told,
    SEEN: _seen,
}
