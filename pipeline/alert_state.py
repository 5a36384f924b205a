"""The state of an alert, and what an observation makes of it: no clock, equal observations, equal states.

inactive ─► pending ─► firing ─► recovering ─► resolved ─► inactive; firing and recovering ─► nodata and back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple

from pipeline.observation import Observation, clears, fires
from pipeline.rules import Rule

SILENT_S = 300  # without data for so long, an alert is over
TOLD_S = 900  # a resolved alert is kept so long, so that everybody hears of it


class Phase(StrEnum):
    """Where an alert is."""

    INACTIVE = "inactive"
    PENDING = "pending"  # the condition holds, not long enough yet
    FIRING = "firing"
    RECOVERING = "recovering"  # it is clear, not long enough yet
    NODATA = "nodata"  # it fired, and nothing is known since
    RESOLVED = "resolved"


ACTIVE = frozenset({Phase.FIRING, Phase.RECOVERING, Phase.NODATA})
SHOWN = ("firing", "recovering", "nodata", "pending", "resolved")  # phases, in this order


@dataclass(frozen=True)
class State:
    """Where an alert is since when, in seconds since 1970. `at`: its latest observation.

    An episode is all from `active_at`, when the condition first held, until it is inactive again; `seq`
    counts its transitions.
    """

    phase: Phase = Phase.INACTIVE
    at: int = -1
    since: int | None = None
    active_at: int | None = None
    fired_at: int | None = None
    resolved_at: int | None = None
    seq: int = 0
    rule_hash: str = ""

    @property
    def is_active(self) -> bool:
        """Whether it fired and is not resolved."""
        return self.phase in ACTIVE

    def written(self) -> list[Any]:
        """Return it as it stands in a row."""
        return [
            *(self.phase.value, self.at, self.since, self.active_at, self.fired_at, self.resolved_at),
            *(self.seq, self.rule_hash),
        ]

    @classmethod
    def read(cls, written: list[Any]) -> "State":
        """Take it from a row."""
        phase, *others = written
        return cls(Phase(phase), *others)


class Transition(NamedTuple):
    """One step of an alert: the state after it."""

    before: Phase
    state: State


Next = Callable[[Rule, State, Observation, bool], Phase]


def step(
    rule: Rule, state: State, seen: Observation, *, may_resolve: bool = True
) -> tuple[State, list[Transition]]:
    """Return the next state, and each transition on the way to it.

    An observation that is not later than the last changes nothing, but since when a condition holds that is
    waited for. `may_resolve`: whether it may end what fires. The state of a rule that was changed since ends,
    and that of the new one begins.
    """
    if seen.at <= state.at:
        return _earlier(rule, state, seen), []
    transitions: list[Transition] = []
    if state.rule_hash != rule.hash:
        if state.is_active and not may_resolve:
            return state, []
        known = state.since if state.phase == Phase.INACTIVE else None
        state, transitions = State(at=state.at, since=known), ended(state, seen.at)
    state = replace(state, at=seen.at, rule_hash=rule.hash)
    phase = NEXT[state.phase](rule, state, seen, may_resolve)
    if phase == state.phase:
        return replace(state, since=None) if phase == Phase.INACTIVE else state, transitions
    moved = _moved(state, phase, seen.at)
    if state.phase == Phase.INACTIVE and state.since is not None:
        moved = replace(moved, since=state.since)
    if phase == Phase.PENDING and rule.for_s == 0:
        moved = _moved(moved, Phase.FIRING, seen.at)
    moved = replace(moved, seq=moved.seq + 1)
    return moved, [*transitions, Transition(state.phase, moved)]


def _earlier(rule: Rule, state: State, seen: Observation) -> State:
    """Return a state with what is known better now of the time before it was told: since when it holds."""
    if state.phase == Phase.INACTIVE:
        return replace(state, since=min(seen.at, state.since or seen.at) if fires(rule, seen) else None)
    if state.phase != Phase.PENDING or state.rule_hash != rule.hash:
        return state
    since = min(seen.at, state.since or seen.at) if fires(rule, seen) else state.active_at
    return replace(state, since=since)


def ended(state: State, at: int) -> list[Transition]:
    """Return how the state of a rule that is no more, or is another now, ends."""
    if state.is_active:
        return [Transition(state.phase, replace(_moved(state, Phase.RESOLVED, at), at=at, seq=state.seq + 1))]
    if state.phase == Phase.PENDING:
        return [Transition(state.phase, replace(_moved(state, Phase.INACTIVE, at), at=at, seq=state.seq + 1))]
    return []


def _moved(state: State, phase: Phase, at: int) -> State:
    if phase == Phase.INACTIVE:
        return replace(state, phase=phase, since=None)
    if phase == Phase.PENDING:
        return State(phase, at, at, active_at=at, rule_hash=state.rule_hash)
    if phase == Phase.FIRING:
        return replace(state, phase=phase, since=at, fired_at=state.fired_at or at)
    if phase == Phase.RESOLVED:
        return replace(state, phase=phase, since=at, resolved_at=at)
    return replace(state, phase=phase, since=at)


def _lasted(state: State, seen: Observation) -> int:
    return seen.at - (state.since or 0)


def _inactive(rule: Rule, _state: State, seen: Observation, _may: bool) -> Phase:
    return Phase.PENDING if fires(rule, seen) else Phase.INACTIVE


def _pending(rule: Rule, state: State, seen: Observation, _may: bool) -> Phase:
    if not fires(rule, seen):
        return Phase.INACTIVE
    return Phase.FIRING if _lasted(state, seen) >= rule.for_s else Phase.PENDING


def _firing(rule: Rule, _state: State, seen: Observation, may_resolve: bool) -> Phase:
    if seen.value is None:
        return Phase.NODATA
    if not clears(rule, seen):
        return Phase.FIRING
    return Phase.RESOLVED if rule.keep_firing_for_s == 0 and may_resolve else Phase.RECOVERING


def _recovering(rule: Rule, state: State, seen: Observation, may_resolve: bool) -> Phase:
    if seen.value is None:
        return Phase.NODATA
    if not clears(rule, seen):
        return Phase.FIRING
    over = _lasted(state, seen) >= rule.keep_firing_for_s and may_resolve
    return Phase.RESOLVED if over else Phase.RECOVERING


def _nodata(rule: Rule, state: State, seen: Observation, may_resolve: bool) -> Phase:
    if seen.value is not None:
        return Phase.RECOVERING if clears(rule, seen) else Phase.FIRING
    over = _lasted(state, seen) >= max(SILENT_S, rule.keep_firing_for_s) and may_resolve
    return Phase.RESOLVED if over else Phase.NODATA


def _resolved(rule: Rule, state: State, seen: Observation, _may: bool) -> Phase:
    if fires(rule, seen):
        return Phase.PENDING
    return Phase.INACTIVE if _lasted(state, seen) >= TOLD_S else Phase.RESOLVED


NEXT: Mapping[Phase, Next] = {
    Phase.INACTIVE: _inactive,
    Phase.PENDING: _pending,
    Phase.FIRING: _firing,
    Phase.RECOVERING: _recovering,
    Phase.NODATA: _nodata,
    Phase.RESOLVED: _resolved,
}


def due(rule: Rule, state: State) -> int | None:
    """Return when time alone may change the state, None: never."""
    since = state.since or 0
    return {
        Phase.PENDING: since + rule.for_s,
        Phase.RECOVERING: since + rule.keep_firing_for_s,
        Phase.NODATA: since + max(SILENT_S, rule.keep_firing_for_s),
        Phase.RESOLVED: since + TOLD_S,
    }.get(state.phase)
