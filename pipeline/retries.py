"""When something that failed is tried again, and when it is too late for it."""

from hashlib import sha256
from typing import Any, NamedTuple

FIRST_S, MOST_S = 1.0, 60.0
LATE_S = 300.0  # between attempts at what is past its deadline


class Deadlines(NamedTuple):
    """After how many seconds something is too late: what is critical, all others."""

    critical_s: float = 21_600.0
    others_s: float = 1_800.0

    def of(self, is_critical: bool) -> float:  # it is what the rows are told by
        """Return the one that holds."""
        return self.critical_s if is_critical else self.others_s


def wait_s(pending: dict[str, Any], floor_s: float | None, *named: str) -> float:
    """Return how many seconds to wait before the next attempt.

    The most is doubled each time, up to a minute. Any share of that may be waited (full jitter), by the names
    of what is told, so that what fails together does not come again together; but at least a tenth of it, and
    the seconds that the channel asked for.
    """
    attempt, seq = pending["attempt"], pending["seq"]
    most = LATE_S if pending["dropped"] else min(MOST_S, FIRST_S * 2 ** min(attempt - 1, 16))
    digest = sha256("|".join([*named, str(seq), str(attempt)]).encode()).digest()
    share = 0.1 + 0.9 * int.from_bytes(digest[:4]) / 2**32
    return max(most * share, floor_s or 0.0)
