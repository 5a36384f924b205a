"""Published measures of how alike two stacks are, beside which ours is shown."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import product
from math import exp
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from pipeline.history import TOKENS, Labelled

LEVENSHTEIN, JACCARD = 0.4, 0.6  # how much each counts in `Blend`
NGRAMS = (1, 2, 3)  # frames
FIRST_LETTER, LETTERS = 0x10000, 0x100000  # of Unicode, behind its surrogates
RENEWAL = 16  # the table of frequencies is counted anew when one in so many fingerprints is new in it


class Tuning(NamedTuple):
    """FaST's parameters: how fast frames lose weight with depth and with frequency, and with displacement."""

    alpha: float
    beta: float
    gamma: float


TUNINGS = [Tuning(*each) for each in product((0.5, 1.0, 1.5), (2.0, 5.0, 10.0, 20.0), (0.0, 0.1, 0.4))]


class Blend:
    """0.4 of the Levenshtein similarity of two lists of frames, 0.6 of the Jaccard index of their n-grams."""

    def __init__(self) -> None:
        self._letters: dict[str, str] = {}
        self._texts: list[str] = []
        self._sizes: list[int] = []
        self._holders: defaultdict[str, list[int]] = defaultdict(list)

    def add(self, row: Labelled) -> None:
        """See `ranking.Measure`."""
        text = self._text(row.tokens)
        ngrams = _ngrams(text)
        for ngram in ngrams:
            self._holders[ngram].append(len(self._texts))
        self._texts.append(text)
        self._sizes.append(len(ngrams))

    def scores(self, row: Labelled) -> list[float]:
        """See `ranking.Measure`."""
        text = self._text(row.tokens)
        ngrams = _ngrams(text)
        shared = Counter(holder for ngram in ngrams for holder in self._holders.get(ngram, ()))
        alike = Levenshtein.normalized_similarity
        return [
            LEVENSHTEIN * alike(text, other)
            + JACCARD * _over(shared[place], len(ngrams) + size - shared[place])
            for place, (other, size) in enumerate(zip(self._texts, self._sizes, strict=True))
        ]

    def _text(self, tokens: Iterable[str]) -> str:
        """Write a letter for each frame: the library is fastest on text."""
        letters = self._letters
        return "".join(
            letters.setdefault(name, chr(FIRST_LETTER + len(letters) % LETTERS)) for name in tokens
        )


def _ngrams(text: str) -> set[str]:
    return {text[at : at + n] for n in NGRAMS for at in range(len(text) - n + 1)}


def _over(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


class Fast:
    """FaST (Rodrigues, Aloise, Fernandes, MSR 2022): equal frames are aligned in order of position.

    A frame weighs w = position^-alpha * exp(-beta * share of the stacks with it). A pair adds the weights of
    both, less by exp(-gamma * displacement); each frame without a partner takes its own off; the sum is
    divided by all weights. So it is the sum over pairs of (w + w') * (1 + exp(-gamma * displacement)), over
    all weights, less 1, and only stacks that share a frame need to be looked at.
    """

    def __init__(self, tuning: Tuning) -> None:
        deep: list[float] = [(1.0 + place) ** -tuning.alpha for place in range(TOKENS)]
        self._beta = tuning.beta
        self._deep = deep
        self._pairs = [
            [(deep[p] + deep[q]) * (1 + exp(-tuning.gamma * abs(p - q))) for q in range(TOKENS)]
            for p in range(TOKENS)
        ]
        self._stacks: list[tuple[str, ...]] = []
        self._holders: defaultdict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
        self._frequency: Counter[str] = Counter()
        self._counted = 0
        self._rare: dict[str, float] = {}
        self._weights: list[float] = []

    def add(self, row: Labelled) -> None:
        """See `ranking.Measure`."""
        for position, frame in enumerate(_numbered(row.tokens)):
            self._holders[frame].append((len(self._stacks), position))
        self._stacks.append(row.tokens)
        self._frequency.update(set(row.tokens))
        if len(self._stacks) - self._counted > self._counted / RENEWAL:
            self._count()
        else:
            self._weights.append(self._weight(row.tokens))

    def _count(self) -> None:
        self._counted = len(self._stacks)
        self._rare = {
            name: exp(-self._beta * stacks / self._counted) for name, stacks in self._frequency.items()
        }
        self._weights = [self._weight(stack) for stack in self._stacks]

    def _weight(self, tokens: Sequence[str]) -> float:
        rare = self._rare
        return sum((rare.get(name, 1.0) * deep for name, deep in zip(tokens, self._deep, strict=False)), 0.0)

    def scores(self, row: Labelled) -> list[float]:
        """See `ranking.Measure`."""
        sums = [0.0] * len(self._stacks)
        for position, frame in enumerate(_numbered(row.tokens)):
            pairs, rare = self._pairs[position], self._rare.get(frame[0], 1.0)
            for place, other in self._holders.get(frame, ()):
                sums[place] += rare * pairs[other]
        own = self._weight(row.tokens)
        return [_over(both, own + weight) - 1 for both, weight in zip(sums, self._weights, strict=True)]


def _numbered(tokens: Iterable[str]) -> list[tuple[str, int]]:
    """Tell the occurrences of a frame apart: first with first, second with second are a pair."""
    met: Counter[str] = Counter()
    numbered = []
    for name in tokens:
        numbered.append((name, met[name]))
        met[name] += 1
    return numbered
