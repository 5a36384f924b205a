"""What is known of fingerprints that have left: where they belong, for as long as their stubs are kept."""

from collections.abc import Iterator
from heapq import nsmallest
from typing import NamedTuple

from pipeline.fingerprint_row import Row, told
from pipeline.ledger import founded


class Stub(NamedTuple):
    """When it was last told of; its home, None: it founded it; the epoch that counts its frames, 0: none."""

    told: int
    home: str | None
    epoch: int


class Stubs:
    """The stubs of a shard; about 0.3 KB each."""

    def __init__(self) -> None:
        self._known: dict[str, Stub] = {}

    def add(self, row: Row) -> None:
        """Take in a stub."""
        fingerprint, home = row["fingerprint"], row["home"]
        epoch = row["epoch"] if "frames" in row else 0
        self._known[fingerprint] = Stub(told(row), None if home == founded(fingerprint) else home, epoch)

    def remove(self, row: Row) -> None:
        """Forget a stub, which came back or is no more."""
        self._known.pop(row["fingerprint"], None)

    def before(self, second: int, epoch: int, limit: int) -> list[tuple[str, int]]:
        """Return those last told of before a second, and when; the first of them, at most `limit`.

        What the present epoch counts is not among them: who counts anew needs it.
        """
        old = (
            (one.told, name)
            for name, one in self._known.items()
            if one.told < second and (one.epoch == 0 or one.epoch != epoch)
        )
        return [(name, told) for told, name in nsmallest(limit, old)]

    def homes(self) -> Iterator[str]:
        """Yield of each the cluster in which it was when it came."""
        for fingerprint, one in self._known.items():
            yield one.home or founded(fingerprint)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._known)
