"""Silences, and who would be told of an alert, as text for people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text

from agents.layout import counted, line, words
from pipeline.units import span_shown

SECONDS_LENGTH = len("2026-11-21 00:20:45")
STYLES = {"active": "yellow", "pending": "dim", "expired": "dim"}
NAME_WIDTH = 16

Shown = Mapping[str, Any]


def silences_table(silences: Sequence[Shown]) -> list[Text]:
    """Show silences, and how many there are."""
    rows = [silence_text(one) for one in silences]
    return [*rows, *([Text()] if rows else []), Text(counted(len(silences), "silence"), "dim")]


def silence_text(one: Shown) -> Text:
    """Show a silence, in two lines."""
    when = words(_time(one["starts_at"]), "to", _time(one["ends_at"]))
    said = f"by {one['by']}" + (f": {one['comment']}" if one["comment"] else "")
    return Text.assemble(
        (f"{one['state']:<8} ", STYLES.get(one["state"], "")),
        (f"{one['id']}  ", "cyan"),
        (line(", ".join(one["matchers"]) or "all alerts"), "bold"),
        (f"\n         {line(f'{when}  {said}')}", "dim"),
    )


def explanation_text(told: Shown) -> Text:
    """Show who would be told of an alert, by which route, and what keeps it silent."""
    return Text("\n").join([*_targets(told), *_hushed(told)])


def _targets(told: Shown) -> Iterator[Text]:
    for one in told["targets"]:
        note, style = _state(one)
        yield Text.assemble(
            (f"{one['channel']:<{NAME_WIDTH}} ", "bold" if not note else "dim"),
            line(_way(one)),
            (note, style),
        )
        yield Text(f"{'':<{NAME_WIDTH}} {line(_group(one))}", "dim")


def _state(one: Shown) -> tuple[str, str]:
    """Say why a channel is told nothing, whatever is silent."""
    if one["channel"] == "none":
        return "  nobody is told", "dim"
    if one["type"] is None:
        return "  it is not configured: kept for it, but for a heartbeat", "yellow"
    if not one["enabled"]:
        return "  it is switched off", "yellow"
    return (f"  silent now: {line(', '.join(one['muted_by']))}", "yellow") if one["muted_by"] else ("", "")


def _way(one: Shown) -> str:
    matchers = [matcher for step in one["path"] for matcher in step["matchers"]]
    return f"{one['route']}: {', '.join(matchers) or 'what no other route takes'}"


def _group(one: Shown) -> str:
    labels = ", ".join(f"{name}={value}" for name, value in one["group_labels"].items()) or "all alerts"
    waits = one["group_wait_s"]
    begin = f"after {_span(waits)}" if waits else "at once"
    again = f"changes after {_span(one['group_interval_s'])}, again after {_span(one['repeat_interval_s'])}"
    return f"group {labels}: told {begin}, {again}"


def _hushed(told: Shown) -> Iterator[Text]:
    if told["silences"] is None:
        yield Text("silences and other alerts were not looked at: no worker was asked", "dim")
        return
    for one in told["silences"]:
        why = f" ({one['comment']})" if one["comment"] else ""
        until = f"silent until {_time(one['ends_at'])}: {', '.join(one['matchers']) or 'all alerts'}"
        yield Text(line(f"{until}, {one['id']} by {one['by']}{why}"), "yellow")
    if told["inhibited"]:
        labels = ", ".join(f"{name}={value}" for name, value in (told["inhibited_by"] or {}).items())
        yield Text(line(f"silent while this fires: {labels}"), "yellow")


def _span(seconds: float) -> str:
    return span_shown(int(seconds)) if seconds >= 1 else f"{seconds * 1_000:g}ms"


def _time(time: str) -> str:
    return time[:SECONDS_LENGTH].replace("T", " ")
