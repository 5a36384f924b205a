"""Which clusters are to be published next: what changed, in that order, and what time alone changes."""

from heapq import heappop, heappush

Key = tuple[str, str]
"""A shard and a cluster of it."""


class Agenda:
    """Changed clusters; and for each at most one second at which it is to be looked at again."""

    def __init__(self) -> None:
        self._changed: dict[Key, None] = {}
        self._planned: dict[Key, int] = {}
        self._order: list[tuple[int, Key]] = []

    def __len__(self) -> int:
        """Return how many have changed and are not taken yet."""
        return len(self._changed)

    def add(self, key: Key) -> None:
        """Note that a cluster changed."""
        self._changed[key] = None

    def drop(self, key: Key) -> None:
        """Note that the present state of a cluster has been told."""
        self._changed.pop(key, None)

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
        taken = list(self._changed)[:limit] if len(self._changed) > limit else list(self._changed)
        for key in taken:
            del self._changed[key]
        return taken
