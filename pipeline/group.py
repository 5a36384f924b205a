"""A group of alerts at a channel: what the channel should know of it, and what it was told.

What was told is a row of its own: `{sort, channel, group_key, episode, seq, known, over, at, ref,
acknowledged, folded, pending}`. `known`: the firing alerts that the channel surely knows of, each with its
episode; `over`: the resolved ones that are done with; `at`: when it was told last, in seconds since 1970;
`folded`: a digest told of it; `summed`, only where one ever did: the digest's mark with it; `pending`: what
is being told, or is to be told again (`pipeline.sends`).
`seq` grows with all that is told, also from episode to episode.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pipeline.wanted import WHOLE, Row

SORT = "told"
FIRING, RESOLVED, ONCE = "firing", "resolved", "once"
CRITICAL = "critical"
Episodes = dict[str, str]
"""Alerts by fingerprint, each with its episode."""


class Member(NamedTuple):
    """An alert of a group as it should be known; `came`: when it was heard of, in seconds since 1970."""

    episode: str
    status: str
    labels: Mapping[str, str]
    came: float


class Waits(NamedTuple):
    """How long to wait, in seconds: for more of a new group, for changes of it, until all is told again."""

    wait_s: float = 0.0
    interval_s: float = 30.0
    repeat_s: float = 14_400.0
    mute: tuple[str, ...] = ()
    active: tuple[str, ...] = ()

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> "Waits":
        """Take them from a row of what is wanted."""
        return cls(
            row["group_wait_s"],
            row["group_interval_s"],
            row["repeat_interval_s"],
            tuple(row["mute_time_intervals"]),
            tuple(row["active_time_intervals"]),
        )


@dataclass
class Group:
    """A group while it is worked with; `told` is None where nothing was ever told of it."""

    channel: str
    key: str
    labels: Mapping[str, str] = field(default_factory=dict)
    waits: Waits = field(default_factory=Waits)
    members: dict[str, Member] = field(default_factory=dict)
    kind: str = "alerts"
    is_whole: bool = False
    told: Row | None = None

    def want(self, row: Row) -> None:
        """Take a row of what is wanted."""
        self.labels, self.waits, self.kind = row["group_labels"], Waits.read(row["waits"]), row["kind"]
        if row["member"] != WHOLE:
            (record,) = row["alerts"]
            self.members[row["member"]] = _member(record, row["came"])
            return
        self.is_whole = True
        if row["kind"] == "alerts":
            self.members = {one["fingerprint"]: _member(one, row["came"]) for one in row["alerts"]}
        else:
            self.members = {WHOLE: Member(row["episode"] or self.key, ONCE, {}, row["came"])}

    def leave(self, member: str) -> None:
        """Forget a member."""
        self.members.pop(member, None)

    def now(self) -> Row:
        """Return what was told of it."""
        return self.told or untold(self.channel, self.key)

    @property
    def is_critical(self) -> bool:
        """Whether one of its alerts that fire is critical."""
        return any(one.labels.get("severity") == CRITICAL for one in self.members.values() if is_up(one))


def untold(channel: str, group: str) -> Row:
    """Return the row of a group of which nothing was told."""
    return {
        "sort": SORT,
        "channel": channel,
        "group_key": group,
        "episode": "",
        "seq": 0,
        "known": {},
        "over": {},
        "at": 0.0,
        "ref": None,
        "acknowledged": False,
        "folded": False,
        "pending": None,
    }


def is_up(member: Member) -> bool:
    """Return whether an alert fires."""
    return member.status == FIRING


def _member(record: Mapping[str, Any], came: float) -> Member:
    status = FIRING if record["status"] == FIRING else RESOLVED
    return Member(record["episode"], status, record["labels"], came)
