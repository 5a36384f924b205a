"""When which row has to be looked at: soonest first."""

import heapq
from collections.abc import Iterator, Mapping

NOW = -1  # due at the next tick


class Schedule:
    """Rows by key, and the second since 1970 from which each is due; None: not until it changes."""

    def __init__(self) -> None:
        self._due: dict[str, int | None] = {}
        self._queue: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._due)

    def __iter__(self) -> Iterator[str]:
        return iter(self._due)

    def of(self, key: str) -> int | None:
        """Return when a row is due; one that is not known, now."""
        return self._due.get(key, NOW)

    def plan(self, key: str, due: int | None) -> None:
        """Let a row be looked at from a second on, in place of when it was due before."""
        if due is not None and self._due.get(key) != due:
            heapq.heappush(self._queue, (due, key))
        self._due[key] = due

    def forget(self, key: str) -> None:
        """Forget a row that is no more."""
        self._due.pop(key, None)

    def take(self, until: int) -> Mapping[str, int]:
        """Return those that are due by a second, and when each was; they are due no more."""
        taken = dict[str, int]()
        while self._queue and self._queue[0][0] <= until:
            due, key = heapq.heappop(self._queue)
            if self._due.get(key) == due:
                self._due[key], taken[key] = None, due
        return taken
