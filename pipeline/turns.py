"""Whose turn it is: of all that is due, what matters most first, and of those what waits for longest."""

from heapq import heappop, heappush


class Turns:
    """Keys, each with at most one time at which it is due, in seconds since 1970."""

    def __init__(self) -> None:
        self._planned: dict[str, tuple[float, bool]] = {}
        self._later: list[tuple[float, str]] = []
        self._ready: list[tuple[bool, float, str]] = []

    def __len__(self) -> int:
        return len(self._planned)

    def plan(self, key: str, due: float | None, *, is_critical: bool = False) -> None:
        """Let it be the turn of a key at a time; None: not at all."""
        if due is None:
            self._planned.pop(key, None)
        elif self._planned.get(key) != (due, is_critical):
            self._planned[key] = due, is_critical
            heappush(self._later, (due, key))

    def soon(self, key: str, due: float, *, is_critical: bool = False) -> None:
        """Let it be the turn of a key at a time, unless it is before."""
        planned = self._planned.get(key)
        if planned is None or planned[0] > due:
            self.plan(key, due, is_critical=is_critical)

    def first(self, now: float) -> str | None:
        """Return the key whose turn it is; it stays so until it is planned anew."""
        while self._later and self._later[0][0] <= now:
            due, key = heappop(self._later)
            if key in self._planned and self._planned[key][0] == due:
                heappush(self._ready, (not self._planned[key][1], due, key))
        while self._ready:
            is_other, due, key = self._ready[0]
            if self._planned.get(key) == (due, not is_other):
                return key
            heappop(self._ready)
        return None

    def next_due(self) -> float | None:
        """Return when it may be the turn of the next one that is not due yet."""
        while self._later and self._planned.get(self._later[0][1], (None,))[0] != self._later[0][0]:
            heappop(self._later)
        return self._later[0][0] if self._later else None

    def oldest(self) -> float | None:
        """Return since when one of those that are due waits."""
        return min(
            (due for _, due, key in self._ready if self._planned.get(key, (None,))[0] == due), default=None
        )
