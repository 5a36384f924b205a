"""When each release was first seen to crash in a service: the order of releases, for a shard."""

from collections.abc import Iterable
from typing import Any

from pipeline.fingerprint_row import OTHERS

KEPT = 10_000  # of a shard, those that appeared last; an older one is older than all that matter


class Releases:
    """The releases that appeared last; between `KEPT` and twice as many, where there are more."""

    def __init__(self) -> None:
        self._appeared: dict[tuple[str, str], str] = {}
        self._since = ""  # what appeared before is not kept

    def see(self, releases: Iterable[Iterable[Any]]) -> None:
        """Take in the releases of a row."""
        for service, release, _, first, _ in releases:
            known = self._appeared.get((service, release))
            if release != OTHERS and first and first >= self._since and (known is None or first < known):
                self._appeared[service, release] = first
        if len(self._appeared) > 2 * KEPT:
            self._forget()

    def appeared(self, service: str, release: str) -> str | None:
        """Return when a release was first seen to crash in a service; None where that is not known."""
        return self._appeared.get((service, release))

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._appeared)

    def _forget(self) -> None:
        latest = sorted(self._appeared.items(), key=lambda one: (one[1], one[0]), reverse=True)[:KEPT]
        self._appeared, self._since = dict(latest), latest[-1][1]
