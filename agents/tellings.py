"""What is told of a group: its alerts as they stand in the table, made a card."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import chain, count, islice
from typing import Any

from pipeline.channels.card import Status, card
from pipeline.channels.channel import Action, Telling
from pipeline.digests import KEY
from pipeline.group import FIRING, RESOLVED, Group, is_up
from pipeline.plan import CHANGE, DIGEST, NOTE, RESOLVE, Send

WHOLE_ALERTS = 20  # alerts of a group that are told with all that is known of them
MOST = 100_000  # alerts that a digest counts
OURS = "panicstream"
Alert = Mapping[str, Any]


def dedup_key(group: Group) -> str:
    """Return the name of a group where repeats are known by one; two channels may be of one account."""
    return f"{OURS}/{group.channel}/{KEY}" if group.key == KEY else f"{OURS}/{group.key}"


def telling(group: Group, send: Send, alerts: list[Alert], deploy: Alert | None) -> Telling:
    """Return what a channel is told; `alerts` are records, those that fire first."""
    told = group.now()
    names = (group.channel, group.key, send.episode, str(send.seq))
    action = Action.RESOLVE if send.action == NOTE else Action(send.action)
    if send.action == CHANGE:
        return Telling("/".join(names), dedup_key(group), action, deploy=deploy)
    is_sum = send.action == DIGEST or (group.key == KEY and send.action != RESOLVE)
    status = Status.DIGEST if is_sum else None
    bare = {"labels": group.labels, "status": FIRING if send.known else RESOLVED}
    made = card(alerts or [bare], group.key, status)
    made = replace(made, may_repeat=send.may_repeat, is_past=send.action == NOTE)
    return Telling("/".join(names), dedup_key(group), action, made, told["ref"])


def light(name: str, group: Group) -> Alert:
    """Return what is kept in memory of an alert."""
    one = group.members[name]
    return {"fingerprint": name, "status": one.status, "labels": one.labels, "episode": one.episode}


def chosen(group: Group, send: Send) -> tuple[list[str], list[str]]:
    """Return the alerts that are told, by their names: those told whole, and the others.

    First those that fire, then those that are over since the channel heard of the group last.
    """
    over, known = group.now()["over"], group.now()["known"]
    ended = [
        name
        for name, one in group.members.items()
        if not is_up(one) and (name in known or over.get(name) != one.episode)
    ]
    names = [name for name in [*send.known, *ended] if name in group.members]
    return names[:WHOLE_ALERTS], names[WHOLE_ALERTS:]


def digested(digest: Mapping[str, Any]) -> list[Alert]:
    """Return alerts that stand for those that a digest counts, as far as that makes a difference."""
    named = (
        _counted(one["rule"], one["service"], number)
        for one in digest["top"]
        for number in range(one["alerts"])
    )
    others = (_counted("others", "", number) for number in count())
    return list(islice(chain(named, others), min(digest["alerts"], MOST)))


def _counted(rule: str, service: str, number: int) -> Alert:
    labels = {"alertname": rule, "severity": "info"} | ({"service": service} if service else {})
    return {"fingerprint": str(number), "status": FIRING, "labels": labels, "episode": ""}
