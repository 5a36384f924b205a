"""Which clusters are published next: what changed, in that order, then what may have been told already."""

from heapq import heappop, heappush
from itertools import islice

Key = tuple[str, str]
"""A shard and a cluster of it."""


class Agenda:
    """Changed clusters; and for each at most one second at which it is to be looked at again."""

    def __init__(self) -> None:
        self._changed: dict[Key, None] = {}
        self._later: dict[Key, None] = {}
        self._planned: dict[Key, int] = {}
        self._order: list[tuple[int, Key]] = []

    def __len__(self) -> int:
        """Return how many are to be told, or told again, and are not taken yet."""
        return len(self._changed.keys() | self._later)

    def add(self, key: Key) -> None:
        """Note that a cluster changed."""
        self._changed[key] = None

    def add_later(self, key: Key) -> None:
        """Note that a cluster may not have been told as it is; those that changed come first."""
        self._later[key] = None

    def drop(self, key: Key) -> None:
        """Note that the present state of a cluster has been told."""
        self._changed.pop(key, None)
        self._later.pop(key, None)

    def plan(self, key: Key, second: int) -> None:
        """Let it be taken at a second since 1970, unless it is to be taken before."""
        if second < self._planned.get(key, second + 1):
            self._planned[key] = second
            heappush(self._order, (second, key))

    def take(self, second: int, limit: int) -> list[Key]:
        """Return those whose turn it is, and forget them."""
        while self._order and self._order[0][0] <= second:
            due, key = heappop(self._order)
            if self._planned.get(key) == due:
                del self._planned[key]
                self.add(key)
        taken = list(islice(self._changed, limit))
        for key in taken:
            self.drop(key)
        more = list(islice(self._later, limit - len(taken)))
        for key in more:
            self.drop(key)
        return taken + more
