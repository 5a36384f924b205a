"""How the baselines part fingerprints: by what was known of each when it came."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

NEAR = 0.2  # fingerprints less alike than this are never joined by `components`


class Arrival(NamedTuple):
    """A new fingerprint: the place most like it and how like, and all places that may be near."""

    nearest: int | None
    score: float
    near: list[tuple[int, float]]


Part = Callable[[Sequence[Arrival], float], list[int]]


def arrival(scores: Sequence[float]) -> Arrival:
    """Tell of a new fingerprint, by its scores, which is most like it; the first of equals wins."""
    nearest = max(range(len(scores)), key=scores.__getitem__, default=None)
    near = [(place, score) for place, score in enumerate(scores) if score >= NEAR]
    return Arrival(nearest, -1.0 if nearest is None else scores[nearest], near)


def greedy(arrivals: Sequence[Arrival], threshold: float) -> list[int]:
    """Give each the part of the one most like it, or one of its own; parts are named by their first place."""
    parts: list[int] = []
    for place, (nearest, score, _) in enumerate(arrivals):
        parts.append(place if nearest is None or score < threshold else parts[nearest])
    return parts


def components(arrivals: Sequence[Arrival], threshold: float) -> list[int]:
    """Join all that are near each other: DBSCAN with two points to a cluster, where noise is alone."""
    roots: list[int] = []

    def root(place: int) -> int:
        while roots[place] != place:
            roots[place] = place = roots[roots[place]]
        return place

    for place, (_, _, near) in enumerate(arrivals):
        roots.append(place)
        for other, score in near:
            if score >= threshold:
                one, two = sorted((root(place), root(other)))
                roots[two] = one
    return [root(place) for place in range(len(roots))]
