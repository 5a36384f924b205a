"""What the worker asks of each role that it runs, and the ways in which one ends early."""

from dataclasses import dataclass, field
from typing import Protocol


class MisfitError(Exception):
    """The worker cannot start as it is set: exit code 2. `remedy` says what mends it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy


class FaultError(Exception):
    """Going on would lose or repeat something: the process stops with 70, and is started again."""


class LostError(FaultError):
    """Others have our partitions: brokers were away, or we stood still, for longer than a session."""


@dataclass
class Readiness:
    """Whether a role does its work: `/readyz` is green where nothing is in the way.

    `facts` are shown beside it: partitions, lag in records, seconds since the last commit, and such.
    """

    in_the_way: list[str] = field(default_factory=list)
    facts: dict[str, str | int | float] = field(default_factory=dict)


class Role(Protocol):
    """A part of the worker: `detect`, `track`."""

    async def run(self) -> None:
        """Work until `stop`. Raises MisfitError, FaultError; anything else is a fault, too."""

    def stop(self) -> None:
        """Finish what is begun, commit, and return from `run`. From any thread, and maybe before `run`."""

    def readiness(self) -> Readiness:
        """Say how it is. May be called from any thread."""
