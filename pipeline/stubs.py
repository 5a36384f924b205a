"""What is known of fingerprints that have left: where they belong, for as long as their stubs are kept."""

from collections.abc import Iterator
from heapq import nsmallest

from pipeline.fingerprint_row import Row, told
from pipeline.ledger import founded


class Stubs:
    """The stubs of a shard; about 0.3 KB each."""

    def __init__(self) -> None:
        self._known: dict[
            str, tuple[int, str | None]
        ] = {}  # when it was last told of; home, None: it founded it

    def add(self, row: Row) -> None:
        """Take in a stub."""
        fingerprint, home = row["fingerprint"], row["home"]
        self._known[fingerprint] = told(row), None if home == founded(fingerprint) else home

    def remove(self, row: Row) -> None:
        """Forget a stub, which came back or is no more."""
        self._known.pop(row["fingerprint"], None)

    def before(self, second: int, limit: int) -> list[tuple[str, int]]:
        """Return those last told of before a second, and when; the first of them, at most `limit`."""
        old = ((told, one) for one, (told, _) in self._known.items() if told < second)
        return [(one, told) for told, one in nsmallest(limit, old)]

    def homes(self) -> Iterator[str]:
        """Yield of each the cluster in which it was when it came."""
        for fingerprint, (_, home) in self._known.items():
            yield home or founded(fingerprint)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._known)
