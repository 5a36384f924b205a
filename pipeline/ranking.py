"""How well a measure finds the bug of a crash among all bugs before it.

The protocol of TraceSim (SANER 2020) and FaST (MSR 2022): crashes in order of time, every earlier one is
scored, the best score of each bug counts, ties count half.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple, Protocol

from pipeline.history import Label, Labelled

FEW = 5  # bugs that somebody would look through
FIRST_QUERY = 0.15  # share of the crashes that are known before the first one is asked for
SAME = 1.0  # the score of equal fingerprints, the highest there is
LOWEST = -2.0  # below all scores


class Measure(Protocol):
    """Scores how alike two crashes are, in [-1, 1]."""

    def add(self, row: Labelled) -> None:
        """Take the first crash of a fingerprint."""

    def scores(self, row: Labelled) -> Sequence[float]:
        """Score a crash against each that was added, in that order."""


class Step(NamedTuple):
    """A crash as it comes: the place of its fingerprint, and how it scores against those before it.

    Places count fingerprints from 0 in order of arrival; `is_new` ones get the next. `scores` has one for
    each earlier place; it is empty where nobody asked.
    """

    row: Labelled
    place: int
    is_new: bool
    scores: Sequence[float]


class Query(NamedTuple):
    """A crash that was asked for: its row, its bug, and the best score of each bug before it.

    `known` says that its fingerprint, `submitted` that its submission had been seen.
    """

    number: int
    label: Label
    known: bool
    submitted: bool
    scores: dict[Label, float]

    def best(self, most: int) -> list[tuple[Label, float]]:
        """Return the best bugs with their scores, best first, equal ones by name."""
        return sorted(self.scores.items(), key=lambda pair: (-pair[1], str(pair[0])))[:most]


class Outcome(NamedTuple):
    """How a query ended: its best score, and the place of its bug from 1, None where it is a first crash.

    Of the bugs with an equal score half stand before it.
    """

    known: bool
    submitted: bool
    top: float
    rank: float | None


class Figures(NamedTuple):
    """What is told of some queries; None where there is nothing to measure it by."""

    queries: int
    duplicates: int
    auc: float | None
    rr_1: float | None
    rr_5: float | None
    mrr: float | None


def first_query(crashes: int) -> int:
    """Return the number of the first crash that is asked for."""
    return int(FIRST_QUERY * crashes)


def walk(rows: Sequence[Labelled], measure: Measure, first: int) -> Iterator[Step]:
    """Yield each crash in order; scored are those from `first` on, and all with a new fingerprint."""
    places: dict[str, int] = {}
    for at, row in enumerate(rows):
        is_new = row.fingerprint not in places
        place = places.setdefault(row.fingerprint, len(places))
        scores = list(measure.scores(row)) if is_new or at >= first else []
        if is_new:
            measure.add(row)
        elif scores:
            scores[place] = SAME
        yield Step(row, place, is_new, scores)


def queries(steps: Iterable[Step], first: int) -> Iterator[Query]:
    """Yield a query for each crash from number `first` of the order on."""
    bugs: list[set[Label]] = []  # by place
    submissions: set[Label] = set()
    for at, (row, place, is_new, scores) in enumerate(steps):
        if at >= first:
            submitted = row.submission in submissions
            yield Query(row.number, row.label, not is_new, submitted, _best(bugs, scores))
        if is_new:
            bugs.append(set())
        bugs[place].add(row.label)
        if row.submission is not None:
            submissions.add(row.submission)


def _best(bugs: Sequence[set[Label]], scores: Sequence[float]) -> dict[Label, float]:
    best: dict[Label, float] = {}
    for labels, score in zip(bugs, scores, strict=True):
        for label in labels:
            if score > best.get(label, LOWEST):
                best[label] = score
    return best


def outcome(query: Query) -> Outcome:
    """Judge a query."""
    scores = query.scores.values()
    own = query.scores.get(query.label)
    rank = None
    if own is not None:
        better, equal = sum(score > own for score in scores), sum(score == own for score in scores) - 1
        rank = 1 + better + equal / 2
    return Outcome(query.known, query.submitted, max(scores, default=LOWEST), rank)


def figures(outcomes: Sequence[Outcome]) -> Figures:
    """Measure: AUC by the best scores of duplicates and first crashes, the rest by duplicates."""
    ranks = [outcome.rank for outcome in outcomes if outcome.rank is not None]
    return Figures(
        queries=len(outcomes),
        duplicates=len(ranks),
        auc=auc((outcome.top, outcome.rank is not None) for outcome in outcomes),
        rr_1=_mean([rank <= 1 for rank in ranks]),
        rr_5=_mean([rank <= FEW for rank in ranks]),
        mrr=_mean([1 / rank for rank in ranks]),
    )


def auc(scores: Iterable[tuple[float, bool]]) -> float | None:
    """Return how probable it is that a true one scores above a false one; None where one sort is missing."""
    below = wins = trues = 0.0
    for _, equal in groupby(sorted(scores), key=lambda pair: pair[0]):
        truths = [truth for _, truth in equal]
        true = sum(truths)
        false = len(truths) - true
        wins += true * (below + false / 2)
        below, trues = below + false, trues + true
    return wins / (trues * below) if trues and below else None


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


SUBSETS: dict[str, Callable[[Outcome], bool]] = {  # which queries are told apart
    "all": lambda _: True,
    "new_fingerprint": lambda outcome: not outcome.known,
    "cross_submission": lambda outcome: not (outcome.known or outcome.submitted),
}
