"""Silences: what nobody is to be told of for a while, as people said it in `commands`."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from pipeline.commands import SILENCE, VERSION, Command
from pipeline.event_time import DAY, seconds, written
from pipeline.matchers import Matcher, matches, read_matchers
from pipeline.step import BadRecordError

LONGEST_S = 30 * DAY  # `commands` are kept for as long: what is said there is forgotten then
DIGITS = 16
ODD = "\x01"  # what no label is

Labels = Mapping[str, str]


class State(StrEnum):
    """How a silence stands."""

    ACTIVE = "active"
    PENDING = "pending"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Silence:
    """What is silent, from when to when (seconds since 1970; the end is without), by whom and why."""

    id: str
    matchers: tuple[Matcher, ...]
    starts_at: int
    ends_at: int
    by: str
    comment: str = ""

    def state(self, now: float) -> State:
        """Say how it stands."""
        if now >= self.ends_at:
            return State.EXPIRED
        return State.PENDING if now < self.starts_at else State.ACTIVE

    def is_on(self, labels: Labels, now: float) -> bool:
        """Return whether it keeps alerts with these labels silent now."""
        return self.starts_at <= now < self.ends_at and matches(self.matchers, labels)

    def shown(self, now: float) -> dict[str, Any]:
        """Return it for people and programs."""
        return {
            "id": self.id,
            "state": self.state(now).value,
            "matchers": [str(one) for one in self.matchers],
            "starts_at": written(self.starts_at),
            "ends_at": written(self.ends_at),
            "by": self.by,
            "comment": self.comment,
        }

    def command(self, time: str) -> dict[str, Any]:
        """Return the value of `commands` that says it."""
        arguments = {
            "matchers": [str(one) for one in self.matchers],
            "starts_at": written(self.starts_at),
            "ends_at": written(self.ends_at),
            "comment": self.comment,
        }
        return _command(SILENCE, self.id, arguments, self.by, time)


def expiry(silence_id: str, by: str, time: str) -> dict[str, Any]:
    """Return the value of `commands` that ends a silence."""
    return _command("unsilence", silence_id, {}, by, time)


def _command(name: str, subject: str, arguments: dict[str, Any], by: str, time: str) -> dict[str, Any]:
    return {
        "schema_version": VERSION,
        "command": name,
        "subject": subject,
        "shard": "",
        "arguments": arguments,
        "by": by,
        "time": time,
    }


def silence(matchers: Iterable[str], starts_at: int, ends_at: int, by: str, comment: str = "") -> Silence:
    """Return a silence; its id is derived from all of it. Raises ValueError where a matcher is none."""
    read = tuple(sorted(read_matchers(matchers), key=str))
    said = json.dumps([*map(str, read), starts_at, ends_at, by, comment])
    return Silence(f"s-{sha256(said.encode()).hexdigest()[:DIGITS]}", read, starts_at, ends_at, by, comment)


def refusal(one: Silence, now: int, *, is_all: bool = False) -> str | None:
    """Say why a silence cannot be said; None where it can. `is_all`: it may be one of everything."""
    if one.ends_at <= one.starts_at:
        return "it ends before it begins"
    if one.ends_at <= now:
        return "it is over already"
    if one.ends_at - now > LONGEST_S:
        days = LONGEST_S // DAY
        return (
            f"it ends in more than {days} days, and what is said is kept for {days} days: take a shorter one"
        )
    if not is_all and is_everything(one.matchers):
        return (
            "it would silence all alerts: name a label that only some have, or say that you want all (--all)"
        )
    return None


def is_everything(matchers: Iterable[Matcher]) -> bool:
    """Return whether all alerts meet matchers, as far as can be told; without a matcher they do."""
    return all(_is_broad(one) for one in matchers)


def _is_broad(matcher: Matcher) -> bool:
    """Return whether a label is met that is not there, or is anything, or is what all have."""
    odd = "panicstream" if matcher.name == "source" else ODD
    return matcher.meets({}) or matcher.meets({matcher.name: odd})


class Silences:
    """All that were said, as far as `commands` are read, in whatever order they come."""

    def __init__(self) -> None:
        self._said: dict[str, Silence] = {}
        self._ended: dict[str, int] = {}

    def take(self, command: Command) -> bool:
        """Take a command; return whether silences changed. Raises BadRecordError where a matcher is none."""
        if command.command == SILENCE:
            read = _read(command)
            is_news = self._said.get(read.id) != read
            self._said[read.id] = read
            return is_news
        before = self._ended.get(command.subject)
        self._ended[command.subject] = min(seconds(command.time), before or seconds(command.time))
        return self._ended[command.subject] != before

    def all(self) -> Iterator[Silence]:
        """Yield all, those that were ended by people with that as their end."""
        for one in self._said.values():
            ended = self._ended.get(one.id, one.ends_at)
            yield one if ended >= one.ends_at else _until(one, ended)

    def on(self, labels: Labels, now: float) -> list[Silence]:
        """Return those that keep alerts with these labels silent now."""
        return [one for one in self.all() if one.is_on(labels, now)]

    def forget(self, now: float) -> None:
        """Forget those that were over for as long as `commands` are kept."""
        for one in [one for one in self.all() if now - one.ends_at > LONGEST_S]:
            self._said.pop(one.id)
        ended = self._ended.items()
        self._ended = {name: at for name, at in ended if name in self._said or now - at <= LONGEST_S}


def is_silenced(silences: Iterable[Silence], labels: Labels, now: float) -> bool:
    """Return whether one of the silences keeps alerts with these labels silent now."""
    return any(one.is_on(labels, now) for one in silences)


def _until(one: Silence, ended: int) -> Silence:
    return Silence(one.id, one.matchers, one.starts_at, ended, one.by, one.comment)


def _read(command: Command) -> Silence:
    given = command.arguments
    try:
        matchers = read_matchers(given.matchers or ())
    except ValueError as error:
        raise BadRecordError("bad_arguments", f"matchers: {error}") from None
    starts_at, ends_at = seconds(given.starts_at or ""), seconds(given.ends_at or "")
    return Silence(command.subject, matchers, starts_at, ends_at, command.by, given.comment or "")
