"""What came of a request, and what that means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """What became of what was sent."""

    OK = "ok"  # the vendor says so itself
    RETRY = "retry"  # not taken, or not sent; it may be later
    REJECTED = "rejected"  # not taken, and will not be as it is
    DISABLED = "disabled"  # nothing will be taken until settings change
    AMBIGUOUS = "ambiguous"  # sent, and nobody knows whether it was taken


@dataclass(frozen=True)
class Answer:
    """An answer, or why there is none.

    `status` is that of HTTP or SMTP. `headers` have small letters. `body` is cut where the
    request says. `fault` says in
    one line why there is none; `was_sent`: whether the other side may have got all of the request.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    fault: str | None = None
    was_sent: bool = True


@dataclass(frozen=True)
class Outcome:
    """What an answer means, in words without secrets; `after_s`: not sooner again.

    `ref` is by what the vendor knows it, for what follows on it; None: as it was; an empty one: it knows it
    no more.
    """

    verdict: Verdict
    said: str
    after_s: float | None = None
    ref: Mapping[str, str] | None = None
