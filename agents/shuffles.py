"""Whether clusters depend on the order in which crashes came."""

import random
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Protocol

from agents.measures import named
from pipeline._native import Clusterer
from pipeline.agreement import adjusted_rand
from pipeline.history import Labelled
from pipeline.parting import Part, arrival
from pipeline.ranking import Measure

SHUFFLES = 20
SHUFFLED_MOST = 2_000  # fingerprints that are put into other orders


class Progress(Protocol):
    """Is told what is done."""

    def advance(self, count: int) -> None:
        """Count crashes that were scored."""

    def note(self, text: str) -> None:
        """Say what is being done."""


def live_shuffled(rows: Iterable[Labelled], progress: Progress) -> tuple[float, bool]:
    """Return the lowest agreement of other orders with the given one, and whether all names were equal.

    The fingerprints come one by one, each time in the epoch that counts them all. A cluster's name is the
    smallest of its fingerprints.
    """
    firsts = firsts_of(rows)
    whole = Clusterer()
    whole.load((row.fingerprint, row.tokens, row.template) for row in firsts)
    whole.renew()

    def names(order: Iterable[int]) -> list[str]:
        for row in firsts:
            whole.remove(row.fingerprint)
        for place in order:
            fingerprint, tokens, template = firsts[place][3:]
            whole.add(fingerprint, tokens, template)
            whole.parts(fingerprint)
            progress.advance(1)
        found = named(whole)
        return [found[row.fingerprint] for row in firsts]

    return _agreeing(names, len(firsts))


def firsts_of(rows: Iterable[Labelled]) -> list[Labelled]:
    """Return the first crash of each fingerprint, as many as are put into other orders."""
    firsts: dict[str, Labelled] = {}
    for row in rows:
        firsts.setdefault(row.fingerprint, row)
    return list(firsts.values())[:SHUFFLED_MOST]


def _agreeing(names: Callable[[Sequence[int]], Sequence[Hashable]], length: int) -> tuple[float, bool]:
    """Compare the names that things get in other orders with those in the given one."""
    given = names(range(length))
    lowest, same_names = 1.0, True
    for number in range(SHUFFLES):
        order = random.Random(number).sample(range(length), length)  # noqa: S311  # nothing is secret
        found = names(order)
        lowest, same_names = min(lowest, adjusted_rand(found, given)), same_names and found == given
    return lowest, same_names


def part_shuffled(
    part: Part, threshold: float, measure: Measure, rows: Iterable[Labelled], progress: Progress
) -> tuple[float, bool]:
    """Do as `live_shuffled` does, with scores that do not change."""
    firsts = firsts_of(rows)
    for row in firsts:
        measure.add(row)
    scores = []
    for row in firsts:
        scores.append(list(measure.scores(row)))
        progress.advance(1)

    def parts(order: Sequence[int]) -> list[int]:
        arrivals = [arrival([scores[place][other] for other in order[:at]]) for at, place in enumerate(order)]
        progress.advance(len(order))
        found = part(arrivals, threshold)
        members: dict[int, list[int]] = {}
        for place, name in zip(order, found, strict=True):
            members.setdefault(name, []).append(place)
        names = {place: min(group) for group in members.values() for place in group}
        return [names[place] for place in range(len(order))]

    return _agreeing(parts, len(firsts))
