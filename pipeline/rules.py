"""A rule: a condition on the windows of a service or on a cluster, and what is said of it where it holds."""

import hashlib
import json
import operator
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache

from pipeline._native import Pattern

OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
NEGATED = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
HASHED = 16  # hex digits
PATTERNS = 1_000  # that are kept ready
SAID = ("summary", "runbook")  # what is said only: states outlive a change of it


class Kind(StrEnum):
    """What is compared, and with what."""

    RATE = "rate"  # a fact by time, over the covered part of the window
    RATIO = "ratio"  # a fact that is a quotient of two sums over the window
    QUANTILE = "quantile"  # of the samples of a fact in the window, such as pauses
    ABSENT = "absent"  # nothing of a fact in the window, where there was some before: no condition
    NEW_CLUSTER = "new_cluster"  # no condition: at the record
    REGRESSION = "regression"  # no condition: at the record
    SURGE = "surge"  # times that a cluster's last minute is of what is usual for it
    SPREAD = "spread"  # services or streams that a cluster came to within the window
    GAUGE = "gauge"  # what a fact of the pipeline itself is now


class Subject(StrEnum):
    """Whose row a rule is about."""

    SERVICE = "service"
    CLUSTER = "cluster"
    PIPELINE = "pipeline"


SUBJECTS: Mapping[Kind, Subject] = {
    Kind.SURGE: Subject.CLUSTER,
    Kind.SPREAD: Subject.CLUSTER,
    Kind.GAUGE: Subject.PIPELINE,
}  # else a service
AT_RECORDS = frozenset({Kind.NEW_CLUSTER, Kind.REGRESSION})
UNCONDITIONAL = AT_RECORDS | {Kind.ABSENT}


class Severity(StrEnum):
    """How much it matters."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Scope(StrEnum):
    """Where a cluster has to be new."""

    EVERYWHERE = "everywhere"
    SERVICE = "service"


@dataclass(frozen=True)
class Condition:
    """`value op threshold`, in the unit of the rule's fact."""

    op: str
    threshold: float

    def holds(self, value: float) -> bool:
        """Return whether a value meets it."""
        return OPERATORS[self.op](value, self.threshold)

    def negated(self) -> "Condition":
        """Return the one that holds where this does not."""
        return Condition(NEGATED[self.op], self.threshold)

    def __str__(self) -> str:
        return f"{self.op} {self.threshold:g}"


@dataclass(frozen=True)
class Rule:
    """One rule. Spans are in seconds, thresholds in the unit of the fact.

    `fact` names what is measured (`pipeline/facts.py`); `quantile` is that of the kind `quantile`; `by` holds
    the labels for which a value is apart (`release`); `where` holds what labels, or a cluster's title, have
    to be (see `matches`). `fire` and `clear` are None where the kind has no condition (`UNCONDITIONAL`).
    `min_samples`: with fewer it does not fire. `confidence`: not the rate has to meet `fire` but the
    lower bound of its Poisson interval; of a surge, 1 - the chance that it is none.
    """

    name: str
    kind: Kind
    fire: Condition | None
    clear: Condition | None
    severity: Severity
    summary: str
    fact: str | None = None
    quantile: float | None = None
    window_s: int = 60
    for_s: int = 0
    keep_firing_for_s: int = 0
    min_samples: int = 0
    confidence: float | None = None
    scope: Scope = Scope.EVERYWHERE
    by: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    runbook: str | None = None
    action: str | None = None

    @property
    def subject(self) -> Subject:
        """Whose row it is about."""
        return SUBJECTS.get(self.kind, Subject.SERVICE)

    @cached_property
    def sees(self) -> str:
        """All on which depends what it sees in the windows of a service."""
        return f"{self.kind} {self.fact} {self.window_s} {self.quantile} {self.min_samples} {self.confidence}"

    @cached_property
    def hash(self) -> str:
        """What names all that decides, in 16 hex digits: states belong to it."""
        decides = {name: value for name, value in asdict(self).items() if name not in SAID}
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:HASHED]

    def matches(self, labels: Mapping[str, str | None]) -> bool:
        """Return whether these meet all of `where`; a label that is not there is empty.

        `text` is equal, `!text` is not; `~pattern` fits the whole label, `!~pattern` does not.
        """
        return all(_meets(labels.get(name) or "", wanted) for name, wanted in self.where.items())


@lru_cache(maxsize=PATTERNS)
def pattern(written: str) -> Pattern:
    """Make a pattern of `where`. Raises ValueError where it is none."""
    return Pattern(written)


def _meets(label: str, wanted: str) -> bool:
    if wanted.startswith("!"):
        return not _meets(label, wanted[1:])
    if wanted.startswith("~"):
        return pattern(wanted[1:]).fits(label)
    return label == wanted
