"""The step of a table: a row and a value in, the next row and what it causes out."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.row import Source


class BadRecordError(ValueError):
    """A record that cannot be used, whoever reads it: it goes to `deadletters`."""

    def __init__(self, reason: str, detail: str) -> None:
        """`reason` is one word, by which they are counted."""
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


def first_fault(error: ValidationError) -> tuple[str, str]:
    """Return the reason and, in one line, the detail of the first thing that is wrong with a value."""
    fault = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(map(str, fault["loc"]))
    reason = "schema_version" if where == "schema_version" else "unreadable"
    return reason, " ".join(f"{where or 'value'}: {fault['msg']}".split())


class Effect(NamedTuple):
    """A record that a step causes. It may be written twice: what it holds is derived, never random."""

    topic: str
    """Its name in `schemas/topics.toml`: `clusters`."""
    key: str
    value: dict[str, Any] | None
    beside: bool = False
    """Whether it stands in the partition of the rows that it is about, whatever its key."""


class Sourced(Protocol):
    """A value that may name the block it tells of."""

    def source(self) -> Source | None:
        """Return it; None where it names none, then the record itself is the source."""


class Told(BaseModel):
    """The fields that name a block, in every value that may tell of one."""

    model_config = ConfigDict(frozen=True, strict=True)

    source_topic_id: str | None = None
    source_partition: int | None = None
    through_offset: int | None = None
    step: int | None = None

    def source(self) -> Source | None:
        """Return the block; None where one of the fields is not set."""
        if self.source_topic_id is None or self.source_partition is None:
            return None
        if self.through_offset is None or self.step is None:
            return None
        return Source(f"{self.source_topic_id}/{self.source_partition}", (self.through_offset, self.step))


class Arrival(NamedTuple):
    """Where and when a record came."""

    partition: int
    time: str
    """Of the record; UTC with nine digits."""
    offset: int = 0


Value = TypeVar("Value", bound=Sourced)
Step = Callable[[dict[str, Any] | None, Value, Arrival], tuple[dict[str, Any] | None, list[Effect]]]
"""Makes the next row of a row and a value, and changes neither. Raises BadRecordError.

None: there is no row yet, or none any more. The very same row: it stays as it is, and the step would come to
the same with it again.
"""
