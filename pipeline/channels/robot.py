"""What the robots of DingTalk and WeCom share: they answer 200 to everything; `errcode` says what it is."""

from collections.abc import Mapping

from pipeline.channels.answer import Answer, Outcome, Verdict
from pipeline.channels.request import Sendable
from pipeline.channels.verdicts import Meaning, by_code, by_status, fields, text, unanswered, unread

FINE = frozenset({200})


def judged(vendor: str, codes: Mapping[int, Meaning], request: Sendable, answer: Answer) -> Outcome:
    """Return what an answer means; `codes` are those that are not 0."""
    fault = unanswered(request, answer) or by_status(request, answer, {}, FINE)
    if fault:
        return fault
    told = fields(answer)
    code = told.get("errcode")
    if code is None:
        return unread(request, answer, vendor)
    if code == 0 and code is not False:
        return Outcome(Verdict.OK, f"{vendor} took it")
    return by_code(code, request, str(told.get("errmsg") or text(answer)), codes)
