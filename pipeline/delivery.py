"""What stands of an attempt in `deliveries`, and of one that came to nothing in `deadletters`."""

from hashlib import sha256
from typing import Any

from pipeline.group import Group
from pipeline.wanted import Row

UNDELIVERABLE = "undeliverable"
SAID_BYTES = 500


def delivery(told: Row, pending: Row, state: str, ref: dict[str, str] | None, time: str) -> dict[str, Any]:
    """Return the record of an attempt; whenever it is made, its id is equal."""
    names = [
        told["channel"],
        told["group_key"],
        pending["episode"],
        pending["seq"],
        pending["attempt"],
        state,
    ]
    return {
        "schema_version": 1,
        "delivery_id": sha256("|".join(map(str, names)).encode()).hexdigest()[:32],
        "channel": told["channel"],
        "group_key": told["group_key"],
        "episode": pending["episode"],
        "seq": pending["seq"],
        "action": pending["action"],
        "state": state,
        "attempt": pending["attempt"],
        "may_repeat": pending["may_repeat"],
        "alerts": len(pending["known"]),
        "answer": pending["answer"],
        "ref": ref,
        "time": time,
    }


def letter(group: Group, pending: Row, alerts: list[Any], deploy: Any) -> dict[str, Any]:
    """Return what a channel was not told, as it would stand in `notifications`.

    Only what came whole says that it is: put back, it would else hide all that the group is told later.
    """
    return {
        "schema_version": 1,
        "channel": group.channel,
        "kind": "deploy" if deploy else "alerts",
        "group_key": group.key,
        "group_labels": dict(group.labels),
        "episode": pending["episode"],
        "seq": pending["seq"],
        "status": "firing" if pending["known"] else "resolved",
        "whole": group.is_whole,
        "alerts": alerts,
        **({"deploy": deploy} if deploy else {}),
    }
