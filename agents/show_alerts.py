"""Alerts as text for people: a list of them, and one with why it is one."""

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from agents.layout import counted, facts, line, words
from pipeline.facts import FACTS
from pipeline.units import shown, span_shown

Alert = Mapping[str, Any]  # an alerts.v1

SECONDS_LENGTH = len("2026-11-21 00:20:45")
STYLES = {
    "firing": "bold red",
    "recovering": "red",
    "nodata": "red",
    "pending": "yellow",
    "resolved": "green",
}
NAMING = ("alertname", "severity", "source")  # labels that all have, and that stand elsewhere


def table(told: Mapping[str, Any]) -> list[Text]:
    """Show alerts, two lines each, and how many there are."""
    rows = [row for alert in told["alerts"] for row in _rows(alert)]
    return [*rows, *([Text()] if rows else []), Text(counted(len(told["alerts"]), "alert"), "dim")]


def alert_text(alert: Alert) -> Text:
    """Show why an alert is one."""
    rule = alert["rule"] or {}
    named = [
        ("state", words(alert["phase"], "since", _time(alert["time"]))),
        ("held", _held(alert)),
        ("labels", line(_labels(alert))),
        ("rule", line(_rule(alert))),
        ("value", line(_value(alert))),
        ("window", line(_window(alert))),
        ("holds", words("since", _time(alert["activeAt"]))),
        ("fired", _time(alert["startsAt"])),
        ("resolved", _time(alert["endsAt"])),
        ("seen", line(_evidence(alert))),
        ("judged", words("up to", _time(alert["timing"]["watermark"]), _lag(alert))),
        ("runbook", line(_runbook(alert["annotations"]))),
        (
            "episode",
            words(alert["episode"], f"step {alert['seq']}", f"rule {rule['hash']}" if rule else None),
        ),
    ]
    return Text("\n").join([_heading(alert), *facts(named)])


def _rows(alert: Alert) -> list[Text]:
    below = words(alert["fingerprint"], alert["labels"]["alertname"], _labels(alert))
    return [
        Text.assemble(
            (f"{alert['phase']:<10} ", STYLES.get(alert["phase"], "")),
            f"{alert['labels']['severity']:<9} ",
            f"{_time(alert['time']):<{SECONDS_LENGTH}}  ",
            (line(_summary(alert)), "bold"),
        ),
        Text(f"    {below}", "dim"),
    ]


def _heading(alert: Alert) -> Text:
    return Text.assemble((line(_summary(alert)), "bold"), "  ", (alert["fingerprint"], "cyan"))


def _summary(alert: Alert) -> str:
    return str(alert["annotations"].get("summary") or alert["labels"]["alertname"])


def _labels(alert: Alert) -> str:
    return ", ".join(f"{name}={value}" for name, value in alert["labels"].items() if name not in NAMING)


def _rule(alert: Alert) -> str:
    rule = alert["rule"]
    if not rule:
        return f"{alert['labels']['alertname']}, which is no more"
    spans = {"for": rule["for_s"], "and clear for": rule["keep_firing_for_s"]}
    told = [f"{name} {span_shown(span)}" for name, span in spans.items() if span]
    condition = f": {rule['fact']} {rule['fire']}" if rule["fire"] else ""
    return ", ".join([f"{rule['name']}, {alert['labels']['severity']}{condition}", *told])


def _value(alert: Alert) -> str:
    fact = FACTS.get((alert["rule"] or {}).get("fact") or "")
    if alert["value"] is None:
        return "not known: too little was seen"
    unit = fact.unit if fact else ""
    parts = [shown(alert["value"], unit)]
    if alert["lower_bound"] is not None:
        parts.append(f"at least {shown(alert['lower_bound'], unit)} but for chance")
    if alert["threshold"] is not None:
        parts.append(f"threshold {shown(alert['threshold'], unit)}")
    return ", ".join(parts) + f", {counted(alert['samples'], 'sample')}"


def _window(alert: Alert) -> str:
    window = alert["evidence"].get("window")
    return f"{_time(window[0])} to {_time(window[1])}" if window else ""


def _evidence(alert: Alert) -> str:
    return ", ".join(f"{name} {fact}" for name, fact in alert["evidence"].items() if name != "window")


def _held(alert: Alert) -> str:
    return {
        "late": "no page: it fired long before it was seen",
        "missed": "no page: it fired while nobody watched",
        "folded": "no page: too many at once",
    }.get(alert["timing"]["held"] or "", "")


def _lag(alert: Alert) -> str | None:
    return "(catching up)" if alert["timing"]["catching_up"] else None


def _time(time: str | None) -> str:
    return time[:SECONDS_LENGTH].replace("T", " ") if time else ""


def _runbook(annotations: Mapping[str, str]) -> str:
    return annotations.get("runbook_url") or annotations.get("runbook") or ""
