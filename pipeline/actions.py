"""A step that an alert asks of an operator or a robot: a dry run, unless that one is told otherwise."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from pipeline.event_time import MINUTE, seconds, written
from pipeline.rules import Rule, Severity
from pipeline.step import Effect

PRIORITIES = {Severity.CRITICAL: "P1", Severity.WARNING: "P2", Severity.INFO: "P3"}
VALID_S = 5 * MINUTE  # what is carried out later than that may be wrong by then
COOLDOWN_S, MAX_PER_HOUR = 1_800, 2


def asked(rule: Rule, record: Mapping[str, Any], service: Sequence[str | None]) -> Effect:
    """Return the record of `actions` for an alert that fires; whenever asked, its id is equal."""
    namespace, name, environment = service
    target = "/".join(part or "" for part in service)
    unique = f"{record['episode']}|{rule.action}|{target}"
    value = {
        "schema_version": 1,
        "action_id": sha256(unique.encode()).hexdigest()[:32],
        "action_type": rule.action,
        "target_service": name,
        "priority": PRIORITIES[rule.severity],
        "requested_at": record["time"],
        "target": {"namespace": namespace, "name": name, "environment": environment, "expect_revision": None},
        "reason": {"episode": record["episode"], "rule": rule.name, "value": record["value"]},
        "guards": {
            "mode": "dry_run",
            "not_after": written(seconds(record["time"]) + VALID_S),
            "cooldown_s": COOLDOWN_S,
            "max_per_hour": MAX_PER_HOUR,
        },
    }
    return Effect("actions", target, value)
