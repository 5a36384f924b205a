"""A channel that is told of one group by the pure code of NOTIFY alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.event_time import written
from pipeline.group import Group
from pipeline.plan import SILENCED, Plan, Send, Terms, Trait, plan
from pipeline.sends import OK, Care, Heard, begun, ended, noted, recovered
from pipeline.step import Arrival
from pipeline.wanted import Notification, Row, take

START = 1_795_219_200
CHAT, PAGER = Trait(has_notes=True), Trait(has_notes=False, acknowledges=True)
Told = tuple[str, int, dict[str, str], bool]
"""What a channel heard: the action, seq, which alerts fire, whether it may be a repeat."""


def alert(
    name: str, began: int, seq: int, status: str = "firing", severity: str = "critical"
) -> dict[str, Any]:
    """Return a record of `alerts`, as far as NOTIFY looks at it."""
    labels = {"alertname": "A", "name": name, "severity": severity}
    episode = f"{name}-{began}"
    return {"fingerprint": name, "episode": episode, "seq": seq, "status": status, "labels": labels}


def notification(record: Mapping[str, Any], **others: Any) -> Notification:
    """Return what tells a channel of an alert."""
    fields = {name: record[name] for name in ("episode", "seq", "status")}
    return Notification(
        schema_version=1, channel="chat", group_key="g", alerts=[dict(record)], **fields, **others
    )


@dataclass
class Played:
    """A group, the clock, and whoever hears of it."""

    trait: Trait = CHAT
    now: float = START
    rows: dict[str, Row] = field(default_factory=dict)
    told: Row | None = None
    is_silenced: bool = False
    heard: list[Told] = field(default_factory=list)
    ambiguous: int = 0
    dead: int = 0
    deadline_s: float = 1e9
    calm_s: float = 0.0

    @property
    def group(self) -> Group:
        """The group, made of its rows alone, as after a restart."""
        group = Group("chat", "g", told=self.told)
        for row in self.rows.values():
            group.want(row)
        return group

    def take(self, told: Notification) -> None:
        """Take a notification."""
        row = take(self.rows.get(told.member), told, Arrival(0, written(int(self.now))))
        self.rows[told.member] = row

    def wants(self, name: str, began: int, seq: int, status: str = "firing", **others: Any) -> None:
        """Take one of an alert."""
        self.take(notification(alert(name, began, seq, status), **others))

    def plan(self) -> Plan:
        """Find what is to be told."""
        hushed = (lambda _: SILENCED) if self.is_silenced else (lambda _: None)
        return plan(self.group, self.now, Terms(self.trait, hushed, calm_s=self.calm_s))

    def due(self) -> Send | None:
        """Return what is to be told now."""
        found = self.plan()
        return found.send if found.due is not None and found.due <= self.now else None

    def attempt(self, verdict: str = OK, *, dies: str = "") -> Send | None:
        """Make the attempt that is due; `dies`: the worker, `before` the channel hears of it, or `after`."""
        send = self.due()
        if send is None:
            return None
        if send.is_silent:
            self.told = noted(self.group.now(), send)
            return send
        self.told = begun(self.group.now(), send, self.now)
        if dies != "before" and (dies or verdict in {OK, "ambiguous"}):
            self.heard.append((send.action, send.seq, send.known, send.may_repeat))
        if dies:
            self.told = recovered(self.told, self.now)
            self.ambiguous += 1
            return send
        self.ambiguous += verdict == "ambiguous"
        care = Care(not self.trait.has_notes, send.is_critical, self.deadline_s)
        made = ended(self.told, Heard(verdict, verdict), self.now, care)
        self.told, self.dead = made.told, self.dead + made.is_dead
        return send

    def work_off(self, hours: float = 1.0) -> None:
        """Let time pass, and the channel take everything."""
        end = self.now + hours * 3_600
        while self.now < end:
            while self.attempt():
                pass
            self.now += 10

    @property
    def actions(self) -> list[str]:
        """What the channel was told to do, in order."""
        return [action for action, *_ in self.heard]

    @property
    def open(self) -> set[str]:
        """The alerts that the channel holds to fire."""
        return set(self.heard[-1][2].values()) if self.heard else set()
