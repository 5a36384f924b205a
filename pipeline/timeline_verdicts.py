"""What a timeline expected, beside what became of it."""

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.timeline import BECOMES, Expected, Timeline
from pipeline.timeline_play import Became
from pipeline.units import span_shown

SHOWN = 5  # of what became of an alert instead
TELLING = ("service", "env", "release", "cluster_id")


class Verdict(NamedTuple):
    """One expectation, or something that nobody expected, in words."""

    is_ok: bool
    text: str


def judged(timeline: Timeline, told: Sequence[Became]) -> list[Verdict]:
    """Compare: every expectation is met, nothing fires that was not expected.

    What is resolved has to be expected where the timeline expects any end of that alert.
    """
    left, verdicts = list(told), []
    for wanted in timeline.expected:
        met = [one for one in left if _meets(one, wanted)][: wanted.times]
        left = [one for one in left if one not in met]
        verdicts.append(_verdict(wanted, met, told))
    ends = {wanted.alert for wanted in timeline.expected if wanted.becomes != BECOMES[0]}
    surprising = [one for one in left if one.becomes == BECOMES[0] or one.alert in ends]
    return verdicts + [
        Verdict(is_ok=False, text=f"{_said(one)}, which nobody expected") for one in surprising
    ]


def _meets(one: Became, wanted: Expected) -> bool:
    return (
        (one.alert, one.becomes) == (wanted.alert, wanted.becomes)
        and wanted.first <= one.at <= wanted.last
        and wanted.labels.items() <= one.labels.items()
        and wanted.summary in {None, one.summary}
    )


def _verdict(wanted: Expected, met: Sequence[Became], told: Sequence[Became]) -> Verdict:
    if not wanted.times:
        return Verdict(is_ok=True, text=f"{wanted.alert} is not {wanted.becomes}")
    if len(met) == wanted.times:
        others = f", and {len(met) - 1:,} more" if len(met) > 1 else ""
        return Verdict(is_ok=True, text=f"{_said(met[0])}{others}")
    instead = [_said(one, whole=True) for one in told if one.alert == wanted.alert]
    more = [f"{len(instead) - SHOWN:,} more"] if len(instead) > SHOWN else []
    return Verdict(
        is_ok=False,
        text=f"{_said_of(wanted)}; instead: {', '.join([*instead[:SHOWN], *more]) or 'nothing of it'}",
    )


def _said_of(wanted: Expected) -> str:
    times = f" {wanted.times:,} times" if wanted.times > 1 else ""
    named = [f"{name} {text}" for name, text in wanted.labels.items()]
    said = [f"`{wanted.summary}`"] if wanted.summary else []
    labels = "".join(f" with {one}" for one in [*named, *said])
    between = f"{span_shown(wanted.first)} and {span_shown(wanted.last)}"
    return f"{wanted.alert} is not {wanted.becomes}{times}{labels} between {between}"


def _said(one: Became, whole: bool = False) -> str:
    """Say what became of an alert, with what tells it from others of its rule."""
    named = [one.labels[name] for name in TELLING if name in one.labels]
    of = f" of {' '.join(named)}" if named else ""
    said = f" (`{one.summary}`)" if whole and one.summary else ""
    return f"{one.alert}{of} is {one.becomes} at {span_shown(one.at)}{said}"
