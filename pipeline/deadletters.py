"""Dead letters: records that could not be read, where they stood, and which of them were put back there.

In `deadletters` key, value and headers of a record are untouched; behind its own headers stand ours, `reason`
first.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

PREFIX = "panicstream."
FIRST = f"{PREFIX}reason"

Headers = Sequence[tuple[str, bytes | None]]


class StrangeError(Exception):
    """A record that nobody of ours wrote."""


@dataclass(frozen=True)
class Origin:
    """Why a record is a dead letter, and where and when it was read.

    `size`: the bytes of its value, where that was too long and is cut; else None. `time`: UTC, nine digits.
    """

    reason: str
    detail: str
    topic: str
    partition: int
    offset: int
    time: str
    size: int | None


def parted(headers: Headers) -> tuple[Origin, Headers]:
    """Part our headers from the record's own. Raises StrangeError where ours are not there."""
    names = [name for name, _ in headers]
    if FIRST not in names:
        raise StrangeError
    begin = len(names) - 1 - names[::-1].index(FIRST)
    return _origin(headers[begin:]), headers[:begin]


def _origin(ours: Headers) -> Origin:
    told = {name.removeprefix(PREFIX): (value or b"").decode(errors="replace") for name, value in ours}
    try:
        return Origin(
            reason=told["reason"],
            detail=told.get("detail", ""),
            topic=told["source_topic"],
            partition=int(told["source_partition"]),
            offset=int(told["source_offset"]),
            time=told["time"],
            size=int(told["cut"]) if "cut" in told else None,
        )
    except (KeyError, ValueError):
        raise StrangeError from None


class Asked(NamedTuple):
    """Which dead letters are asked for; None: of any topic, for any reason."""

    topic: str | None = None
    reason: str | None = None

    def covers(self, other: "Asked") -> bool:
        """Say whether all that `other` asks for is asked for here, too."""
        return self.topic in {None, other.topic} and self.reason in {None, other.reason}

    def means(self, origin: Origin) -> bool:
        """Say whether a dead letter is one of them."""
        return self.covers(Asked(origin.topic, origin.reason))


@dataclass(frozen=True)
class Retried:
    """What was put back of one partition of `deadletters`: for what was asked, up to which offset."""

    through: tuple[tuple[Asked, int], ...] = ()

    def has(self, origin: Origin, offset: int) -> bool:
        """Say whether the dead letter at `offset` was put back."""
        return any(offset <= last and asked.means(origin) for asked, last in self.through)

    def later(self, asked: Asked, offset: int) -> "Retried":
        """Return it after all that was asked for was put back up to `offset`."""
        rest = [row for row in self.through if not (asked.covers(row[0]) and row[1] <= offset)]
        return Retried((*rest, (asked, offset)))

    @property
    def position(self) -> int:
        """The first offset that may still hold one that was not put back."""
        return max((last + 1 for asked, last in self.through if asked == Asked()), default=0)

    def written(self) -> str:
        """Return it as the metadata of a commit."""
        return json.dumps([[asked.topic, asked.reason, last] for asked, last in self.through])

    @classmethod
    def read(cls, metadata: str) -> "Retried":
        """Take it from there; nothing where somebody else wrote the metadata."""
        try:
            rows: Iterable[tuple[str | None, str | None, int]] = json.loads(metadata)
            return cls(tuple((Asked(topic, reason), int(last)) for topic, reason, last in rows))
        except (ValueError, TypeError):
            return cls()
