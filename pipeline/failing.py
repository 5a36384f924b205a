"""The alert that a channel fails: it is told through another one."""

from collections.abc import Mapping
from typing import Any

from pipeline.alert import annotated, episode, fingerprint
from pipeline.alert_state import Phase, State
from pipeline.event_time import written

NAME = "ChannelFailing"
RUNBOOK = "`panicstream channels test {channel}` tells it something and prints the answer."


def labels(channel: str) -> dict[str, str]:
    """Return its labels."""
    return {"alertname": NAME, "channel": channel, "severity": "critical", "source": "panicstream"}


def record(channel: str, began: int, said: str, at: int, *, is_over: bool) -> dict[str, Any]:
    """Return it as it stands in `alerts`; `began` and `at` are seconds since 1970."""
    names = labels(channel)
    name, phase = fingerprint(names), Phase.RESOLVED if is_over else Phase.FIRING
    over = said or "takes again what it is told"
    said = f"channel {channel} {over}" if is_over else f"channel {channel} fails: {said}"
    return {
        "schema_version": 1,
        "fingerprint": name,
        "episode": episode(name, State(active_at=began)),
        "seq": 2 if is_over else 1,
        "status": "resolved" if is_over else "firing",
        "phase": phase.value,
        "previous_phase": (Phase.FIRING if is_over else Phase.INACTIVE).value,
        "time": written(at),
        "activeAt": written(began),
        "startsAt": written(began),
        "endsAt": written(at) if is_over else None,
        "generatorURL": None,
        "value": None,
        "samples": 0,
        "threshold": None,
        "lower_bound": None,
        "labels": names,
        "annotations": annotated({"summary": said, "runbook": RUNBOOK.format(channel=channel)}),
        "rule": None,
        "evidence": {},
        "timing": {"watermark": None, "detected_at": written(at), "catching_up": False, "held": None},
    }


def others(targets: list[str], channels: Mapping[str, bool], failing: str) -> list[str]:
    """Return through which channels it is told: those of its routes, else the first other that works."""
    routed = [name for name in targets if name != failing and channels.get(name)]
    return routed or [name for name, works in sorted(channels.items()) if works and name != failing][:1]
