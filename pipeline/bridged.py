"""What Alertmanager tells a webhook (version 4), made a value of `notifications`.

All of it was written by others. Texts are clean and cut, names are those that labels may have, and of many
alerts the first are taken.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from pipeline.alert import annotated, fingerprint, labelled
from pipeline.channels.plain import line, plain
from pipeline.event_time import written
from pipeline.step import BadRecordError, first_fault

MOST, LABELS = 200, 64  # alerts, and labels of one
TEXT_BYTES = 400_000  # of all alerts together: a record has to be less than a megabyte
NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
MARK = re.compile(r"[0-9a-f]{16}")
OF_BRIDGE = "bridge-"  # the same labels may make a group of ours, which is told alert by alert
FIRING, RESOLVED = "firing", "resolved"
UNNAMED = {"alertname": "?", "severity": "none", "source": "alertmanager"}  # what our alerts always have


class _Alert(BaseModel):
    model_config = ConfigDict(frozen=True)

    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str] = {}
    starts_at: AwareDatetime = Field(alias="startsAt")
    ends_at: AwareDatetime | None = Field(None, alias="endsAt")
    url: str = Field("", alias="generatorURL")
    fingerprint: str = ""


class Webhook(BaseModel):
    """One call: a group of alerts, all of it but `left_out`."""

    model_config = ConfigDict(frozen=True)

    version: Literal["4"]
    group_key: str = Field(alias="groupKey", min_length=1)
    group_labels: dict[str, str] = Field(alias="groupLabels")
    left_out: int = Field(0, alias="truncatedAlerts", ge=0)
    alerts: list[_Alert] = Field(min_length=1)


class Bridged(NamedTuple):
    """A value of `notifications`, and how many alerts of the group are not in it."""

    value: dict[str, Any]
    left_out: int


def read_webhook(body: bytes) -> Webhook:
    """Take a call apart. Raises BadRecordError where it is none."""
    try:
        return Webhook.model_validate_json(body)
    except ValidationError as error:
        raise BadRecordError(*first_fault(error)) from None


def bridged(told: Webhook, channel: str, repeat_s: float, time: str) -> Bridged:
    """Return what the channel should know. The group's key is made of its labels, whatever the route.

    It is told anew when Alertmanager says so, and `repeat_s` have passed since it was told last.
    """
    alerts = list(_fitting(_record(one, time) for one in _first(told.alerts)))
    labels = _labels(told.group_labels)
    is_up = any(one["status"] == FIRING for one in alerts)
    value = {
        "schema_version": 1,
        "channel": channel,
        "kind": "alerts",
        "group_key": f"{OF_BRIDGE}{fingerprint(labels)}",
        "group_labels": labels,
        "group_wait_s": 0.0,
        "group_interval_s": 0.0,
        "repeat_interval_s": repeat_s,
        "mute_time_intervals": [],
        "active_time_intervals": [],
        "whole": True,
        "episode": alerts[0]["episode"],
        "seq": 1,
        "status": FIRING if is_up else RESOLVED,
        "alerts": alerts,
    }
    return Bridged(value, told.left_out + len(told.alerts) - len(alerts))


def _first(alerts: Iterable[_Alert]) -> list[_Alert]:
    """Return the first alerts, those that fire before those that are over."""
    return sorted(alerts, key=lambda one: one.status != FIRING)[:MOST]


def _fitting(records: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Give records as long as there is room; the first always."""
    left = TEXT_BYTES
    for number, record in enumerate(records):
        left -= _size(record["labels"]) + _size(record["annotations"])
        if number and left < 0:
            return
        yield record


def _record(one: _Alert, time: str) -> dict[str, Any]:
    """Return an alert as it stands in `alerts`; what only ours have is null."""
    labels = UNNAMED | _labels(one.labels)
    name = one.fingerprint if MARK.fullmatch(one.fingerprint) else fingerprint(one.labels)
    starts, is_over = int(one.starts_at.timestamp()), one.status == RESOLVED
    ends = int(one.ends_at.timestamp()) if is_over and one.ends_at else starts
    return {
        "schema_version": 1,
        "fingerprint": name,
        "episode": f"{name}-{max(starts, 0)}",
        "seq": 2 if is_over else 1,
        "status": one.status,
        "phase": one.status,
        "previous_phase": FIRING if is_over else "inactive",
        "time": written(max(starts, ends, 0)),
        "activeAt": None,
        "startsAt": written(max(starts, 0)),
        "endsAt": written(max(ends, 0)) if is_over else None,
        "generatorURL": line(one.url) or None,
        "value": None,
        "samples": 0,
        "threshold": None,
        "lower_bound": None,
        "labels": labels,
        "annotations": annotated({line(key, 64): plain(text) for key, text in one.annotations.items()}),
        "rule": None,
        "evidence": {},
        "timing": {"watermark": None, "detected_at": time, "catching_up": False, "held": None},
    }


def _labels(given: Mapping[str, str]) -> dict[str, str]:
    named = {name: line(text) for name, text in given.items() if NAME.fullmatch(name) and len(name) <= LABELS}
    return labelled(dict(sorted(named.items())[:LABELS]))


def _size(texts: Mapping[str, str]) -> int:
    return sum(len(name) + len(text.encode()) for name, text in texts.items())
