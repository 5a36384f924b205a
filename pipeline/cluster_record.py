"""A value of `clusters`: the sum of the rows of its fingerprints."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pipeline import buckets, states
from pipeline.event_time import HOUR, MINUTE, seconds
from pipeline.fingerprint_row import NAMED, OTHERS, Row, sketch
from pipeline.labels import CORE

LISTED = 256  # fingerprints that are named, those with the most crashes
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
    rows: Sequence[Row],
    now: str,
    label: Callable[[str], str],
    count_streams: CountStreams,
) -> dict[str, Any]:
    """Return the cluster as it is now; `rows` are at least one, the oldest first."""
    listed = _listed(rows, label)
    first_seen = min((row["first_seen"] for row in rows if row["first_seen"]), default=None)
    releases = _releases(rows)
    by_minute = _latest(rows, "minutes", seconds(now) // MINUTE, 60)
    by_hour = _latest(rows, "hours", seconds(now) // HOUR, 24)
    return {
        "schema_version": 1,
        "cluster_id": about.cluster_id,
        "title": _told(rows, "title"),
        "shard": about.shard,
        "state": states.shown(dict(about.said), first_seen, now),
        "is_established": any(one["label"] == CORE for one in listed),
        "crashes_total": sum(row["crashes_total"] for row in rows),
        "crashes_1h": sum(by_minute),
        "crashes_24h": sum(by_hour),
        "streams": count_streams([sketch(row) for row in rows]),
        "first_seen": first_seen,
        "last_seen": max((row["last_seen"] for row in rows if row["last_seen"]), default=None),
        "first_release": next((one["release"] for one in releases if one["release"]), None),
        "culprit_function": _told(rows, "culprit"),
        "sample_id": max(rows, key=lambda row: row["last_seen"] or "")["sample_id"],
        "fingerprints_total": len(rows),
        "updated_at": now,
        "crashes_by_minute": by_minute,
        "crashes_by_hour": by_hour,
        "fingerprints": listed,
        "aliases": list(about.aliases),
        "services": services(rows),
        "releases": releases,
    }


def _latest(rows: Iterable[Row], name: str, span: int, number: int) -> list[int]:
    """Return the crashes of rows in the last buckets, the oldest first."""
    return [
        sum(counts) for counts in zip(*(buckets.latest(row[name], span, number) for row in rows), strict=True)
    ]


def services(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the crashes by service, most first."""
    counts: dict[tuple[str | None, ...], int] = {}
    for row in rows:
        for *service, count in row["services"]:
            counts[tuple(service)] = counts.get(tuple(service), 0) + count
    names = ("service_namespace", "service_name", "environment")
    ranked = sorted(counts.items(), key=lambda one: (-one[1], tuple(part or "" for part in one[0])))
    named, others = ranked[:NAMED], sum(count for _, count in ranked[NAMED:])
    if others:
        named.append(((OTHERS, OTHERS, OTHERS), others))
    return [dict(zip(names, service, strict=True)) | {"crashes": count} for service, count in named]


def _releases(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the crashes by service and release, in the order in which these appeared."""
    told: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        for service, release, *fact in row["releases"]:
            _add(told, (service, release), fact)
    if len(told) > NAMED:
        told = _fewer(told)
    return sorted(told.values(), key=lambda one: (one["first_time"] or "", one["service"], one["release"]))


def _fewer(told: dict[tuple[str, str], dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return those with the most crashes, and all others as one."""
    ranked = sorted(told, key=lambda named: (-told[named]["crashes"], named))
    fewer = {named: told[named] for named in ranked[:NAMED]}
    for named in ranked[NAMED:]:
        _, _, *fact = told[named].values()
        _add(fewer, (OTHERS, OTHERS), fact)
    return fewer


def _add(told: dict[tuple[str, str], dict[str, Any]], named: tuple[str, str], fact: Sequence[Any]) -> None:
    """Add crashes, first and last time to a release."""
    count, first, last = fact
    known = told.get(named) or {"crashes": 0, "first_time": None, "last_time": None}
    told[named] = {
        "service": named[0],
        "release": named[1],
        "crashes": known["crashes"] + count,
        "first_time": min(filter(None, (known["first_time"], first)), default=None),
        "last_time": max(filter(None, (known["last_time"], last)), default=None),
    }


def _listed(rows: Iterable[Row], label: Callable[[str], str]) -> list[dict[str, Any]]:
    most = sorted(rows, key=lambda row: (-row["crashes_total"], row["fingerprint"]))[:LISTED]
    return [
        {
            "fingerprint": row["fingerprint"],
            "label": label(row["fingerprint"]),
            "crashes_total": row["crashes_total"],
            "first_seen": row["first_seen"],
            "last_seen": row["last_seen"],
        }
        for row in most
    ]


def _told(rows: Iterable[Row], name: str) -> str | None:
    return next((row[name] for row in rows if row[name]), None)
