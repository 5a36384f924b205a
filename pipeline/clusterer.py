"""What rows need of the clusterer, which the core has: the fingerprints of one shard, and which are alike."""

from collections.abc import Iterable, Sequence
from typing import Protocol


class Clusterer(Protocol):
    """The fingerprints of a shard. What it says depends on them and the epoch, not on their order."""

    def load(self, fingerprints: Iterable[tuple[str, Sequence[str], str]], /) -> None:
        """Take in many: fingerprint, canonical frames, template; nothing is compared."""

    def add(self, fingerprint: str, tokens: Sequence[str], template: str, /) -> None:
        """Take in one, unless it is known."""

    def remove(self, fingerprint: str, /) -> None:
        """Forget one."""

    def parts(self, fingerprint: str, tau: float | None = None, /) -> list[list[str]]:
        """Return the parts of all that are connected with it, sorted; they join at `tau`."""

    def neighbours(self, fingerprint: str, limit: int | None = None, /) -> list[tuple[str, float]]:
        """Return those that are like it, and how much, most first; so many at most."""

    def distance(self, fingerprints: Sequence[str], /) -> float | None:
        """Return the mean of 1 - similarity over their pairs."""

    def renew(self) -> int:
        """Begin an epoch: count anew how common each frame is. Returns its number."""

    @property
    def tau(self) -> float:
        """From which mean similarity on two parts are one."""

    @property
    def epoch(self) -> int:
        """Fingerprints that are counted so; 0 before the first."""

    @property
    def candidates(self) -> int:
        """Fingerprints that shared a rare frame with the one that was looked at last."""

    @property
    def component(self) -> int:
        """Fingerprints that were parted together last."""
