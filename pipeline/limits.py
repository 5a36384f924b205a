"""How much a channel is told: below what its vendor takes, and no more than people can read."""

from typing import NamedTuple

MINUTE_S = 60.0
HOLD_S = 3_601.0  # nobody asks for more
AHEAD_S = 5.0  # clocks differ by less
ALONE_S = 300.0  # over which groups that are told by themselves are counted


class Bucket:
    """Tokens of a channel: one for each request; `per_minute` come back, `burst` are the most there are."""

    def __init__(self, per_minute: float, burst: float, now: float) -> None:
        self._rate, self._burst = per_minute / MINUTE_S, max(1.0, burst)
        self._tokens, self._at, self._until = self._burst, now, 0.0

    def take(self, now: float) -> bool:
        """Take one, if there is one."""
        if self.ready_at(now) > now:
            return False
        self._tokens -= 1
        return True

    def ready_at(self, now: float) -> float:
        """Return when there is one, in seconds since 1970."""
        if self._until > now + HOLD_S:  # by a clock that was ahead
            self._until = now
        since = max(self._at, self._until)
        self._tokens = min(self._burst, self._tokens + max(0.0, now - since) * self._rate)
        self._at = now  # of a clock that was put back, too
        at = max(now, self._until)
        return at if self._tokens >= 1 else at + (1 - self._tokens) / self._rate

    def hold(self, until: float) -> None:
        """Give none before a time: the channel asked for that."""
        self._until = max(self._until, until)
        self._tokens = min(self._tokens, 1.0)

    def spent(self, number: int) -> None:
        """Take so many that were used before: by the worker that had the channel."""
        self._tokens = max(0.0, self._tokens - number)


class Crowd(NamedTuple):
    """How many new groups are told by themselves in five minutes; half of them, only if they are critical."""

    alone: int = 6


class Doorkeeper:
    """Decides which groups are told by themselves, and which by a digest."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._told: list[tuple[float, bool]] = []

    def may_enter(self, now: float, *, is_critical: bool) -> bool:
        """Return whether there is room for one more."""
        within = (one for one in self._told if now - ALONE_S < one[0] < now + AHEAD_S)
        self._told = list(within)
        others = sum(not one for _, one in self._told)
        is_full = len(self._told) >= self._crowd.alone
        return not is_full and (is_critical or others < (self._crowd.alone + 1) // 2)

    def enter(self, now: float, *, is_critical: bool) -> None:
        """Count a group that is told by itself."""
        self._told.append((now, is_critical))
