"""How well a measure finds the bug of a crash; the figures are worked out by hand."""

from collections.abc import Sequence

import pytest

from pipeline.history import Labelled
from pipeline.ranking import Outcome, Query, auc, figures, first_query, outcome, queries, walk
from tests.histories import row


class Shared:
    """Scores by the number of shared frames, a tenth each."""

    def __init__(self) -> None:
        self._known: list[set[str]] = []

    def add(self, row: Labelled) -> None:
        """See `ranking.Measure`."""
        self._known.append(set(row.tokens))

    def scores(self, row: Labelled) -> list[float]:
        """See `ranking.Measure`."""
        return [len(known & set(row.tokens)) / 10 for known in self._known]


def asked(rows: Sequence[Labelled], first: int = 0) -> list[Query]:
    return list(queries(walk(rows, Shared(), first), first))


def test_the_best_score_of_each_bug_counts() -> None:
    rows = [row(0, "a", "xy"), row(1, "a", "x"), row(2, "b", "y"), row(3, "a", "xyz")]
    assert asked(rows)[3].scores == {"a": 0.2, "b": 0.1}


def test_an_equal_fingerprint_scores_highest() -> None:
    rows = [row(0, "a", "x"), row(1, "b", "xy"), row(2, "a", "x")]
    assert asked(rows)[2] == Query(2, "a", known=True, submitted=False, scores={"a": 1.0, "b": 0.1})


def test_a_fingerprint_of_two_bugs_is_as_like_one_as_the_other() -> None:
    rows = [row(0, "a", "x"), row(1, "b", "x"), row(2, "b", "x")]
    assert outcome(asked(rows)[2]) == Outcome(known=True, submitted=False, top=1.0, rank=1.5)


def test_a_submission_is_known_from_its_second_crash_on() -> None:
    rows = [row(0, "a", "x", 7), row(1, "a", "y", 7), row(2, "a", "z", 8)]
    assert [query.submitted for query in asked(rows)] == [False, True, False]


def test_crashes_before_the_first_query_are_known_but_not_asked_for() -> None:
    rows = [row(0, "a", "x"), row(1, "a", "x"), row(2, "b", "x")]
    assert asked(rows, 2) == [Query(2, "b", known=True, submitted=False, scores={"a": 1.0})]


def test_the_first_fifteen_percent_are_not_asked_for() -> None:
    assert [first_query(crashes) for crashes in (1, 6, 7, 100)] == [0, 0, 1, 15]


def test_of_equal_scores_half_stand_before() -> None:
    scores: dict[str | int, float] = {"a": 0.9, "b": 0.5, "c": 0.5, "d": 0.1}
    ranks = [outcome(Query(0, label, False, False, scores)).rank for label in ("a", "b", "c", "d", "e")]
    assert ranks == [1, 2.5, 2.5, 4, None]


def test_the_area_counts_pairs_of_true_and_false_and_halves_equal_ones() -> None:
    assert auc([(0.9, True), (0.5, True), (0.5, False), (0.1, False)]) == 3.5 / 4


@pytest.mark.parametrize("scores", [[], [(0.5, True)], [(0.5, False)]])
def test_there_is_no_area_without_both_sorts(scores: list[tuple[float, bool]]) -> None:
    assert auc(scores) is None


def test_figures_are_of_duplicates_and_the_area_of_all() -> None:
    ranks = [(0.9, 1.0), (0.5, 2.5), (0.4, 8.0), (0.5, None)]
    found = figures([Outcome(False, False, top, rank) for top, rank in ranks])
    assert found == pytest.approx((4, 3, 1.5 / 3, 1 / 3, 2 / 3, (1 + 1 / 2.5 + 1 / 8) / 3))


def test_without_queries_there_are_no_figures() -> None:
    assert figures([]) == (0, 0, None, None, None, None)


def test_best_bugs_come_first_and_equal_ones_by_name() -> None:
    query = Query(0, "a", False, False, {"b": 0.5, "a": 0.5, 3: 0.9, "d": 0.1})
    assert query.best(3) == [(3, 0.9), ("a", 0.5), ("b", 0.5)]
