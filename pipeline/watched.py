"""One partition of those who watch: how far its time is, which services have to be looked at, what is active.

Rows stand in the table `watched`: of services (`namespace/name/environment`), of bugs (`cluster/ID`), and of
the partition itself (`ticks/NUMBER`, and `storm/NUMBER` of its bugs). At a tick those services are looked at
that changed since, or whose time has come, in the order of their keys: whatever else a worker looks at after
a restart, what is seen first stays first.

Ticks and services come in one topic, bugs in another, and no record says which came first. So what is told of
the ones does not hang on how far the other topic was read: whoever reads both again tells the same.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pipeline import watching
from pipeline.alert import Timing, fingerprint
from pipeline.alerting import Row
from pipeline.cluster_told import ClusterTold, Gone
from pipeline.cluster_vitals import SEEN
from pipeline.deploy import Deploy
from pipeline.event_time import DAY, seconds
from pipeline.last_told import LastTold
from pipeline.measures import SETTLED_S
from pipeline.routes import Routes
from pipeline.rules import Rule
from pipeline.schedule import NOW, Schedule
from pipeline.shown import shown_alerts
from pipeline.sighting import Time
from pipeline.step import Effect
from pipeline.storms import is_of_bugs
from pipeline.terms import Terms
from pipeline.ticks import TICK, Clock, bounded
from pipeline.vital import Vital, service_key
from pipeline.watched_keys import bug_key, key_of, storm_key, ticks_key
from pipeline.watching_clusters import cluster_arrived, ended
from pipeline.watching_pipeline import evaluate_pipeline, evaluate_storm
from pipeline.windows import KEPT_S, SPAN_S

SWEPT_S = 600  # between looks for rows that leave
READ_S = 600  # after a bug is quiet a tick ends it: all that was told of bugs until then has been read
Changed = tuple[Row | None, list[Effect]]


class Watched:
    """What is known of a partition's rows. Steps return None for a row that stays as it is."""

    def __init__(self, partition: int, terms: Terms, keep_s: int = 7 * DAY) -> None:
        """`terms` are this partition's own: they count what is active in it.

        `keep_s`: so long after somebody told of it last, a row without alerts leaves.
        """
        self.partition, self.clock = partition, Clock()
        self.alerts: dict[str, Mapping[str, Any]] = {}
        """Of each row that has some, by key: `alerts` of the row."""
        self.is_behind = False
        """Whether there are records of bugs that were not read: a bug may seem to be quiet."""
        self._terms = terms
        self._schedule = Schedule()
        self._keep_s, self._sweeps_at = keep_s, 0
        self._bugs = LastTold()
        self._heard: dict[str, int] = {}  # of each row that may leave, when somebody told of it last
        self._taken: Mapping[str, int] = {}  # by the tick that is under way
        self._ticking: tuple[Vital, Clock] | None = None
        self._has_storm = self._begins_storm = False

    def load(self, rows: Iterable[Row]) -> None:
        """Take in all rows: all services are looked at anew at the next tick."""
        for row in rows:
            key = key_of(row)
            if "clock" in row:
                self.clock = Clock.read(row["clock"])
            elif not is_of_bugs(row):
                self._schedule.plan(key, NOW)
            self._note(key, row)

    def adopt(self, rules: Sequence[Rule]) -> None:
        """Judge by other rules from now on."""
        terms = self._terms
        self._terms = Terms(rules, terms.tally, terms.limits, terms.routes)
        for key in self._schedule:
            self._schedule.plan(key, NOW)

    def route(self, routes: Routes) -> None:
        """Tell others from now on."""
        self._terms.routes = routes

    @property
    def services(self) -> int:
        """How many there are."""
        return len(self._schedule)

    def key(self, vital: Vital) -> str:
        """Return the row that a record of `vitals` changes."""
        return ticks_key(self.partition) if vital.kind == TICK else service_key(vital.service)

    def others(self, vital: Vital, arrival: str) -> list[str]:
        """Return the services that a tick lets be looked at."""
        if vital.kind != TICK:
            return []
        watermark = self._ticked(vital, arrival).watermark
        self._sweep(watermark or 0)
        self._taken = self._schedule.take(watermark) if watermark is not None else {}
        for key in self._taken:  # one whose row holds the tick already is looked at at the next
            self._schedule.plan(key, (watermark or 0) + 1)
        return sorted(self._taken)

    def take(self, row: Row | None, vital: Vital, arrival: str, now: str | None = None) -> Changed:
        """Take a record of `vitals`: the step of its own row, and of those in `others`.

        `arrival` is its own time, `now` when it is looked at; None: as it comes.
        """
        if vital.kind == TICK:
            clock = self._ticked(vital, arrival)
            timing = Timing(clock.watermark, arrival, clock.catching_up, now)
            is_own = row is None or "clock" in row
            return self._tick(row, vital, clock, timing) if is_own else self._look(row or {}, timing)
        if vital.kind not in watching.ARRIVED:
            return row, []
        made, effects = watching.arrived(row, vital, self._terms, self._timing(arrival, now))
        key = service_key(vital.service)
        self._schedule.plan(key, self._due_with(key, vital, made))
        return self._noted(key, row, made, effects)

    def _due_with(self, key: str, vital: Vital, made: Row) -> int | None:
        """Return when a service has to be looked at that was told of, None: never.

        What workers gather is seen a span at a time, where it is not late and nothing waits for it; crashes,
        and what happens to bugs, at once.
        """
        due, watermark = self._schedule.of(key), self.clock.watermark
        if vital.kind == SEEN and due is not None:
            return due
        if due != NOW and watching.rests(made, self._terms, is_due=due is not None):
            return due
        if watermark is None or due == NOW or key in self.alerts or not vital.seconds:
            return NOW
        settled = (watermark + 1 - SETTLED_S) // SPAN_S * SPAN_S
        if any(one.get("crashes") or _is_late(one["time"], settled) for one in vital.seconds):
            return NOW
        settles = ((watermark - SETTLED_S) // SPAN_S + 1) * SPAN_S + SETTLED_S
        return settles if due is None else min(due, settles)

    def take_cluster(
        self, row: Row | None, told: ClusterTold | Gone, arrival: str, now: str | None = None
    ) -> Changed:
        """Take a record of `clusters`: the step of its own row, and of those before it; times as for `take`.

        Whether logs are behind is what the record says, not what ticks say: these may be far from it.
        """
        at, is_held = _told_at(told, arrival), not isinstance(told, Gone) and told.catching_up
        timing = self._timing(arrival, now)._replace(catching_up=is_held)
        if self._begins_storm if row is None else "storm" in row:
            self._begins_storm = False
            storm, effects = evaluate_storm(row, self.partition, at, self._terms, timing)
            return self._noted(key_of(storm), row, storm, effects)
        if row and row["cluster_id"] != told.cluster_id:
            over, effects = ended(row, self._terms, timing, at)
            return self._noted(key_of(row), row, over, effects)
        known = None if row is None or "gone" in row else row
        there = None if isinstance(told, Gone) else told
        made, effects = cluster_arrived(known, there, self._terms, timing)
        if known is None and made is None:
            return row, []
        gone: Row = {"cluster_id": told.cluster_id, "alerts": {}, "gone": True, "heard": seconds(arrival)}
        return self._noted(bug_key(told.cluster_id), row, gone if made is None else made, effects)

    def before(self, told: ClusterTold | Gone, arrival: str) -> list[str]:
        """Return the rows that a record of `clusters` changes before its own.

        They are those of bugs that are quiet by then, and that of what is folded, if ever anything was.
        """
        self._begins_storm = not self._has_storm and self._terms.tally.bugs.is_folded
        quiet = [key for key in self._bugs.quiet(_told_at(told, arrival)) if key != bug_key(told.cluster_id)]
        return [*quiet, storm_key(self.partition)] if self._has_storm or self._begins_storm else quiet

    def take_deploy(self, row: Row | None, deploy: Deploy, arrival: str) -> Changed:
        """Take a record of `deploys`."""
        self._schedule.plan(service_key(deploy.service), NOW)
        return watching.deployed(row, deploy, self._terms, arrival)

    def shown(self, row: Row) -> Iterator[dict[str, Any]]:
        """Yield the alerts of a row as they were told last, with what their rules see now."""
        return shown_alerts(row, self._terms, self.clock.watermark)

    def _tick(self, row: Row | None, vital: Vital, clock: Clock, timing: Timing) -> Changed:
        """Let time go on; all that this is looked at for was looked at before.

        The pipeline is looked at by when the worker told it: its watermark may stand still, or be far behind.
        """
        self.clock = clock
        _, time, _ = _told(vital, timing.arrival)
        timing = timing._replace(watermark=time)
        made, effects = evaluate_pipeline(row, self.partition, self.clock.lag_s, self._terms, timing)
        made = made | {"clock": self.clock.written(), "partition": self.partition}
        return self._noted(key_of(made), row, made, effects)

    def _look(self, row: Row, timing: Timing) -> Changed:
        """Let the rules look at a service, at each second since the tick before that may show something else.

        So time may go on by much at once, as when a worker was away, and nothing is passed over. What came
        late is seen as if it had come in time, but for what was told already.
        """
        key, last, effects = key_of(row), timing.watermark or 0, list[Effect]()
        if self._leaves(key, last):
            return self._gone(key)
        if "cluster_id" in row:
            return self._look_at_bug(key, row, timing)
        made: Row = row
        due: int | None = self._first(key, last)
        if "late" in row:  # since when something holds is known better now, too
            made = {name: field for name, field in row.items() if name != "late"}
            due = min(due, max(row["late"] - self._terms.pending_s(row), last - KEPT_S))
        while due is not None and due <= last:
            at = due
            made, caused, due = watching.evaluate(made, self._terms, timing._replace(watermark=at))
            due = None if due is None else max(due, at + 1)
            effects += caused
            if made is not row:
                self._terms.tally.note(key, made)
        self._schedule.plan(key, due)
        return self._noted(key, row, made, effects)

    def _first(self, key: str, last: int) -> int:
        """Return the first second at which a service has to be looked at, at a tick."""
        before, oldest = self.clock.watermark, last - KEPT_S
        first = oldest if before is None else max(before + 1, oldest)
        return min(max(self._taken.get(key, NOW), first), last)

    def _look_at_bug(self, key: str, row: Row, timing: Timing) -> Changed:
        """End what fires of a bug that nobody tells of any more, unless records of bugs are behind."""
        at = timing.watermark or 0
        self._schedule.forget(key)
        is_held = self.is_behind or timing.catching_up or timing.is_old
        if is_held or not self._bugs.is_quiet(key, at - READ_S):
            return row, []
        made, effects = ended(row, self._terms, timing, at)
        return self._noted(key, row, made, effects)

    def _ticked(self, vital: Vital, arrival: str) -> Clock:
        """Return the clock after a tick; all that is looked at because of it asks for the same."""
        if self._ticking is None or self._ticking[0] is not vital:
            worker = vital.worker or ""
            left, told = self.clock.left, _told(vital, arrival)
            self._ticking = vital, left(worker) if vital.leaves else self.clock.ticked(worker, told)
        return self._ticking[1]

    def _timing(self, arrival: str, now: str | None) -> Timing:
        return Timing(self.clock.watermark, arrival, self.clock.catching_up, now)

    def _noted(self, key: str, row: Row | None, made: Row, effects: list[Effect]) -> Changed:
        if made is row:
            return row, effects
        made = _with_records(made, effects)
        self._note(key, made)
        return made, effects

    def _sweep(self, watermark: int) -> None:
        """Let those rows be looked at that may leave."""
        if watermark >= self._sweeps_at:
            self._sweeps_at = watermark + SWEPT_S
            leaving = [key for key in self._heard if self._leaves(key, watermark)]
            for key in [*leaving, *self._bugs.quiet(watermark - READ_S)]:
                self._schedule.plan(key, NOW)

    def _leaves(self, key: str, watermark: int) -> bool:
        return key not in self.alerts and watermark - self._heard.get(key, watermark) >= self._keep_s

    def _gone(self, key: str) -> Changed:
        self._terms.tally.note(key, None)
        self._schedule.forget(key)
        self._heard.pop(key, None)
        return None, []

    def _note(self, key: str, row: Row) -> None:
        self._terms.tally.note(key, row)
        self._has_storm |= "storm" in row
        if heard := row.get("heard"):
            self._heard[key] = heard
        else:
            self._heard.pop(key, None)
        if row["alerts"]:
            self.alerts[key] = row["alerts"]
        else:
            self.alerts.pop(key, None)
        self._bugs.note(key, row)


def _told(tick: Vital, arrival: str) -> tuple[int, int, float]:
    return bounded((seconds(tick.watermark or ""), seconds(tick.time or ""), tick.lag_s), seconds(arrival))


def _told_at(told: ClusterTold | Gone, arrival: str) -> int:
    return seconds(arrival if isinstance(told, Gone) else told.updated_at)


def _is_late(time: Time, settled: int) -> bool:
    return time is not None and seconds(time) < settled


def _with_records(row: Row, effects: Iterable[Effect]) -> Row:
    """Keep beside each alert what was told of it last: who asks for it is told the same."""
    told = {effect.key: effect.value for effect in effects if effect.topic == "alerts" and effect.value}
    if not told:
        return row
    alerts = {
        key: entry | ({"told": told[name]} if (name := fingerprint(entry["labels"])) in told else {})
        for key, entry in row["alerts"].items()
    }
    return row | {"alerts": alerts}
