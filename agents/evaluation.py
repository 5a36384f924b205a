"""Scores the shipped clusterer and both baselines on labelled crashes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from agents.measures import Live, Timed
from agents.shuffles import SHUFFLES, Progress, firsts_of, live_shuffled, part_shuffled
from pipeline.agreement import Agreement, b_cubed, pairwise
from pipeline.baselines import TUNINGS, Blend, Fast, Tuning
from pipeline.history import Labelled
from pipeline.parting import Arrival, Part, arrival, components, greedy
from pipeline.ranking import (
    SUBSETS,
    Figures,
    Measure,
    Outcome,
    Query,
    Step,
    figures,
    first_query,
    outcome,
    queries,
    walk,
)

TUNED_ON = 4  # the first of so many parts of the rows is what baselines are tuned on
TUNED_MOST = 1_000  # rows of it
THRESHOLDS = [step / 20 for step in range(-8, 20)]


class Result(NamedTuple):
    """What one way to compare and part crashes reached. `order_ari` is the lowest of all orders."""

    method: str
    ranking: dict[str, Figures | None]
    pairwise: Agreement
    b_cubed: Agreement
    clusters: int
    order_ari: float
    same_names: bool
    ms_per_new_fingerprint: float | None
    parameters: dict[str, float]


@dataclass
class Seen:
    """What is kept of the crashes that passed."""

    progress: Progress
    rows: list[Labelled] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    with_arrivals: bool = True

    def watch(self, steps: Iterable[Step]) -> Iterator[Step]:
        """Let the crashes pass."""
        for step in steps:
            self.rows.append(step.row)
            self.places.append(step.place)
            if step.is_new and self.with_arrivals:
                self.arrivals.append(arrival(step.scores))
            self.progress.advance(1)
            yield step

    def agreements(self, parts: Sequence[object]) -> tuple[Agreement, Agreement]:
        """Compare the part of each place with the bugs of the crashes."""
        found = [parts[place] for place in self.places]
        truth = [row.label for row in self.rows]
        return pairwise(found, truth), b_cubed(found, truth)


def _asked(rows: Sequence[Labelled], measure: Measure, seen: Seen) -> Iterator[Query]:
    first = first_query(len(rows))
    return queries(seen.watch(walk(rows, measure, first)), first)


def _ranking(outcomes: Sequence[Outcome], rows: Iterable[Labelled]) -> dict[str, Figures | None]:
    """Measure each subset; None for that of submissions where no row names its own."""
    told: dict[str, Figures | None] = {
        name: figures([one for one in outcomes if wanted(one)]) for name, wanted in SUBSETS.items()
    }
    if all(row.submission is None for row in rows):
        told["cross_submission"] = None
    return told


def live(rows: Sequence[Labelled], progress: Progress, tell: Callable[[Query], None]) -> Result:
    """Score the shipped settings; `tell` is given each query."""
    progress.note("panicstream")
    measure, seen = Live(), Seen(progress, with_arrivals=False)
    timed = Timed(measure, by_scores=False)
    outcomes = []
    for query in _asked(rows, timed, seen):
        outcomes.append(outcome(query))
        tell(query)
    parts = measure.parts()
    lowest, same_names = live_shuffled(rows, progress)
    return Result(
        "panicstream",
        _ranking(outcomes, rows),
        *seen.agreements(parts),
        clusters=len(set(parts)),
        order_ari=lowest,
        same_names=same_names,
        ms_per_new_fingerprint=timed.ms,
        parameters={},
    )


class Baseline(NamedTuple):
    """A published way: how it is made from the rows that it is tuned on, and how it parts."""

    name: str
    make: Callable[[Sequence[Labelled], Progress], tuple[Callable[[], Measure], dict[str, float]]]
    part: Part


def _fast(tuned_on: Sequence[Labelled], progress: Progress) -> tuple[Callable[[], Measure], dict[str, float]]:
    def quality(tuning: Tuning) -> float:
        outcomes = [outcome(query) for query in _asked(tuned_on, Fast(tuning), Seen(progress))]
        return figures(outcomes).auc or 0.0

    best = max(TUNINGS, key=quality)
    return lambda: Fast(best), best._asdict()


def _blend(_: Sequence[Labelled], __: Progress) -> tuple[Callable[[], Measure], dict[str, float]]:
    return Blend, {}


BASELINES = (Baseline("fast", _fast, greedy), Baseline("blend", _blend, components))


def baseline(one: Baseline, rows: Sequence[Labelled], progress: Progress) -> Result:
    """Score a baseline."""
    progress.note(one.name)
    tuned_on = rows[: _quarter(rows)]
    make, parameters = one.make(tuned_on, progress)
    timed, seen = Timed(make(), by_scores=True), Seen(progress)
    outcomes = [outcome(query) for query in _asked(rows, timed, seen)]
    threshold = _threshold(seen, len(tuned_on), one.part)
    parts = one.part(seen.arrivals, threshold)
    lowest, same_names = part_shuffled(one.part, threshold, make(), rows, progress)
    return Result(
        one.name,
        _ranking(outcomes, rows),
        *seen.agreements(parts),
        clusters=len(set(parts)),
        order_ari=lowest,
        same_names=same_names,
        ms_per_new_fingerprint=timed.ms,
        parameters=parameters | {"threshold": threshold},
    )


def _quarter(rows: Sequence[Labelled]) -> int:
    return min(len(rows) // TUNED_ON, TUNED_MOST)


def _threshold(seen: Seen, tuned_on: int, part: Part) -> float:
    """Return the threshold with the best pairwise F1 on the first rows, the highest of equals."""
    first = Seen(seen.progress, seen.rows[:tuned_on], seen.places[:tuned_on])
    arrivals = seen.arrivals[: max(first.places, default=-1) + 1]
    return max(THRESHOLDS, key=lambda at: (first.agreements(part(arrivals, at))[0].f1, at))


def scored(rows: Sequence[Labelled], progress: Progress, tell: Callable[[Query], None]) -> Iterator[Result]:
    """Score the shipped settings, then each baseline; `tell` is given each query of the first."""
    yield live(rows, progress, tell)
    yield from (baseline(one, rows, progress) for one in BASELINES)


def total(rows: Sequence[Labelled]) -> int:
    """Return how many crashes are scored in all, tuning and other orders included."""
    tuning = len(TUNINGS) * _quarter(rows)
    firsts = len(firsts_of(rows))
    return (1 + len(BASELINES)) * (len(rows) + firsts * (SHUFFLES + 1)) + len(BASELINES) * firsts + tuning
