"""Which bugs crash a service now: what rows of bugs tell the rows of services, and what these keep of it.

A row of a service keeps `{cluster_id: {title, release, sample_id, time, crashes, weight}}`: `crashes` since
it was first told of, `weight` those of late, each half as heavy as one of `HALF_LIFE_S` later.
"""

from collections.abc import Mapping
from typing import Any

from pipeline.block import UNNAMED
from pipeline.cluster_told import ClusterTold, Home
from pipeline.cluster_vitals import SEEN
from pipeline.event_time import MINUTE, seconds
from pipeline.fingerprint_row import OTHERS
from pipeline.step import Effect
from pipeline.vital import Vital, service_key

EVERY_S = MINUTE  # a service is told of a bug at most so often
HALF_LIFE_S = 10 * MINUTE
SERVICES, BUGS = 20, 20  # of a bug that are told, of a service that are kept
LATE = 2  # minutes, of a bug whose crashes in a service are not known by time

Bugs = dict[str, dict[str, Any]]
Known = Mapping[str, list[int]]
"""Of each service, the second at which it was told last, and the bug's crashes in it then."""


def passed_on(known: Known, told: ClusterTold, at: int) -> tuple[dict[str, list[int]], list[Effect]]:
    """Return what services were told of a bug, and the records for those in which it crashed since."""
    after, effects = dict(known), list[Effect]()
    for home in told.services[:SERVICES]:
        key = service_key(home.service)
        second, crashes = known.get(key, (at - EVERY_S, _crashes_before(home, told, at)))
        if home.service_name != OTHERS and home.crashes > crashes and at - second >= EVERY_S:
            after[key] = [at, home.crashes]
            effects.append(_seen(home, told, home.crashes - crashes))
    return {key: after[key] for key in list(after)[-2 * SERVICES :]}, effects


def _crashes_before(home: Home, told: ClusterTold, at: int) -> int:
    """Return the crashes in a service that was told nothing yet: of a bug that is new, none were before."""
    is_new = told.first_seen is not None and at - seconds(told.first_seen) < HALF_LIFE_S
    return 0 if is_new else max(0, home.crashes - sum(told.crashes_by_minute[-LATE:]))


def _seen(home: Home, told: ClusterTold, crashes: int) -> Effect:
    namespace, name, environment = home.service
    value: dict[str, Any] = {
        "schema_version": 1,
        "kind": SEEN,
        "service_name": name,
        "service_namespace": namespace,
        "environment": environment,
        **UNNAMED,
        "watermark": None,
        "seconds": [],
        "cluster_id": told.cluster_id,
        "time": told.updated_at,
        "title": told.title,
        "release": told.first_release,
        "sample_id": told.sample_id,
        "crashes": crashes,
    }
    return Effect("vitals", "/".join(part or "" for part in home.service), value)


def noted(bugs: Bugs, vital: Vital) -> Bugs:
    """Return the bugs of a service with one that crashed in it; those that weigh least are forgotten."""
    name, time = vital.cluster_id or "", vital.time or ""
    known = bugs.get(name, {"crashes": 0, "weight": 0.0, "time": time})
    here = {
        "title": vital.title,
        "release": vital.release,
        "sample_id": vital.sample_id,
        "time": max(time, known["time"]),
        "crashes": known["crashes"] + vital.crashes,
        "weight": round(_weight(known, time) + vital.crashes, 3),
    }
    return dict(ranked(bugs | {name: here}, time)[:BUGS])


def ranked(bugs: Bugs, now: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the bugs of a service, the one first that crashed most of late."""
    return sorted(bugs.items(), key=lambda one: (-_weight(one[1], now), one[0]))


def _weight(bug: Mapping[str, Any], now: str) -> float:
    age: int = max(0, seconds(now) - seconds(bug["time"]))
    weight: float = bug["weight"] * 0.5 ** (age / HALF_LIFE_S)
    return weight
