"""A value of `clusters`, made of the sum of the rows of its fingerprints."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import nsmallest
from typing import Any, NamedTuple

from pipeline import states
from pipeline.cluster_sum import Release, Service, Sum
from pipeline.event_time import HOUR, MINUTE, seconds
from pipeline.fingerprint_row import NAMED, OTHERS, Row
from pipeline.labels import CORE

CountStreams = Callable[[Sequence[bytes]], int]
"""Returns how many streams are in any of the sketches."""


class About(NamedTuple):
    """What is known of a cluster beside its rows; `said` is what `pipeline/states.py` keeps of it."""

    cluster_id: str
    shard: str
    aliases: Sequence[str]
    said: Mapping[str, Any]


def summed(
    about: About,
    rows: Sum,
    now: str,
    labels: Callable[[Sequence[str]], Mapping[str, str]],
    count_streams: CountStreams,
) -> dict[str, Any]:
    """Return the cluster as it is now; `rows` are at least one."""
    listed, releases = _listed(rows, labels), _releases(rows)
    by_minute = rows.minutes.latest(seconds(now) // MINUTE, 60)
    by_hour = rows.hours.latest(seconds(now) // HOUR, 24)
    return {
        "schema_version": 1,
        "cluster_id": about.cluster_id,
        "title": rows.text("title"),
        "shard": about.shard,
        "state": states.shown(dict(about.said), rows.first_seen, now),
        "is_established": any(one["label"] == CORE for one in listed),
        "crashes_total": rows.crashes,
        "crashes_1h": sum(by_minute),
        "crashes_24h": sum(by_hour),
        "streams": count_streams(rows.sketches),
        "first_seen": rows.first_seen,
        "last_seen": rows.last_seen,
        "first_release": next((one["release"] for one in releases if one["release"]), None),
        "culprit_function": rows.text("culprit"),
        "sample_id": rows.sample_id,
        "fingerprints_total": rows.rows,
        "updated_at": now,
        "crashes_by_minute": by_minute,
        "crashes_by_hour": by_hour,
        "fingerprints": listed,
        "aliases": list(about.aliases),
        "services": _services({service: crashes for service, (_, crashes) in rows.services.items()}),
        "releases": releases,
    }


def services(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the crashes of rows by service, most first."""
    counts: dict[Service, int] = {}
    for row in rows:
        for *service, count in row["services"]:
            counts[tuple(service)] = counts.get(tuple(service), 0) + count
    return _services(counts)


def _services(counts: Mapping[Service, int]) -> list[dict[str, Any]]:
    names = ("service_namespace", "service_name", "environment")
    ranked = sorted(counts.items(), key=lambda one: (-one[1], tuple(part or "" for part in one[0])))
    named, others = ranked[:NAMED], sum(count for _, count in ranked[NAMED:])
    if others:
        named.append(((OTHERS, OTHERS, OTHERS), others))
    return [dict(zip(names, service, strict=True)) | {"crashes": count} for service, count in named]


def _releases(rows: Sum) -> list[dict[str, Any]]:
    """Return the crashes by service and release, in the order in which these appeared.

    Beyond the bound, those with the most crashes are named, and all others are one.
    """
    told: dict[Release, Sequence[Any]] = {named: fact[1:] for named, fact in rows.releases.items()}
    if len(told) > NAMED:
        most = nsmallest(NAMED, told, key=lambda named: (-told[named][0], named))
        others = [told[named] for named in told.keys() - set(most) | {(OTHERS, OTHERS)} if named in told]
        told = {named: told[named] for named in most} | {(OTHERS, OTHERS): _together(others)}
    shown = [_release(named, fact) for named, fact in told.items()]
    return sorted(shown, key=lambda one: (one["first_time"] or "", one["service"], one["release"]))


def _together(facts: Sequence[Sequence[Any]]) -> Sequence[Any]:
    """Return count, first and last time of all."""
    counts, first, last = zip(*facts, strict=True)
    return sum(counts), min(filter(None, first), default=None), max(filter(None, last), default=None)


def _release(named: Release, fact: Sequence[Any]) -> dict[str, Any]:
    return dict(
        zip(("service", "release", "crashes", "first_time", "last_time"), (*named, *fact), strict=True)
    )


def _listed(rows: Sum, labels: Callable[[Sequence[str]], Mapping[str, str]]) -> list[dict[str, Any]]:
    most = rows.listed()
    known = labels([fingerprint for _, fingerprint, _, _ in most])
    return [
        {
            "fingerprint": fingerprint,
            "label": known[fingerprint],
            "crashes_total": -less,
            "first_seen": first,
            "last_seen": last,
        }
        for less, fingerprint, first, last in most
    ]
