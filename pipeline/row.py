"""A row of a table: its value, and of each source partition the last block that the value holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

# Source partitions that a row remembers, so that it stays small. A worker that takes a partition over tells
# its last block again: the guard fails only where so many others came to the row since that block.
SOURCES = 256

Reached = tuple[int, int]
"""The end of a block: its last offset and its step."""


class Source(NamedTuple):
    """What a record tells of: the source partition (`topic id/partition`) and the end of its block there."""

    partition: str
    reached: Reached


@dataclass(frozen=True)
class Row:
    """What stands in the table. `applied` is in the order in which source partitions were applied last."""

    value: dict[str, Any]
    applied: Mapping[str, Reached]

    def knows(self, source: Source) -> bool:
        """Return whether the value holds that block already."""
        reached = self.applied.get(source.partition)
        return reached is not None and source.reached <= reached

    def is_older_than(self, other: "Row") -> bool:
        """Return whether the other holds more; both are states of the same row."""
        both = self.applied.keys() & other.applied.keys()
        return any(self.applied[partition] < other.applied[partition] for partition in both)

    def written(self) -> dict[str, Any]:
        """Return it as it stands in the changelog."""
        return {"value": self.value, "applied": {name: list(end) for name, end in self.applied.items()}}

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> "Row":
        """Take it from the changelog."""
        return cls(written["value"], {name: (end[0], end[1]) for name, end in written["applied"].items()})


def applied(row: Row | None, source: Source, value: dict[str, Any]) -> Row:
    """Return the row with a new value that holds the block of `source`.

    Beyond `SOURCES`, the source partition that was applied longest ago is forgotten.
    """
    known = dict(row.applied) if row else {}
    known.pop(source.partition, None)
    known[source.partition] = source.reached
    if len(known) > SOURCES:
        del known[next(iter(known))]
    return Row(value, known)
