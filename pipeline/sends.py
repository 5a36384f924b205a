"""What a send makes of the row of its group: before it (`begun`), and after it (`ended`).

`pending` in the row: `{action, episode, seq, known, over, state, attempt, since, next_try, may_repeat,
dropped, answer}`; `since`: when it was tried first, `next_try`: when it may be tried again.
"""

from typing import Any, NamedTuple

from pipeline import retries
from pipeline.group import Episodes
from pipeline.plan import ACKNOWLEDGE, MAYBE, NOTE, REFUSED, RETRY, SENDING, Send
from pipeline.wanted import Row

OK, AGAIN, REJECTED, DISABLED, AMBIGUOUS = "ok", "retry", "rejected", "disabled", "ambiguous"  # verdicts
DELIVERED, DROPPED, DIGESTED = (
    "delivered",
    "dropped",
    "digested",
)  # states of deliveries, beside those pending
ENDS_ALL = "resolve"


class Heard(NamedTuple):
    """What came of an attempt: the verdict, the answer in words, how long to wait, what names it there."""

    verdict: str
    said: str = ""
    after_s: float | None = None
    ref: dict[str, str] | None = None


class Care(NamedTuple):
    """With how much care something is told. `is_keyed`: telling it twice is telling it once."""

    is_keyed: bool
    is_critical: bool
    deadline_s: float


class Ended(NamedTuple):
    """The row after an attempt, how that stands in `deliveries`, whether it is given up or very late."""

    told: Row
    state: str
    is_dead: bool = False


def begun(told: Row, send: Send, now: float) -> Row:
    """Return the row that has to stand in Kafka before an attempt is made."""
    before = told["pending"]
    is_again = before and (before["episode"], before["seq"]) == (send.episode, send.seq)
    told = told if is_again else _assumed(told)
    pending = {
        "action": send.action,
        "episode": send.episode,
        "seq": send.seq,
        "known": send.known,
        "over": send.over,
        "state": SENDING,
        "attempt": send.attempt,
        "since": before["since"] if is_again else now,
        "next_try": now,
        "may_repeat": send.may_repeat,
        "dropped": before["dropped"] if is_again else False,
        "answer": before["answer"] if is_again else None,
    }
    return told | {"episode": send.episode, "seq": send.seq, "pending": pending}


def noted(told: Row, send: Send) -> Row:
    """Return the row after something that the channel need not hear of."""
    return _known(_assumed(told), send.known, send.over) | {"episode": send.episode, "seq": send.seq}


def folded(told: Row, send: Send, now: float) -> Row:
    """Return the row of a group that a digest tells of."""
    return noted(told, send) | {"folded": bool(send.known), "at": now}


def recovered(told: Row, now: float) -> Row:
    """Return the row of a group whose worker ended between the two: nobody knows whether it was told."""
    pending = told["pending"]
    if not pending or pending["state"] != SENDING:
        return told
    said = "the worker ended before the answer came"
    maybe = {"state": MAYBE, "may_repeat": True, "next_try": now, "answer": said}
    return told | {"pending": pending | maybe}


def ended(told: Row, heard: Heard, now: float, care: Care) -> Ended:
    """Return what an attempt comes to."""
    pending = told["pending"] | {"answer": heard.said}
    if heard.verdict == OK or (heard.verdict == AMBIGUOUS and not _repeats(pending, care)):
        return Ended(_done(told, pending, heard, now), DELIVERED if heard.verdict == OK else MAYBE)
    if heard.verdict == REJECTED:
        refused = {"state": REFUSED, "next_try": now + retries.LATE_S, "dropped": True}
        return Ended(told | {"pending": pending | refused}, REFUSED, is_dead=not pending["dropped"])
    pending |= {"state": RETRY, "next_try": now}
    if heard.verdict == DISABLED:
        return Ended(told | {"pending": pending}, DISABLED)
    if heard.verdict == AMBIGUOUS:
        pending |= {"state": MAYBE, "may_repeat": True}
    wait = retries.wait_s(pending, heard.after_s, told["channel"], told["group_key"])
    pending["next_try"] = now + wait
    if pending["dropped"] or now - pending["since"] < care.deadline_s:
        return Ended(told | {"pending": pending}, pending["state"])
    return _given_up(told, pending)


def _given_up(told: Row, pending: Row) -> Ended:
    """Let others hear that it is late. What still is so is tried on, rarely; what is over is left."""
    pending["dropped"] = True
    if pending["action"] == NOTE or not (pending["known"] or told["known"]):
        return Ended(_known(told, pending["known"], pending["over"]), DROPPED, is_dead=True)
    return Ended(told | {"pending": pending}, DROPPED, is_dead=True)


def _done(told: Row, pending: Row, heard: Heard, now: float) -> Row:
    row = _known(told, pending["known"], pending["over"])
    is_acknowledged = pending["action"] == ACKNOWLEDGE
    at = told["at"] if is_acknowledged else now
    return row | {
        "at": at,
        "acknowledged": is_acknowledged,
        "ref": told["ref"] if heard.ref is None else heard.ref or None,
    }


def _known(told: Row, known: Episodes, over: Episodes) -> Row:
    return told | {"known": known, "over": over, "folded": told["folded"] and bool(known), "pending": None}


def _assumed(told: Row) -> Row:
    """Take what may have been told for told, before something newer is."""
    pending: dict[str, Any] | None = told["pending"]
    if pending and pending["may_repeat"]:
        return _known(told, pending["known"], pending["over"])
    return told


def _repeats(pending: Row, care: Care) -> bool:
    """Return whether to tell again what may have been told: where that does no harm, or silence does more."""
    return care.is_keyed or care.is_critical or pending["action"] == ENDS_ALL
