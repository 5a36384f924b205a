"""What a channel tells of a group of alerts: facts, as they are; how they look is each channel's.

An alert is a value of `alerts`, or one of Alertmanager's webhook: what only ours have may be missing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from pipeline.channels.plain import line, plain
from pipeline.facts import FACTS
from pipeline.rules import Kind
from pipeline.units import shown, span_shown

Alert = Mapping[str, Any]

SEVERITIES = ("critical", "warning", "info")  # most serious first; what is none of them is last
FIRST = 10  # alerts of a group that are named
CULPRIT = " in "  # in front of the culprit in a bug's title


class Status(StrEnum):
    """What is told."""

    FIRING = "firing"
    RESOLVED = "resolved"
    DIGEST = "digest"  # of many groups, which came too fast for a message each


class Why(NamedTuple):
    """What a rule saw: all as it is shown; empty where there is none."""

    rule: str = ""
    kind: str = ""
    fact: str = ""
    value: str = ""
    condition: str = ""
    window: str = ""
    held: str = ""


@dataclass(frozen=True)
class Card:
    """A group of alerts as people see it. Texts are clean and without secrets, but not escaped.

    `alerts` are all of the group, most serious first; `named` are the titles of the first of them, `more` is
    how many are left. `is_past`: it fired and was resolved before anybody was told. `names` are what
    addresses may hold.
    """

    status: Status
    title: str
    severity: str
    service: str
    environment: str
    release: str
    count: int | None
    culprit: str
    url: str
    why: Why
    action: str
    since: str
    until: str
    firing: int
    over: int
    named: tuple[str, ...]
    more: int
    names: Mapping[str, str]
    alerts: tuple[Alert, ...]
    may_repeat: bool = False
    is_test: bool = False
    is_past: bool = False

    @property
    def is_critical(self) -> bool:
        """Whether somebody is to be woken."""
        return self.severity == SEVERITIES[0]


def card(alerts: Sequence[Alert], group_key: str = "", status: Status | None = None) -> Card:
    """Return the card of a group of one alert or more; it is resolved when all of them are."""
    ordered = sorted(alerts, key=_rank)
    first, firing = ordered[0], [one for one in ordered if one.get("status") != Status.RESOLVED]
    about = firing or ordered
    titles = tuple(_title(one) for one in ordered[:FIRST])
    return Card(
        status=status or (Status.FIRING if firing else Status.RESOLVED),
        title=titles[0],
        severity=line(_label(first, "severity"), 32).lower(),
        service=_common(about, "service"),
        environment=_common(about, "env"),
        release=_common(about, "release") or _evidence(first, "release"),
        count=_count(about),
        culprit=_culprit(first),
        url=_url(first.get("generatorURL")),
        why=_why(first),
        action=_annotation(first, "runbook") or _annotation(first, "runbook_url"),
        since=_time(min((one["startsAt"] for one in about if one.get("startsAt")), default="")),
        until="" if firing else _time(max((one.get("endsAt") or "" for one in ordered), default="")),
        firing=len(firing),
        over=len(ordered) - len(firing),
        named=titles,
        more=len(ordered) - len(titles),
        names=_names(first, group_key),
        alerts=tuple(ordered),
    )


def _rank(alert: Alert) -> tuple[bool, int, str]:
    severity = str(_label(alert, "severity")).lower()
    rank = SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
    return alert.get("status") == Status.RESOLVED, rank, str(alert.get("startsAt") or "")


def _label(alert: Alert, name: str) -> Any:
    return (alert.get("labels") or {}).get(name) or ""


def _annotation(alert: Alert, name: str) -> str:
    return plain((alert.get("annotations") or {}).get(name) or "")


def _title(alert: Alert) -> str:
    annotations = alert.get("annotations") or {}
    return line(annotations.get("summary") or annotations.get("title") or _label(alert, "alertname") or "?")


def _common(alerts: Iterable[Alert], name: str) -> str:
    """Return what alerts share, or the first few of what they have."""
    values = sorted({line(value, 256) for one in alerts if (value := _label(one, name))})
    return ", ".join(values[:3]) + (f" +{len(values) - 3}" if len(values) > 3 else "")  # noqa: PLR2004


def _bug(alert: Alert) -> Mapping[str, Any]:
    """Return what is said of the bug of an alert: it stands in its evidence, or is it."""
    evidence = alert.get("evidence") or {}
    cluster = evidence.get("cluster")
    return cluster if isinstance(cluster, Mapping) else evidence


def _evidence(alert: Alert, name: str) -> str:
    return line(_bug(alert).get(name) or "", 512)


def _culprit(alert: Alert) -> str:
    return _evidence(alert, "culprit") or _evidence(alert, "title").rpartition(CULPRIT)[2]


def _count(alerts: Iterable[Alert]) -> int | None:
    counts = [count for one in alerts if isinstance(count := (one.get("evidence") or {}).get("crashes"), int)]
    return sum(counts) if counts else None


def _url(text: object) -> str:
    url = line(text or "", 2_048)
    return url if url.startswith(("https://", "http://")) and " " not in url else ""


def _time(text: str) -> str:
    """Return a time to the second: `2026-11-21 00:02:11Z`."""
    return f"{line(text, 64)[:19].replace('T', ' ')}Z" if text else ""


def _why(alert: Alert) -> Why:
    rule = alert.get("rule") or {}
    fire, value, unit = str(rule.get("fire") or ""), alert.get("value"), _unit(rule)
    operator, threshold = fire.partition(" ")[0], alert.get("threshold")
    return Why(
        rule=line(rule.get("name") or _label(alert, "alertname"), 256),
        kind=str(rule.get("kind") or ""),
        fact=line(rule.get("fact") or "", 256),
        value=shown(value, unit) if isinstance(value, float | int) and fire else "",
        condition=f"{operator} {shown(threshold, unit)}" if operator and threshold is not None else "",
        window=span_shown(rule.get("window_s") or 0) if rule.get("window_s") else "",
        held=span_shown(rule.get("for_s") or 0) if rule.get("for_s") else "",
    )


def _unit(rule: Mapping[str, Any]) -> str:
    fact = FACTS.get(str(rule.get("fact")))
    return "s" if rule.get("kind") == Kind.ABSENT else fact.unit if fact else ""


def _names(alert: Alert, group_key: str) -> dict[str, str]:
    labels = {name: line(value, 256) for name, value in (alert.get("labels") or {}).items()}
    ids = {name: line(alert.get(name) or "", 128) for name in ("fingerprint", "episode")}
    return labels | ids | {"group_key": group_key}
