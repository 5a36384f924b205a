"""The alerts of one row: what an observation makes of each, and what is told of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pipeline import actions, alert, alert_state, reports, routing, storms
from pipeline.alert import Timing
from pipeline.alert_state import ACTIVE, Phase, State, Transition
from pipeline.event_time import MINUTE
from pipeline.observation import Observation, fires
from pipeline.panels import Panel
from pipeline.rules import AT_RECORDS, Rule
from pipeline.step import Effect
from pipeline.summaries import summary
from pipeline.terms import Terms
from pipeline.windows import KEPT_S

OURS = "panicstream"
ENDS_TOLD = (None, "missed")  # the page of what is missed may have gone out before a kill
NAMESAKES = {"environment": "env"}  # what has another name among the labels of alerts

NONE_CROWDED = (0, 0)
NEVER = State()
Row = dict[str, Any]
Entry = dict[str, Any]
"""An alert in a row: `state`, `labels`; `asks`: an action waits; `folded`, `late`: those of storms."""


class Subject(NamedTuple):
    """What a rule looks at: names that it may ask for, and those of them that are labels.

    `apart` is by what it differs from others of the rule in the same row.
    """

    names: Mapping[str, str | None]
    labelled: tuple[str, ...]
    apart: str = ""

    def labels(self, rule: Rule) -> dict[str, str]:
        """Return the labels of the rule's alert."""
        named = {NAMESAKES.get(name, name): self.names.get(name) for name in self.labelled}
        ours = {"alertname": rule.name, "severity": rule.severity.value, "source": OURS}
        return alert.labelled({**rule.labels, **named, **ours})


class Alerts:
    """The alerts of a row while it is judged; `row` is another one as soon as something changes."""

    def __init__(self, row: Row, terms: Terms, timing: Timing) -> None:
        if "crowded" in row and len(row["alerts"]) < storms.ENTRIES // 2:
            row = {name: field for name, field in row.items() if name != "crowded"}
        self.row, self.effects = row, list[Effect]()
        self.due: int | None = None
        self._terms, self._timing = terms, timing
        self._seen: set[str] = set()
        self._crowded = 0  # of this look
        self._begun = Counter[str]()  # alerts of a rule that page since the tally was made

    def knows(self, rule: Rule, subject: Subject) -> bool:
        """Return whether there is such an alert."""
        return _key(rule, subject) in self.row["alerts"]

    def pass_by(self, panel: Panel, seen: Observation) -> None:
        """Take note that none of the rules fires, of which there is no alert."""
        self._at(seen.enters_at)
        if panel.below is not None:
            self._at(seen.leaves_at)

    def see(self, rule: Rule, subject: Subject, seen: Observation) -> None:
        """Let an alert take what its rule sees."""
        key = _key(rule, subject)
        self._seen.add(key)
        entry, before = self._standing(key, rule, seen.at)
        if entry is None:
            if not fires(rule, seen):  # of most rules, at most times
                self._wait(rule, seen, is_up=False)
                if "over" in self.row:
                    self._since(key, before, None)
                return
            if self._is_crowded(rule):
                return
        state, moves = alert_state.step(rule, before, seen, may_resolve=not self._timing.catching_up)
        if moves:
            case = _Case(rule, subject.names, subject.labels(rule), seen)
            entry = self._move(case, key, entry or {}, moves)
        elif entry is None:
            self._since(key, before, state.since)
        elif state.since != before.since:
            self._put(key, {**entry, "state": state.written()})
        if entry and seen.at <= before.at:
            self._at(before.at + 1)  # it fired at a record that was ahead of the watermark
        if entry and state.is_active:
            self._catch_up(_Case(rule, subject.names, entry["labels"], seen), key, state)
        self._plan(rule, state, seen)

    def _move(self, case: "_Case", key: str, entry: Entry, moves: Sequence[Transition]) -> Entry | None:
        """Tell transitions; return the alert after them, None where it is over."""
        for move in moves:
            entry = self._tell(case, entry, move)
        state = moves[-1].state
        if state.phase != Phase.INACTIVE:
            self._put(key, entry | {"state": state.written()})
            return entry | {"state": state.written()}
        self._put(key, None)
        if case.rule and case.rule.kind not in AT_RECORDS:
            self._over(key, state.at)
        return None

    def _standing(self, key: str, rule: Rule, at: int) -> tuple[Entry | None, State]:
        """Return an alert and its state; that of a rule that was changed since ends first."""
        entry: Entry | None = self.row["alerts"].get(key)
        if entry is None:
            return None, self._before(key)
        state = State.read(entry["state"])
        if state.rule_hash == rule.hash or (state.is_active and self._timing.catching_up):
            return entry, state
        self.end(key, at)
        return None, self._before(key)

    def end_others(self, at: int) -> None:
        """End the alerts that no rule looked at: theirs is no more, or is about something else now."""
        for key in [key for key in self.row["alerts"] if key not in self._seen]:
            self.end(key, at)
        told, looked = self.row.get("crowded", NONE_CROWDED)
        if looked != self._crowded:
            self.row = self.row | {"crowded": [told, self._crowded]}

    def _is_crowded(self, rule: Rule) -> bool:
        """Count what would fire where the row has no room for it: rows are written whole, again and again.

        What a record tells is told once; what is seen at looks is counted at each of them.
        """
        if len(self.row["alerts"]) < storms.ENTRIES:
            return False
        if rule.kind in AT_RECORDS:
            told, looked = self.row.get("crowded", NONE_CROWDED)
            self.row = self.row | {"crowded": [told + 1, looked]}
        else:
            self._crowded += 1
        return True

    def end(self, key: str, at: int) -> None:
        """End an alert whose rule is no more."""
        entry = self.row["alerts"][key]
        for move in alert_state.ended(State.read(entry["state"]), at):
            self._tell(_Case(None, {}, entry["labels"], Observation(at, None)), entry, move)
        self.effects.append(Effect("alerts", alert.fingerprint(entry["labels"]), None))
        self._put(key, None)

    def _tell(self, case: "_Case", entry: Entry, move: Transition) -> Entry:
        """Tell a transition; return what is to be remembered beside the state."""
        begins = move.state.phase == Phase.FIRING and move.before not in ACTIVE
        if begins:
            entry = {"labels": case.labels} | self._held(case, move.state)
        else:
            entry = entry | {"labels": case.labels}
        record = self._record(case, move, entry)
        name, is_over = record["fingerprint"], move.state.phase == Phase.INACTIVE
        self.effects.append(Effect("alert-events", name, record))
        self.effects.append(Effect("alerts", name, None if is_over else record))
        is_resolved = move.state.phase == Phase.RESOLVED
        if (begins and not storms.is_held(entry)) or (is_resolved and storms.held(entry) in ENDS_TOLD):
            self._notify(record)
        if case.rule and (begins or is_resolved):
            self.effects.append(reports.reported(case.rule, record, self.row))
        return entry

    def _held(self, case: "_Case", state: State) -> Entry:
        """Decide whether an alert that fires now pages."""
        rule, fired_at, timing = case.rule, state.fired_at or 0, self._timing
        flags: Entry = {"asks": True} if rule and rule.action else {}
        if storms.is_late(fired_at, timing.arrival, self._terms.limits):
            return flags | {"late": timing.seen_at}
        if self._is_full(case, state.at):
            flags |= {"folded": True}
        else:
            self._fired(case, state.at)
        is_missed = storms.is_late(fired_at, timing.seen_at, self._terms.limits)
        return flags | ({"missed": timing.seen_at} if is_missed else {})

    def _is_full(self, case: "_Case", at: int) -> bool:
        name = case.labels["alertname"]
        tally = self._terms.tally
        others = tally.bugs if storms.is_of_bugs(self.row) else tally
        paging = others.paging(name) + self._begun[name]
        return storms.is_full(paging, self.row["fired"], at, self._terms.limits)

    def _fired(self, case: "_Case", at: int) -> None:
        self._begun[case.labels["alertname"]] += 1
        self.row = self.row | {"fired": [*storms.recent(self.row["fired"], at), at]}

    def _catch_up(self, case: "_Case", key: str, state: State) -> None:
        """Do what had to wait: ask for the action of an alert that fires, page where there is room again."""
        entry = self.row["alerts"][key]
        if not entry.get("asks") and not entry.get("folded"):
            return
        record = self._record(case, Transition(state.phase, state), entry)
        is_behind = self._timing.catching_up or self._timing.is_old
        if entry.get("asks") and case.rule and not is_behind and not storms.is_held(entry):
            self.effects.append(actions.asked(case.rule, record, self.row["service"]))
            entry = {name: flag for name, flag in entry.items() if name != "asks"}
        if entry.get("folded") and self._may_unfold(case.seen.at) and not self._is_full(case, case.seen.at):
            entry = {name: flag for name, flag in entry.items() if name != "folded"}
            self._fired(case, case.seen.at)
            if not storms.is_held(entry):
                self._notify(record)
        if entry is not self.row["alerts"][key]:
            self._put(key, entry)
        if entry.get("folded"):
            self._at((case.seen.at // MINUTE + 1) * MINUTE)
        if entry.get("asks") and not storms.is_held(entry):
            self._at(case.seen.at + 1)

    def _may_unfold(self, at: int) -> bool:
        """Return whether it is time to page: at whole minutes, however often one looks, as after a restart.

        A bug is looked at when it is told alone.
        """
        return at % MINUTE == 0 or "cluster_id" in self.row

    def _record(self, case: "_Case", move: Transition, entry: Entry) -> dict[str, Any]:
        record = alert.record(case.rule, case.labels, move, case.seen, self._timing)
        record["timing"]["held"] = storms.held(entry)
        if case.rule:
            said = summary(case.rule, case.names, case.seen.value, case.seen.n)
            runbook = case.rule.runbook or ""
            where = "runbook_url" if runbook.startswith(("http://", "https://")) else "runbook"
            record["annotations"] = alert.annotated({"summary": said, where: runbook or None})
        return record

    def _notify(self, record: dict[str, Any]) -> None:
        """Tell each group of a channel that the alert belongs to."""
        for target in routing.routed(self._terms.routes, record["labels"]):
            value = routing.notification(target, record)
            self.effects.append(Effect("notifications", target.channel, value))

    def _put(self, key: str, entry: Entry | None) -> None:
        alerts = {name: one for name, one in self.row["alerts"].items() if name != key}
        self.row = self.row | {"alerts": alerts | ({key: entry} if entry else {})}

    def _before(self, key: str) -> State:
        """Return the state of an alert that is none: what comes late begins nothing again that was told."""
        if "over" not in self.row:
            return NEVER
        at, since = self.row["over"].get(key, (-1, None))
        return State(at=at, since=since)

    def _since(self, key: str, before: State, since: int | None) -> None:
        """Take note of since when a rule fires of which there is no alert."""
        if since != before.since:
            self._over(key, before.at, since)

    def _over(self, key: str, at: int, since: int | None = None) -> None:
        """Remember when an alert was over, and since when its rule fires nevertheless, as late lines show."""
        known = {name: over for name, over in self.row.get("over", {}).items() if over[0] > at - KEPT_S}
        self.row = self.row | {"over": known | {key: [at, since]}}

    def _plan(self, rule: Rule, state: State, seen: Observation) -> None:
        """Find when this alert may change without a record."""
        self._at(alert_state.due(rule, state))
        self._wait(rule, seen, is_up=state.phase != Phase.INACTIVE or state.since is not None)

    def _wait(self, rule: Rule, seen: Observation, *, is_up: bool) -> None:
        self._at(seen.enters_at)
        if is_up or (rule.fire and rule.fire.op.startswith("<")):
            self._at(seen.leaves_at)

    def _at(self, second: int | None) -> None:
        if second is not None and (self.due is None or second < self.due):
            self.due = second


class _Case(NamedTuple):
    """An alert, its rule (None: it is no more), and what is seen of it."""

    rule: Rule | None
    names: Mapping[str, str | None]
    labels: dict[str, str]
    seen: Observation


def _key(rule: Rule, subject: Subject) -> str:
    return f"{rule.name}/{subject.apart}"
