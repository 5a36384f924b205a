"""A value of `commands`: what people, or panicstream itself, want done with a bug, a row or a silence."""

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError

from pipeline.sighting import Moment, Time
from pipeline.step import BadRecordError, Effect, first_fault

OURS = "panicstream"  # `by` of our own commands
VERSION = 1


LONGEST, MOST, MATCHERS = 1_000, 10_000, 100  # characters of a text; fingerprints; matchers
Text = Annotated[str, Field(max_length=LONGEST)] | None


class Arguments(BaseModel):
    """All that a command may carry; which of them, `RULES` says."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    release: Text = None
    into: Text = None
    fingerprints: Annotated[list[str], Field(max_length=MOST)] | None = None
    fingerprint: str | None = None
    s: float | None = None
    epoch: NonNegativeInt | None = None
    resolved_at: Time = None
    service: list[str | None] | None = None
    sample_id: str | None = None
    told: NonNegativeInt | None = None
    matchers: (
        Annotated[list[Annotated[str, Field(max_length=LONGEST)]], Field(max_length=MATCHERS)] | None
    ) = None
    starts_at: Time = None
    ends_at: Time = None
    comment: Text = None


class Rule(NamedTuple):
    """Who gives a command, and the arguments that it must and may have."""

    is_ours: bool
    must: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()


RULES = {
    # of people; the subject is a cluster
    "resolve": Rule(is_ours=False, may=frozenset({"release"})),
    "reopen": Rule(is_ours=False),
    "mute": Rule(is_ours=False),
    "unmute": Rule(is_ours=False),
    "merge": Rule(is_ours=False, must=frozenset({"into"})),
    "split": Rule(is_ours=False, must=frozenset({"fingerprints"})),
    # of panicstream; the subject is a cluster, but of `expire` and `forget` a fingerprint, of `prune` a shard
    "merged": Rule(is_ours=True, must=frozenset({"into", "fingerprints"}), may=frozenset({"s", "epoch"})),
    "parted": Rule(is_ours=True, must=frozenset({"into", "fingerprints"}), may=frozenset({"epoch"})),
    "regressed": Rule(
        is_ours=True,
        must=frozenset({"resolved_at", "fingerprint", "sample_id"}),
        may=frozenset({"release", "service"}),
    ),
    "expire": Rule(is_ours=True, must=frozenset({"told"})),
    "forget": Rule(is_ours=True, must=frozenset({"told"})),
    "prune": Rule(is_ours=True),
}
SILENCE = "silence"
OF_SILENCES = {  # of people; the subject is a silence, and no row changes
    SILENCE: Rule(
        is_ours=False, must=frozenset({"matchers", "starts_at", "ends_at"}), may=frozenset({"comment"})
    ),
    "unsilence": Rule(is_ours=False),
}
OF_A_ROW = ("expire", "forget")  # all others change the row of their shard
BY_PEOPLE = [name for name, rule in RULES.items() if not rule.is_ours]


class Command(BaseModel):
    """What is wanted, of what, by whom; `time` is when."""

    model_config = ConfigDict(frozen=True, strict=True)

    schema_version: Literal[1]
    command: str
    subject: str
    shard: str
    arguments: Arguments
    by: Annotated[str, Field(max_length=LONGEST)]
    time: Moment

    @property
    def row_key(self) -> str:
        """The key of the row that it changes."""
        return self.subject if self.command in OF_A_ROW else shard_key(self.shard)

    @property
    def is_ours(self) -> bool:
        """Whether panicstream gave it itself."""
        return self.command in RULES and RULES[self.command].is_ours

    def source(self) -> None:
        """Return nothing: a command tells of no block, the record itself is the source."""


def read_cluster_command(written: bytes) -> Command | None:
    """Take a value apart that changes a row; None where it is about a silence. Raises BadRecordError."""
    command = read_command(written)
    return None if command.command in OF_SILENCES else command


def shard_key(shard: str) -> str:
    """Return the key of the row of a shard; no fingerprint is like it."""
    return f"shard:{shard}"


def read_command(written: bytes) -> Command:
    """Take a value apart. Raises BadRecordError where it is none, or has not the arguments that it needs."""
    try:
        command = Command.model_validate_json(written)
    except ValidationError as error:
        raise BadRecordError(*first_fault(error)) from None
    _check(command)
    return command


def _check(command: Command) -> None:
    rules, given = RULES | OF_SILENCES, command.arguments.model_fields_set
    rule = rules.get(command.command)
    if rule is None:
        raise BadRecordError("unknown_command", f"{command.command!r} is none of {', '.join(rules)}")
    if missing := sorted(rule.must - given):
        raise BadRecordError("bad_arguments", f"{command.command} needs {', '.join(missing)}")
    if other := sorted(given - rule.must - rule.may):
        raise BadRecordError("bad_arguments", f"{command.command} takes no {', '.join(other)}")


def ours(command: str, subject: str, shard: str, time: str, arguments: dict[str, Any]) -> Effect:
    """Return a command of panicstream itself, which goes where the rows of the shard are."""
    value = {
        "schema_version": VERSION,
        "command": command,
        "subject": subject,
        "shard": shard,
        "arguments": arguments,
        "by": OURS,
        "time": time,
    }
    return Effect("commands", subject, value, beside=True)
