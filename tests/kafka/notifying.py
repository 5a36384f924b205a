"""NOTIFY in the tests: routes, what channels should know, and what a program of one's own heard of it."""

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from agents.times import SECOND_NS, utc
from pipeline.alert import fingerprint
from pipeline.settings import NotifySettings, Settings
from tests.kafka.topics import drain, produce
from tests.kafka.tracking import settings
from tests.vendors import Stub

PARTITIONS = 4
GROUPED = '["alertname", "service", "env", "severity"]'
Value = dict[str, Any]


def chosen(bootstrap: str, prefix: str, routes: Path, **others: Any) -> Settings:
    """Return the settings of a worker that goes by a file of routes."""
    made = settings(bootstrap, prefix, PARTITIONS)
    return made.model_copy(update={"notify": NotifySettings(routes=str(routes), **others)})


def channel(name: str, url: str, **others: object) -> str:
    """Return the table of a channel that is a program of one's own."""
    fields = {"type": "webhook", "url": url, "timeout_s": 5} | others
    shown = "\n".join(f"{key} = {orjson.dumps(value).decode()}" for key, value in fields.items())
    return f"[channels.{name}]\n{shown}\n"


def write_routes(path: Path, root: str, *channels: str, more: str = "") -> None:
    """Write a file of routes in which one channel is told of everything."""
    text = "\n".join([f'[route]\nchannel = "{root}"\ngroup_by = {GROUPED}', *channels, more])
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(path)


def alert(service: str, seq: int = 2, status: str = "firing", **others: Any) -> Value:
    """Return a record of `alerts`; `began` and `severity` are among the others."""
    began, severity = others.get("began", int(time.time())), others.get("severity", "critical")
    labels = {
        "alertname": others.get("alertname", "GoPanicRateHigh"),
        "service": service,
        "env": "live",
        "severity": severity,
        "source": "panicstream",
    }
    name, at = fingerprint(labels), utc(began * SECOND_NS)
    return {
        "schema_version": 1,
        "fingerprint": name,
        "episode": f"{name}-{began}",
        "seq": seq,
        "status": status,
        "phase": status,
        "previous_phase": "inactive",
        "time": at,
        "activeAt": at,
        "startsAt": at,
        "endsAt": at if status == "resolved" else None,
        "generatorURL": None,
        "value": 60.0,
        "samples": 60,
        "threshold": 10.0,
        "lower_bound": None,
        "labels": labels,
        "annotations": {"summary": f"{service} crashes 60/min"},
        "rule": None,
        "evidence": {},
        "timing": {"watermark": None, "detected_at": at, "catching_up": False},
        "held": None,
    }


def notification(to: str, record: Value, **others: Any) -> Value:
    """Return what tells a channel of an alert."""
    grouped = {name: record["labels"][name] for name in ("alertname", "service", "env", "severity")}
    return {
        "schema_version": 1,
        "channel": to,
        "kind": "alerts",
        "group_key": fingerprint(grouped),
        "group_labels": grouped,
        "group_wait_s": 0.0,
        "group_interval_s": 1.0,
        "repeat_interval_s": 14_400.0,
        "mute_time_intervals": [],
        "active_time_intervals": [],
        "whole": False,
        "episode": record["episode"],
        "seq": record["seq"],
        "status": record["status"],
        "alerts": [record],
    } | others


def notify(chosen: Settings, told: Iterable[Value]) -> None:
    """Write these in order, as WATCH does."""
    records = [(one["channel"].encode(), orjson.dumps(one)) for one in told]
    produce(",".join(chosen.kafka.bootstrap_servers), chosen.topic("notifications"), records)


class Heard(NamedTuple):
    """What a program of one's own heard: the group, which telling of it, and how that is said."""

    group: str
    telling: str
    status: str
    action: str
    alerts: int
    may_repeat: bool
    at: float

    @property
    def seq(self) -> int:
        """Which telling of the group it is."""
        return int(self.telling.rpartition("/")[2])


def heard(stub: Stub) -> list[Heard]:
    """Return what a stub of a webhook heard, in order."""
    return [_heard(one.fields, one.at) for one in list(stub.asked)]


def _heard(body: Mapping[str, Any], at: float) -> Heard:
    ours = body["panicstream"]
    alerts = len(body["alerts"]) + body["truncatedAlerts"]
    return Heard(
        *(body["groupKey"], ours["id"], body["status"], ours["action"]), alerts, ours["may_repeat"], at
    )


def deliveries(chosen: Settings) -> list[Value]:
    """Return what stands in `deliveries`."""
    bootstrap = ",".join(chosen.kafka.bootstrap_servers)
    return [orjson.loads(one.value or b"") for one in drain(bootstrap, chosen.topic("deliveries"))]
