"""How far a source partition was read and told: marks, what was open at them, and what a successor needs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


class Mark(NamedTuple):
    """The end of a block: the first offset behind it.

    A block in which time alone closed a trace holds no record; `step` numbers the blocks that end at one
    offset, from 0.
    """

    offset: int
    step: int = 0

    def to(self, position: int) -> "Mark":
        """Return the mark that follows where reading has come to `position`."""
        return Mark(position, self.step + 1 if position == self.offset else 0)


Lines = tuple[tuple[int, int], ...]
"""First lines of crashes: offset of the record and number in it, both from 0."""


@dataclass(frozen=True)
class State:
    """What was open at a mark: traces, and crashes whose late lines were still swallowed."""

    mark: Mark
    open: Lines = ()
    swallowing: Lines = ()

    def written(self) -> dict[str, Any]:
        """Return it as it stands in a checkpoint."""
        lines = {"open": self.open, "swallowing": self.swallowing}
        return {"mark": self.mark.offset, "step": self.mark.step, **lines}

    @classmethod
    def read(cls, written: dict[str, Any]) -> "State":
        """Take it from a checkpoint."""
        mark = Mark(written["mark"], written["step"])
        return cls(mark, _lines(written["open"]), _lines(written["swallowing"]))


def _lines(pairs: Iterable[Sequence[int]]) -> Lines:
    return tuple((offset, position) for offset, position in pairs)


@dataclass(frozen=True)
class Checkpoint:
    """A block that is being told: where it begins, where it ends, and who tells it (`by`)."""

    previous: State
    next: State
    by: str


@dataclass(frozen=True)
class Committed:
    """What the consumer group knows of a partition: the offset to read on from, and the mark told up to.

    `by` names the run of the worker that committed, `checkpoint` partition and offset of its checkpoint at
    that time. Without them nothing was told of the partition yet, or somebody else set the offset.
    """

    offset: int
    mark: Mark
    topic_id: str
    by: str = ""
    checkpoint: tuple[int, int] | None = None

    def written(self) -> dict[str, Any]:
        """Return the metadata of the commit."""
        return {
            "mark": self.mark.offset,
            "step": self.mark.step,
            "topic_id": self.topic_id,
            "by": self.by,
            "checkpoint": self.checkpoint,
        }

    @classmethod
    def read(cls, offset: int, written: dict[str, Any]) -> "Committed":
        """Take it from a commit. Raises KeyError where somebody else wrote the metadata."""
        mark = Mark(written["mark"], written["step"])
        checkpoint = written["checkpoint"]
        return cls(offset, mark, written["topic_id"], written["by"], checkpoint and tuple(checkpoint))


@dataclass(frozen=True)
class Takeover:
    """How a worker goes on with a partition.

    It reads from `offset`; what ended before `told` is silent; where there is `pending`, the block from
    `told` to it may be half told.
    """

    offset: int
    told: State
    pending: State | None = None


def fresh(offset: int) -> Takeover:
    """Begin at an offset of which nothing is known."""
    return Takeover(offset, State(Mark(offset)))


def takeover(committed: Committed, checkpoints: Sequence[Checkpoint]) -> Takeover | None:
    """Say how to go on after a commit; None where its checkpoint is missing.

    `checkpoints` are those of the partition from `committed.checkpoint` on, oldest first. Those of other runs
    are left out: a worker that was suspended past its session may have written one since.
    """
    own = [checkpoint for checkpoint in checkpoints if checkpoint.by == committed.by]
    if not own:
        return None
    last = own[-1]
    if last.next.mark == committed.mark:
        return Takeover(committed.offset, last.next)
    if last.previous.mark == committed.mark:
        return Takeover(committed.offset, last.previous, last.next)
    return None
