"""The evidence for one episode of an alert, for programs and, as markdown, for people."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline import sketch, windows
from pipeline.bugs_seen import ranked
from pipeline.event_time import HOUR, seconds
from pipeline.rules import Rule
from pipeline.step import Effect

LISTED = 10  # clusters
SUSPECTED_S = HOUR  # a deploy that ended so long before the alert may be its cause
Row = Mapping[str, Any]


def reported(rule: Rule, record: Mapping[str, Any], row: Row) -> Effect:
    """Return the record of `reports` for an alert that fires, or has ended."""
    deploys = _deploys(row, record["activeAt"])
    value: dict[str, Any] = {
        "schema_version": 1,
        "episode": record["episode"],
        "seq": record["seq"],
        "status": record["status"],
        "rule": rule.name,
        "severity": rule.severity.value,
        "summary": record["annotations"].get("summary"),
        "value": record["value"],
        "threshold": record["threshold"],
        "runbook": rule.runbook,
        "time": record["time"],
        "service": dict(zip(("namespace", "name", "environment"), row["service"], strict=True)),
        "timeline": _timeline(record),
        "evidence": record["evidence"],
        "clusters": _clusters(row, record["time"]),
        "releases": _releases(row),
        "deploys": deploys,
        "gc": _gc(row),
        "suspected_cause": _suspected(row, deploys),
    }
    value["markdown"] = markdown(value)
    return Effect("reports", record["episode"], value)


def _timeline(record: Mapping[str, Any]) -> list[dict[str, str]]:
    steps = (("condition first held", "activeAt"), ("fired", "startsAt"), ("resolved", "endsAt"))
    return [{"time": record[field], "what": what} for what, field in steps if record[field]]


def _clusters(row: Row, now: str) -> list[dict[str, Any]]:
    """Return the bugs that crashed most in this service of late, then others that were new or back there."""
    told = {one["cluster_id"]: dict(one) for one in row["clusters"]}
    most = [_known(name, one, told.pop(name, None)) for name, one in ranked(row.get("bugs", {}), now)]
    return [*most, *(one | {"crashes": None} for one in reversed(told.values()))][:LISTED]


def _known(name: str, bug: Mapping[str, Any], told: Mapping[str, Any] | None) -> dict[str, Any]:
    fields = {part: bug[part] for part in ("title", "release", "time", "sample_id", "crashes")}
    return {"kind": "known", "cluster_id": name, **fields, **(told or {})}


def _releases(row: Row) -> list[dict[str, Any]]:
    """Return the crashes of each release in what is kept, the one that was heard of first before others."""
    crashes, lines = row["windows"].get("crashes", {}), row["windows"].get("lines", {})
    return [
        {
            "release": release or None,
            "crashes": sum(crashes.get(release, [0])[1:]),
            "lines": sum(lines.get(release, [0])[1:]),
        }
        for release in windows.releases(row["windows"])
    ]


def _deploys(row: Row, active_at: str | None) -> list[dict[str, Any]]:
    """Return the deploys of the hour before the condition first held."""
    if active_at is None:
        return []
    at = seconds(active_at)
    return [one for one in row["deploys"] if 0 <= at - seconds(one["time"]) <= SUSPECTED_S]


def _gc(row: Row) -> dict[str, Any] | None:
    cells = [cell[1:] for one in row["windows"].get("gc", {}).values() for cell in one]
    if not cells:
        return None
    cycles, allocated, covered, goals, live = (sum(column) for column in zip(*cells, strict=True))
    return {
        "cycles": cycles,
        "alloc_bytes": allocated,
        "covered_s": round(covered, 3),
        "heap_goal_ratio": round(goals / live, 3) if live else None,
        "pause_p99_ns": _pause(row),
    }


def _pause(row: Row) -> int | None:
    minutes = [one for cells in row["windows"].get("pauses", {}).values() for _, one in cells]
    longest = sketch.quantile(minutes, 0.99)
    return None if longest is None else round(longest)


def _suspected(row: Row, deploys: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Name the last deploy in whose release a bug was first seen: that is the evidence."""
    for deploy in reversed(deploys):
        bugs = [one for one in row["clusters"] if one["release"] == deploy["release"]]
        new = [one["cluster_id"] for one in bugs if one["kind"] == "new"]
        if new:
            return {"release": deploy["release"], "deployed_at": deploy["time"], "first_seen_in_it": new}
    return None


def markdown(report: Mapping[str, Any]) -> str:
    """Write a report for people."""
    parts = [
        [f"# {text(report['summary'] or report['rule'])}"],
        [f"{report['status']}, {report['severity']}, rule {text(report['rule'])}, {report['episode']}"],
        _section("Timeline", (f"{one['time']} {one['what']}" for one in report["timeline"])),
        _section("Value", _value(report)),
        _section("Bugs", map(_bug, report["clusters"])),
        _section("Releases, last 15 minutes", map(_release, report["releases"])),
        _section("Deploys, an hour before", map(_deploy, report["deploys"])),
        _section("Garbage collector, last 15 minutes", _named(report["gc"] or {})),
        _section("Suspected cause", _cause(report["suspected_cause"])),
        _section("Next steps", [text(report["runbook"])] if report["runbook"] else []),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def text(value: object) -> str:
    """Return what others wrote so that markdown takes it as it is, in one line."""
    plain = " ".join(str(value).split())
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#|!" else sign for sign in plain)


def _section(title: str, lines: Iterable[str]) -> list[str]:
    told = [f"* {line}" for line in lines]
    return [f"## {title}", *told] if told else []


def _named(facts: Mapping[str, Any]) -> Iterable[str]:
    return (f"{name}: {text(fact)}" for name, fact in facts.items() if fact is not None)


def _bug(one: Mapping[str, Any]) -> str:
    release = f", release {text(one['release'])}" if one["release"] else ""
    count = f", {one['crashes']} crashes here" if one["crashes"] else ""
    what = f"{one['time']} {one['kind']} {one['cluster_id']} {text(one['title'])}{count}"
    return f"{what}{release}, sample {one['sample_id']}"


def _value(report: Mapping[str, Any]) -> Iterable[str]:
    return _named({"value": report["value"], "threshold": report["threshold"]} | report["evidence"])


def _deploy(one: Mapping[str, Any]) -> str:
    return f"{one['time']} {text(one['release'])}"


def _release(one: Mapping[str, Any]) -> str:
    return f"{text(one['release'] or 'unknown')}: {one['crashes']} crashes, {one['lines']} lines"


def _cause(cause: Mapping[str, Any] | None) -> list[str]:
    if cause is None:
        return []
    seen = ", ".join(cause["first_seen_in_it"])
    return [f"release {text(cause['release'])}, deployed {cause['deployed_at']}: {seen} first seen in it"]
