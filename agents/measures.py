"""What is asked for scores: the shipped clusterer as a measure, and a measure with its time."""

import time
from collections.abc import Sequence

from pipeline._native import Clusterer
from pipeline.history import Labelled
from pipeline.ranking import Measure
from pipeline.shard import epoch_of


class Live:
    """The clusterer with its shipped settings, fed as the worker feeds it."""

    def __init__(self) -> None:
        self.clusterer = Clusterer()
        self._places: dict[str, int] = {}

    def add(self, row: Labelled) -> None:
        """See `ranking.Measure`."""
        self._places[row.fingerprint] = len(self._places)
        self.clusterer.add(row.fingerprint, row.tokens, row.template)
        self.clusterer.parts(row.fingerprint)
        if epoch_of(len(self._places)) == len(self._places):
            self.clusterer.renew()

    def scores(self, row: Labelled) -> list[float]:
        """See `ranking.Measure`."""
        scores = [0.0] * len(self._places)
        for fingerprint, score in self.clusterer.compare_all(row.tokens, row.template):
            scores[self._places[fingerprint]] = score
        return scores

    def parts(self) -> list[str]:
        """Return the name of each place's part, its smallest fingerprint."""
        names = named(self.clusterer)
        return [names[fingerprint] for fingerprint in self._places]


def named(clusterer: Clusterer) -> dict[str, str]:
    """Return the name of each fingerprint's cluster, which is the smallest of its fingerprints."""
    return {fingerprint: part[0] for part in clusterer.partition() for fingerprint in part}


class Timed:
    """A measure with the seconds that new fingerprints took: to score where scores part them, and to add."""

    def __init__(self, measure: Measure, *, by_scores: bool) -> None:
        self._measure = measure
        self._by_scores = by_scores
        self._asked = self._seconds = 0.0
        self._count = 0

    def add(self, row: Labelled) -> None:
        """See `ranking.Measure`."""
        began = time.thread_time()
        self._measure.add(row)
        self._seconds += time.thread_time() - began + self._asked * self._by_scores
        self._count += 1

    def scores(self, row: Labelled) -> Sequence[float]:
        """See `ranking.Measure`."""
        began = time.thread_time()
        scores = self._measure.scores(row)
        self._asked = time.thread_time() - began
        return scores

    @property
    def ms(self) -> float | None:
        """Milliseconds a new fingerprint."""
        return self._seconds / self._count * 1000 if self._count else None
