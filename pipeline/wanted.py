"""What a channel should know: a value of `notifications`, and the rows that such values make.

A row holds one alert of a group, or, of one that comes whole, all of it: `{sort, channel, group_key, member,
group_labels, waits, episode, seq, status, came, place, alerts, digest, deploy}`. What is resolved stays for
a while, so that an older state that comes again changes nothing.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.alert_fault import ALL, fault, is_name, is_writable
from pipeline.event_time import seconds
from pipeline.step import Arrival, BadRecordError, first_fault

SORT, WHOLE, DIGEST_KEY = "wanted", ALL, "digest"
NEVER = (0, "")
SKEW_S = 60  # that clocks of workers may differ
EPISODE_DIGITS = 18  # more than any second has
Row = dict[str, Any]
Record = dict[str, Any]
Name = Annotated[str, Field(min_length=1, max_length=1_000)]
Count = Annotated[int, Field(ge=0, lt=2**53)]
Span = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Most(BaseModel):
    """Of which rule and service a digest sums up many alerts."""

    model_config = ConfigDict(frozen=True, strict=True)

    rule: str
    service: str
    alerts: Count


class Summed(BaseModel):
    """What a digest sums up: how many alerts, and of what there are most."""

    model_config = ConfigDict(frozen=True, strict=True)

    alerts: Count
    top: list[Most]


class Notification(BaseModel):
    """What a channel should know of a group of alerts, or of a deploy."""

    model_config = ConfigDict(frozen=True, strict=True)

    schema_version: Literal[1]
    channel: Name
    group_key: Name
    kind: Literal["alerts", "deploy"] = "alerts"
    group_labels: dict[str, str] = {}
    episode: Annotated[str, Field(max_length=1_000)] = ""
    seq: Count = 0
    status: Literal["firing", "resolved", "digest"] = "firing"
    group_wait_s: Span = 0.0
    group_interval_s: Span = 30.0
    repeat_interval_s: Span = 14_400.0
    mute_time_intervals: list[str] = []
    active_time_intervals: list[str] = []
    whole: bool = False
    alerts: list[Record] = []
    digest: Summed | None = None
    deploy: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _has_what_it_tells_of(self) -> "Notification":
        if self.kind == "deploy" and self.deploy is None:
            raise ValueError("a deploy is missing")
        if self.kind == "alerts" and not self.is_whole and len(self.alerts) != 1:
            raise ValueError("one alert is to be there, unless the group is whole")
        if self.group_key == DIGEST_KEY:
            raise ValueError("a digest is made of other groups")
        if not is_name(self.channel) or (self.kind == "alerts" and not is_name(self.group_key)):
            raise ValueError("the name of its channel or group is none")
        if self.status == "digest" and self.digest is None:
            raise ValueError("what a digest sums up is missing")
        for wrong in filter(None, map(fault, self.alerts)):
            raise ValueError(wrong)
        if not is_writable([self.alerts, self.deploy]):
            raise ValueError("a number is too large")
        return self

    @property
    def is_whole(self) -> bool:
        """Whether it tells of all of its group."""
        return self.whole or self.kind == "deploy" or self.status == "digest"

    @property
    def member(self) -> str:
        """The part of the group that it tells of."""
        return WHOLE if self.is_whole else str(self.alerts[0]["fingerprint"])

    @property
    def row_key(self) -> str:
        """The key of the row that it changes."""
        return row_key(self.channel, self.group_key, self.member)

    def source(self) -> None:
        """Return nothing: it tells of no block, the record itself is the source."""


class Order(NamedTuple):
    """When an alert began, and which of its states it is: of two states of it, the greater is newer."""

    began: int
    seq: int


def read_notification(written: bytes) -> Notification:
    """Take a value apart. Raises BadRecordError where it is none."""
    try:
        return Notification.model_validate_json(written)
    except ValidationError as error:
        raise BadRecordError(*first_fault(error)) from None


def row_key(channel: str, group: str, member: str = "") -> str:
    """Return the key of a row: of a member of a group, or of what was told of the group."""
    return f"{channel}/{group}/{member}" if member else f"{channel}/{group}"


def order(record: Mapping[str, Any]) -> Order:
    """Return where a state of an alert stands; an episode ends in the second in which it began."""
    began = record["episode"].rpartition("-")[2]
    is_second = began.isdecimal() and len(began) <= EPISODE_DIGITS
    return Order(int(began) if is_second else 0, int(record.get("seq") or 0))


def take(row: Row | None, notification: Notification, arrival: Arrival) -> Row:
    """Return the row with what a notification says; the very same where it says nothing newer.

    Raises BadRecordError where the row is of another sort.
    """
    if row is not None and row["sort"] != SORT:
        raise BadRecordError("unreadable", "its names are those of another row")
    if row is not None and not _is_newer(row, notification):
        return row
    return {
        "sort": SORT,
        "channel": notification.channel,
        "group_key": notification.group_key,
        "member": notification.member,
        "group_labels": notification.group_labels,
        "waits": {
            "group_wait_s": notification.group_wait_s,
            "group_interval_s": notification.group_interval_s,
            "repeat_interval_s": notification.repeat_interval_s,
            "mute_time_intervals": notification.mute_time_intervals,
            "active_time_intervals": notification.active_time_intervals,
        },
        "kind": "digest" if notification.status == "digest" else notification.kind,
        "episode": notification.episode,
        "seq": notification.seq,
        "status": notification.status,
        "came": seconds(arrival.time),
        "place": [arrival.partition, arrival.offset],
        "alerts": notification.alerts,
        "digest": notification.digest and notification.digest.model_dump(),
        "deploy": notification.deploy,
    }


def _is_newer(row: Row, notification: Notification) -> bool:
    if notification.kind == "deploy":
        is_past = "" < _out(notification.deploy) < _out(row["deploy"])
        return row["deploy"] != notification.deploy and not is_past
    if notification.status == "digest":
        return bool(row["episode"] != notification.episode)
    if notification.is_whole:
        return _is_later(row["alerts"], notification.alerts)
    return order(notification.alerts[0]) > order(row["alerts"][0])


def _is_later(known: list[Record], alerts: list[Record]) -> bool:
    """Return whether somebody told all of a group anew, by when we heard of it.

    Workers that hear of it may have clocks that differ: what is a little earlier counts by its alerts.
    """
    before, now = (max(map(_heard_at, one), default=NEVER) for one in (known, alerts))
    if NEVER in {before, now}:
        return known != alerts
    earlier_s = before[0] - now[0]
    return now > before or (now < before and earlier_s <= SKEW_S and not _is_past(known, alerts))


def _heard_at(record: Record) -> tuple[int, str]:
    """Return when we heard of an alert, to the second and as it stands there; `NEVER`: nothing says so."""
    timing = record.get("timing")
    text: Any = timing.get("detected_at") if isinstance(timing, dict) else None
    try:
        return seconds(text), text
    except (TypeError, ValueError):
        return NEVER


def _out(deploy: Record | None) -> str:
    """Return when a release was out."""
    return str((deploy or {}).get("finished_at") or (deploy or {}).get("started_at") or "")


def _is_past(known: list[Record], alerts: list[Record]) -> bool:
    """Return whether one of the alerts stands as it did before, and none as it did later."""
    orders = {one["fingerprint"]: order(one) for one in known}
    both = [(order(one), orders[one["fingerprint"]]) for one in alerts if one["fingerprint"] in orders]
    return any(one < other for one, other in both) and all(one <= other for one, other in both)
