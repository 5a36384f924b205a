"""An alert as others see it: labels that name it, annotations for people, what was seen, since when.

The names of Prometheus' Alertmanager are kept (`startsAt`, ...), so that a value can be handed to it. What
the wall clock says stands in `timing` alone.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pipeline._native import redacted
from pipeline.alert_state import Phase, State, Transition
from pipeline.event_time import seconds, written
from pipeline.observation import Observation
from pipeline.rules import Rule

LABEL_BYTES, ANNOTATION_BYTES, ANNOTATIONS_BYTES = 256, 4_096, 16_384
CUT = "…"
OLD_S = 30  # what waited so long to be looked at is not the latest
OFFSET_BASIS, PRIME, BITS = 0xCBF29CE484222325, 0x100000001B3, (1 << 64) - 1  # of FNV-1a, 64 bits
STATUS = {  # as Alertmanager knows it; what recovers, or is not heard of, is not resolved
    Phase.INACTIVE: "inactive",
    Phase.PENDING: "pending",
    Phase.FIRING: "firing",
    Phase.RECOVERING: "firing",
    Phase.NODATA: "firing",
    Phase.RESOLVED: "resolved",
}


class Timing(NamedTuple):
    """What is known of the clock: when the record came that let it be seen, and how far all is behind.

    `now`: when it is looked at, where that may be long after; None: as it comes. Nothing but what is told to
    channels and robots depends on it, so that whoever reads the topics again tells the same alerts.
    """

    watermark: int | None
    arrival: str
    catching_up: bool = False
    now: str | None = None

    @property
    def seen_at(self) -> str:
        """When it is looked at."""
        return max(self.arrival, self.now or "")

    @property
    def is_old(self) -> bool:
        """Whether what comes now is left from long ago: those who watch catch up."""
        return seconds(self.seen_at) - seconds(self.arrival) > OLD_S


def fingerprint(labels: Mapping[str, str]) -> str:
    """Return Prometheus' name of a set of labels: FNV-1a of all names and values, sorted."""
    digest = OFFSET_BASIS
    for name, value in sorted(labels.items()):
        for byte in name.encode() + b"\xff" + value.encode() + b"\xff":
            digest = ((digest ^ byte) * PRIME) & BITS
    return f"{digest:016x}"


def labelled(labels: Mapping[str, str | None]) -> dict[str, str]:
    """Return labels as Alertmanager takes them: none is empty, none is too long, none holds a secret.

    Of one that is cut the end is a mark and a digest of the whole, so that two of them stay two.
    """
    return {name: _cut_label(redacted(value)) for name, value in sorted(labels.items()) if value}


def annotated(annotations: Mapping[str, str | None]) -> dict[str, str]:
    """Return annotations without secrets, cut where one, or all, are too long; the first ones stay."""
    told, left = {}, ANNOTATIONS_BYTES
    for name, value in annotations.items():
        text = cut(redacted(value or ""), min(ANNOTATION_BYTES, left - len(name)))
        if text:
            told[name] = text
            left -= len(name) + len(text.encode())
    return told


def cut(text: str, limit: int, mark: str = CUT) -> str:
    """Return a text of at most so many bytes of UTF-8, with a mark where it was cut, between characters."""
    whole = text.encode()
    if len(whole) <= limit:
        return text
    kept = limit - len(mark.encode())
    return whole[:kept].decode(errors="ignore") + mark if kept >= 0 else ""


def _cut_label(value: str) -> str:
    return cut(value, LABEL_BYTES, f"{CUT}{fingerprint({'': value})}")


def episode(name: str, state: State) -> str:
    """Return the name of an episode of the alert with this fingerprint."""
    return f"{name}-{state.active_at}"


def record(
    rule: Rule | None, labels: Mapping[str, str], moved: Transition, seen: Observation, timing: Timing
) -> dict[str, Any]:
    """Return the value of `alerts` and `alert-events`, without what people read of it (`annotations`).

    `rule` is None where it is no more.
    """
    state, name = moved.state, fingerprint(labels)
    return {
        "schema_version": 1,
        "fingerprint": name,
        "episode": episode(name, state),
        "seq": state.seq,
        "status": STATUS[state.phase],
        "phase": state.phase.value,
        "previous_phase": moved.before.value,
        "time": written(state.at),
        "activeAt": _time(state.active_at),
        "startsAt": _time(state.fired_at),
        "endsAt": _time(state.resolved_at),
        "generatorURL": None,
        "value": seen.value,
        "samples": seen.n,
        "threshold": rule.fire.threshold if rule and rule.fire else None,
        "lower_bound": seen.lower,
        "labels": dict(labels),
        "annotations": {},
        "rule": rule and described(rule),
        "evidence": seen.told(),
        "timing": {
            "watermark": None if timing.watermark is None else written(timing.watermark),
            "detected_at": timing.arrival,
            "catching_up": timing.catching_up,
            "held": None,
        },
    }


def described(rule: Rule) -> dict[str, Any]:
    """Return what a rule asks."""
    return {
        "name": rule.name,
        "hash": rule.hash,
        "kind": rule.kind.value,
        "fact": rule.fact,
        "fire": rule.fire and str(rule.fire),
        "clear": rule.clear and str(rule.clear),
        "window_s": rule.window_s,
        "for_s": rule.for_s,
        "keep_firing_for_s": rule.keep_firing_for_s,
        "min_samples": rule.min_samples,
        "confidence": rule.confidence,
    }


def _time(second: int | None) -> str | None:
    return None if second is None else written(second)
