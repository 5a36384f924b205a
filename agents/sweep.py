"""Alerts that fire at a channel and nowhere else: routes changed before their end was told."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from agents.desk import Desk
from agents.overview import Overview
from agents.times import SECOND_NS, utc
from pipeline.group import Group, is_up
from pipeline.wanted import order, row_key

OURS = "panicstream"
SETTLED_S = 120.0  # what is younger may not stand in `alerts` yet


def ended(desks: Mapping[str, Desk], overview: Overview) -> Iterator[dict[str, Any]]:
    """Yield the notifications that say of such alerts that they are over."""
    before = time.time() - SETTLED_S
    for desk in desks.values():
        for group in desk.groups.values():
            for name, one in group.members.items():
                is_ours = one.labels.get("source") == OURS and not group.is_whole
                if (
                    is_ours
                    and is_up(one)
                    and one.came < before
                    and (told := _over(desk, group, name, overview))
                ):
                    yield told


def _over(desk: Desk, group: Group, name: str, overview: Overview) -> dict[str, Any] | None:
    row = desk.rows.wanted(row_key(group.channel, group.key, name))
    if row is None:
        return None
    (record,), standing = row["alerts"], overview.standing(name)
    ours = order(record)
    if (
        standing
        and standing.order.began == ours.began
        and (standing.is_firing or standing.order.seq <= ours.seq)
    ):
        return None
    if standing and standing.order.began < ours.began:
        return None
    return _notification(row, record | {"status": "resolved", "phase": "resolved", "seq": ours.seq + 1})


def _notification(row: Mapping[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    now = utc(time.time_ns() // SECOND_NS * SECOND_NS)
    return {
        "schema_version": 1,
        "channel": row["channel"],
        "kind": "alerts",
        "group_key": row["group_key"],
        "group_labels": row["group_labels"],
        **row["waits"],
        "whole": False,
        "episode": record["episode"],
        "seq": record["seq"],
        "status": "resolved",
        "alerts": [record | {"time": now, "endsAt": now}],
    }
