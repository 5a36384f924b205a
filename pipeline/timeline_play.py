"""A timeline played, second by second, through the very steps that watch: no Kafka, no clock."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from pipeline.alert import Timing
from pipeline.cluster_told import ClusterTold
from pipeline.event_time import seconds, written
from pipeline.step import Effect
from pipeline.storms import Tally
from pipeline.terms import Terms
from pipeline.timeline import Step, Timeline
from pipeline.timeline_bugs import Bugs
from pipeline.timeline_vitals import vitals
from pipeline.vital import Vital, service_key
from pipeline.watched_keys import bug_key
from pipeline.watching import arrived, evaluate
from pipeline.watching_clusters import cluster_arrived
from pipeline.watching_pipeline import evaluate_pipeline, evaluate_storm

BEGIN = 1_795_219_200  # 2026-11-21T00:00:00Z: the first second of a timeline
BEHIND_S = 30  # a worker that lags more catches up: nothing is resolved meanwhile
PIPELINE, STORM = "pipeline", "storm"
TOLD = ("firing", "resolved")
BEFORE_FIRING = ("inactive", "pending", "resolved")

Row = dict[str, Any]


class Became(NamedTuple):
    """An alert that fired or was resolved at a second of its timeline."""

    alert: str
    becomes: str
    at: int
    labels: dict[str, str]
    summary: str


def play(timeline: Timeline) -> list[Became]:
    """Return what fired and what was resolved, in order."""
    return [became for effect in Stage(timeline).play() if (became := _became(effect))]


class Stage:
    """The rows that watch, and when those of services are due; the watermark moves with the seconds."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline, self._tally, self._bugs = timeline, Tally(), Bugs()
        self._terms = Terms(timeline.rules, self._tally)
        self._rows: dict[str, Row] = {}
        self._due: dict[str, int] = {}

    def play(self) -> Iterator[Effect]:
        """Play all seconds. A tick comes before what happens in its second: all earlier ones are told."""
        for second in range(self._timeline.lasts + 1):
            lag = max((step.fields["lag"] for step in self._timeline.steps if _lags(step, second)), default=0)
            timing = Timing(BEGIN + second, written(BEGIN + second), catching_up=lag > BEHIND_S)
            yield from self._tick(BEGIN + second, lag, timing)
            yield from self._happen(second, timing)

    def _tick(self, now: int, lag: int, timing: Timing) -> Iterator[Effect]:
        """Let rules look at the services that changed or are due, in that order, and at the pipeline."""
        for _, key in sorted((due, key) for key, due in self._due.items() if due <= now):
            row, effects, due = evaluate(self._rows[key], self._terms, timing)
            self._keep(key, row)
            self._due.pop(key)
            if due is not None:
                self._due[key] = max(due, now + 1)
            yield from effects
        row, effects = evaluate_pipeline(self._rows.get(PIPELINE), 0, float(lag), self._terms, timing)
        self._keep(PIPELINE, row)
        yield from effects

    def _happen(self, second: int, timing: Timing) -> Iterator[Effect]:
        at = BEGIN + second
        for step in self._timeline.steps:
            if number := step.number(second):
                self._bugs.crashed(step, number, at)
                for vital in vitals(step, number, at):
                    yield from self._vital(vital, timing)
        for told in self._bugs.told(at):
            yield from self._cluster(told, timing)

    def _vital(self, vital: Vital, timing: Timing) -> list[Effect]:
        key = service_key(vital.service)
        row, effects = arrived(self._rows.get(key), vital, self._terms, timing)
        self._keep(key, row)
        self._due[key] = 0
        return effects

    def _cluster(self, told: ClusterTold, timing: Timing) -> list[Effect]:
        """Let rules look at a bug, and at what is folded of bugs before."""
        key, at = bug_key(told.cluster_id), seconds(told.updated_at)
        storm, before = evaluate_storm(self._rows.get(STORM), 0, at, self._terms, timing)
        self._keep(STORM, storm)
        row, effects = cluster_arrived(self._rows.get(key), told, self._terms, timing)
        if row is not None:
            self._keep(key, row)
        return [*before, *effects]

    def _keep(self, key: str, row: Row) -> None:
        self._rows[key] = row
        self._tally.note(key, row)


def _lags(step: Step, second: int) -> bool:
    return step.what == "lag" and step.at <= second < step.until


def _became(effect: Effect) -> Became | None:
    """Return what an effect tells of an alert that begins to fire or is over; None where it tells neither."""
    told = effect.value
    if effect.topic != "alert-events" or told is None or told["phase"] not in TOLD:
        return None
    if told["phase"] == TOLD[0] and told["previous_phase"] not in BEFORE_FIRING:
        return None
    labels = told["labels"]
    summary = told["annotations"].get("summary", "")
    return Became(labels["alertname"], told["phase"], seconds(told["time"]) - BEGIN, labels, summary)
