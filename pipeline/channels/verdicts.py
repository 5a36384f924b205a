"""What answers mean that are alike for all vendors; each has a table of its own for the rest."""

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from pipeline.channels.answer import Answer, Outcome, Verdict
from pipeline.channels.plain import line, masked
from pipeline.channels.request import Sendable

SAID = 300  # bytes of an answer that are repeated
LONGEST_S = 3_600.0  # that a vendor may make us wait
TOO_MANY, TIMED_OUT, SERVER, GATEWAY_TIMED_OUT = 429, 408, 500, 504
BACK_OFF_S = 30.0  # where a vendor says "too many" without a time


class Meaning(NamedTuple):
    """What a code of a vendor means, in words, and what to do about it."""

    verdict: Verdict
    words: str
    after_s: float | None = None


def outcome(meaning: Meaning, request: Sendable, said: str = "") -> Outcome:
    """Return an outcome; what the vendor said is quoted without our secrets."""
    quoted = line(masked(said, request.secrets), SAID)
    words = f"{meaning.words}: {quoted}" if quoted and quoted != meaning.words else meaning.words
    return Outcome(meaning.verdict, words, meaning.after_s)


def unanswered(request: Sendable, answer: Answer) -> Outcome | None:
    """Return what it means that there was no answer; None where there is one."""
    if answer.fault is None and answer.status is not None:
        return None
    said = answer.fault or "no answer"
    if not answer.was_sent:
        return outcome(Meaning(Verdict.RETRY, "not sent"), request, said)
    if request.is_keyed:
        return outcome(
            Meaning(Verdict.RETRY, "sent, without an answer; a repeat is known by its key"), request, said
        )
    return outcome(Meaning(Verdict.AMBIGUOUS, "sent, and nobody knows whether it was taken"), request, said)


def by_status(
    request: Sendable, answer: Answer, table: Mapping[int, Meaning], accepted: frozenset[int] = frozenset()
) -> Outcome | None:
    """Return what a status says by itself; None where it is one of `accepted`, so that the body decides.

    `table` goes first. 429, 408 and 5xx may be sent again, no earlier than the answer says; any other is
    rejected.
    """
    status, said = answer.status or 0, text(answer)
    after_s = retry_after(answer)
    if status in table:
        found = outcome(table[status], request, said)
        longest = max((one for one in (found.after_s, after_s) if one is not None), default=None)
        return Outcome(found.verdict, found.said, longest if found.verdict is Verdict.RETRY else None)
    if status in accepted:
        return None
    if status == GATEWAY_TIMED_OUT and not request.is_keyed:
        return outcome(Meaning(Verdict.AMBIGUOUS, f"HTTP {status}"), request, said)
    if status in {TOO_MANY, TIMED_OUT} or status >= SERVER:
        wait = after_s if after_s is not None else BACK_OFF_S if status == TOO_MANY else None
        return outcome(Meaning(Verdict.RETRY, f"HTTP {status}", wait), request, said)
    return outcome(Meaning(Verdict.REJECTED, f"HTTP {status}"), request, said)


def by_code(code: object, request: Sendable, said: str, table: Mapping[Any, Meaning]) -> Outcome:
    """Return what a vendor's own code means; one that is not in the table is rejected, never fine."""
    known = table.get(code) if isinstance(code, int | str) and not isinstance(code, bool) else None
    if known:
        return outcome(known._replace(words=f"{known.words} ({code})"), request, said)
    return outcome(Meaning(Verdict.REJECTED, f"unknown code {line(code, 64)}"), request, said)


def unread(request: Sendable, answer: Answer, vendor: str) -> Outcome:
    """Return what an answer means that the vendor cannot have written, such as a page of a proxy."""
    verdict = Verdict.RETRY if request.is_keyed else Verdict.AMBIGUOUS
    said = text(answer) or "an empty body"
    return outcome(
        Meaning(verdict, f"HTTP {answer.status}, but that is no answer of {vendor}"), request, said
    )


def fields(answer: Answer) -> Mapping[str, Any]:
    """Return the JSON object of an answer; empty where its body is none."""
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def text(answer: Answer) -> str:
    """Return the body of an answer as text."""
    return answer.body.decode(errors="replace")


def retry_after(answer: Answer) -> float | None:
    """Return how many seconds the answer wants us to wait, at most an hour."""
    given = answer.headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit():
        return min(float(given), LONGEST_S)
    try:
        wanted, now = (parsedate_to_datetime(given), parsedate_to_datetime(answer.headers.get("date", "")))
        return min(max((wanted - now).total_seconds(), 0.0), LONGEST_S)
    except (TypeError, ValueError, OverflowError):
        return None
