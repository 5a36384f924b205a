"""A clusterer whose similarities a test sets, for what happens to clusters when these change."""

# ruff: noqa: D102  # each method does what `pipeline/clusterer.py` says

from collections.abc import Iterable, Sequence


class SetAlike:
    """Two fingerprints are as similar as was said, else not at all; what pairs join is one part."""

    def __init__(self) -> None:
        self.s: dict[frozenset[str], float] = {}
        self.known: set[str] = set()
        self.epoch = self.candidates = self.component = 0
        self.tau = 0.0

    def say(self, one: str, other: str, s: float) -> None:
        """Say how similar two are."""
        self.s[frozenset((one, other))] = s

    def load(self, fingerprints: Iterable[tuple[str, Sequence[str], str]], /) -> None:
        self.known |= {fingerprint for fingerprint, _, _ in fingerprints}

    def add(self, fingerprint: str, tokens: Sequence[str], template: str, /) -> None:  # noqa: ARG002  # as the core's
        self.known.add(fingerprint)

    def remove(self, fingerprint: str, /) -> None:
        self.known.discard(fingerprint)

    def neighbours(self, fingerprint: str, limit: int | None = None, /) -> list[tuple[str, float]]:
        pairs = [(other, self.s.get(frozenset((fingerprint, other)), -1.0)) for other in self.known]
        like = sorted(((other, s) for other, s in pairs if s >= -0.5), key=lambda pair: (-pair[1], pair[0]))
        return like[:limit]

    def parts(self, fingerprint: str, tau: float | None = None, /) -> list[list[str]]:
        component = self._joined({fingerprint}, -0.5)
        parts, left = [], set(component)
        while left:
            part = self._joined({min(left)}, tau or 0.0)
            parts.append(sorted(part))
            left -= part
        return sorted(parts)

    def distance(self, fingerprints: Sequence[str], /) -> float | None:
        return 0.5 if len(fingerprints) > 1 else None

    def renew(self) -> int:
        self.epoch = len(self.known)
        return self.epoch

    def _joined(self, part: set[str], tau: float) -> set[str]:
        while more := {other for one in part for other, s in self.neighbours(one) if s >= tau} - part:
            part |= more
        return part
