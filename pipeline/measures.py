"""What rules see in the windows of a service: one function a fact, of rule, windows, time and release."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pipeline import poisson, sketch, windows
from pipeline.event_time import DAY, MINUTE, written
from pipeline.observation import Observation
from pipeline.rules import Kind, Rule
from pipeline.windows import SPAN_S, Windows

SETTLED_S = SPAN_S  # what is gathered for 10 s comes that much later
COVERED_S = 10  # of time, before a rate over covered time is known
NS = 1e9

Measure = Callable[[Rule, Windows, int, str | None], Observation]
"""Returns what a rule sees of a release (None: of all) at a time, in seconds since 1970."""


class Sight:
    """What rules see in one service's windows at one time; what several of them see is looked for once."""

    def __init__(self, kept: Windows, at: int) -> None:
        self._kept, self.at = kept, at
        self._seen: dict[tuple[str | None, str], Observation] = {}

    def of(self, rule: Rule, release: str | None) -> Observation:
        """Return what a rule sees of a release; None: of all."""
        asked = release, rule.sees
        if (seen := self._seen.get(asked)) is None:
            seen = self._seen[asked] = observed(rule, self._kept, self.at, release)
        return seen


def observed(rule: Rule, kept: Windows, at: int, release: str | None) -> Observation:
    """Return what a rule about a service sees at a time."""
    if rule.kind == Kind.ABSENT:
        return _absent(rule, kept, at)
    return MEASURES[rule.fact or ""](rule, kept, at, release)


class Span(NamedTuple):
    """From a second to before another."""

    first: int
    end: int

    def buckets(self) -> tuple[int, int]:
        """Return which buckets of facts that are told by spans it is made of: from one to before another."""
        return self.first // SPAN_S, self.end // SPAN_S


class Amount(NamedTuple):
    """What a fact that workers gather comes to in a window; see `Observation`."""

    value: float | None
    n: int
    evidence: dict[str, Any]
    lower: float | None = None


def _crashes(rule: Rule, kept: Windows, at: int, release: str | None) -> Observation:
    """Crashes are told at once and exactly: the whole window is covered, up to the second before `at`."""
    cells, span = windows.of(kept, "crashes", release), Span(at - rule.window_s, at)
    number, per_minute = _sum(cells, span), MINUTE / rule.window_s
    oldest = _next(cells, span.first)
    return Observation(
        at=at,
        value=number * per_minute,
        n=number,
        lower=_lower(rule, number, per_minute),
        enters_at=_next(cells, at),
        leaves_at=None if oldest is None else oldest + rule.window_s,
        evidence={"crashes": number},
        window=span,
    )


def _lines(rule: Rule, kept: Windows, at: int, release: str | None) -> Observation:
    """Lines over the seconds in which there were any: what was lost with a worker is not covered."""
    cells, span = windows.of(kept, "lines", release), _settled(rule, at)
    buckets = span.buckets()
    number = _sum(cells, buckets)
    covered = _bits(kept["heard"], buckets) if "heard" in kept else 0
    value = number * MINUTE / covered if covered else None
    amount = Amount(value, number, {"lines": number, "covered_s": covered})
    return _gathered(rule, cells, span, at, amount)


def _crash_ratio(rule: Rule, kept: Windows, at: int, release: str | None) -> Observation:
    cells, span = windows.of(kept, "lines", release), _settled(rule, at)
    lines, crashes = _sum(cells, span.buckets()), _sum(windows.of(kept, "crashes", release), span)
    value = crashes / lines if lines else None
    lower = _lower(rule, crashes, 1 / lines) if lines else None
    return _gathered(rule, cells, span, at, Amount(value, lines, {"lines": lines, "crashes": crashes}, lower))


def _gc_cycles(rule: Rule, kept: Windows, at: int, release: str | None) -> Observation:
    cells, span = windows.of(kept, "gc", release), _settled(rule, at)
    cycles, *_ = _cycles(cells, span)
    value = cycles * MINUTE / rule.window_s if kept.get("gc") else None
    return _gathered(rule, cells, span, at, Amount(value, cycles, {"cycles": cycles}))


def _alloc_rate(rule: Rule, kept: Windows, at: int, release: str | None) -> Observation:
    """Return what a process allocates: bytes of all over the seconds that are covered of all."""
    cells, span = windows.of(kept, "gc", release), _settled(rule, at)
    cycles, allocated, covered, *_ = _cycles(cells, span)
    value = allocated / covered if covered >= COVERED_S else None
    evidence = {"alloc_bytes": allocated, "covered_s": round(covered, 3)}
    return _gathered(rule, cells, span, at, Amount(value, cycles, evidence))


def _heap_goal_ratio(rule: Rule, kept: Windows, at: int, release: str | None) -> Observation:
    """Return the quotient of the sums: of several cycles, a large heap weighs more."""
    cells, span = windows.of(kept, "gc", release), _settled(rule, at)
    cycles, *_, goals, live = _cycles(cells, span)
    amount = Amount(goals / live if live else None, cycles, {"cycles": cycles})
    return _gathered(rule, cells, span, at, amount)


def _gc_pause(rule: Rule, kept: Windows, at: int, release: str | None) -> Observation:
    """Whole minutes, those that are over: a sketch has no seconds."""
    cells, span = windows.of(kept, "pauses", release), _settled(rule, at, MINUTE)
    sketches = [
        one for minutes in cells for minute, one in minutes if span.first <= minute * MINUTE < span.end
    ]
    number = sum(map(sketch.count, sketches))
    is_enough = number >= max(1, rule.min_samples)
    value = sketch.quantile(sketches, rule.quantile or 0.0) if is_enough else None
    amount = Amount(None if value is None else value / NS, number, {"pauses": number})
    return _gathered(rule, cells, span, at, amount)


def _absent(rule: Rule, kept: Windows, at: int) -> Observation:
    """Nothing for the whole window, where there was something within a day."""
    last = kept.get("last", {}).get(rule.fact)
    if last is None or at - last > DAY:
        return Observation(at, None)
    due = last + rule.window_s + SETTLED_S + 1
    return Observation(
        at=at,
        value=float(max(0, at - last)),
        holds=at >= due,
        enters_at=due if at < due else last + DAY + 1,
        evidence={"last": written(last)},
    )


def _gathered(rule: Rule, cells: list[list[Any]], span: Span, at: int, amount: Amount) -> Observation:
    """Return what is seen of a fact that workers gather: with too few samples nothing is known."""
    changes_at = _changes_at(cells, span, MINUTE if rule.kind == Kind.QUANTILE else SPAN_S)
    return Observation(
        at=at,
        value=amount.value if amount.n >= rule.min_samples else None,
        n=amount.n,
        lower=amount.lower,
        enters_at=changes_at,
        leaves_at=changes_at,
        evidence=amount.evidence,
        window=span,
    )


def _changes_at(cells: list[list[Any]], span: Span, step: int) -> int | None:
    """Return when the next of the spans that something is kept of comes into a window, or leaves it."""
    ends = list[int]()
    for one in cells:
        if (inside := windows.oldest(one, span.first // step)) is not None:
            ends.append((inside + 1) * step + span.end - span.first)
        if (ahead := windows.oldest(one, span.end // step)) is not None:
            ends.append((ahead + 1) * step)
    return min(ends) + SETTLED_S if ends else None


def _settled(rule: Rule, at: int, step: int = SPAN_S) -> Span:
    """Return the window of a fact that is told by spans."""
    end = (at - SETTLED_S) // step * step
    return Span(end - -(-rule.window_s // step) * step, end)


def _lower(rule: Rule, number: int, factor: float) -> float | None:
    return None if rule.confidence is None else poisson.lower_bound(number, rule.confidence) * factor


def _sum(cells: list[list[int]], span: tuple[int, int]) -> int:
    """Return the counts of the buckets of a span."""
    number = 0
    for one in cells:
        number += sum(_slice(one, span))
    return number


def _bits(cells: list[int], span: tuple[int, int]) -> int:
    return sum(map(int.bit_count, _slice(cells, span)))


def _slice(cells: list[int], span: tuple[int, int]) -> list[int]:
    newest, (first, end) = cells[0], span
    return cells[max(1, newest - end + 2) : max(1, newest - first + 2)]


def _cycles(cells: list[list[Any]], span: Span) -> list[Any]:
    """Return cycles, bytes allocated, seconds covered, the sums of heap goals, and of heaps in use."""
    first, end = span.buckets()
    told = [cell[1:] for one in cells for cell in one if first <= cell[0] < end]
    return [sum(column) for column in zip(*told, strict=True)] if told else [0, 0, 0.0, 0, 0]


def _next(cells: list[list[int]], first: int) -> int | None:
    """Return the end of the first second from `first` on that is not empty."""
    ends = [second + 1 for one in cells if (second := windows.oldest(one, first)) is not None]
    return min(ends, default=None)


MEASURES: Mapping[str, Measure] = {
    "crashes": _crashes,
    "lines": _lines,
    "crash_ratio": _crash_ratio,
    "gc_cycles": _gc_cycles,
    "alloc_rate": _alloc_rate,
    "heap_goal_ratio": _heap_goal_ratio,
    "gc_pause": _gc_pause,
}
