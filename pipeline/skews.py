"""By how much clocks that are wrong are off, as those lines show that come soonest after they were written.

Of a service, `[[offset, last], ...]`: the seconds that have to be added to what a clock says, and when it was
last heard of. Without it a late line of a wrong clock would count when it comes.
"""

from collections.abc import Sequence

LATE_S = (
    60  # lines of one clock come within so long of each other; clocks that differ by less are taken for one
)
FORGET_S = 900  # after which a clock that was not heard of is forgotten
KEPT = 8  # clocks, those heard of last

Skews = Sequence[Sequence[int]]


def learnt(skews: Skews, said: int, now: int) -> list[list[int]]:
    """Return what is known after a line that came at `now` and `said` when it was written."""
    near = [one for one in skews if abs(one[0] - (now - said)) <= LATE_S]
    others = [list(one) for one in skews if one not in near and one[1] > now - FORGET_S]
    latest = max([now, *(last for _, last in near)])
    offset = min([now - said, *(offset for offset, last in near if last > now - FORGET_S)])
    return sorted([*others, [offset, latest]], key=lambda one: one[1])[-KEPT:]


def righted(skews: Skews, said: int, now: int) -> int:
    """Return when a line was written, by what is known of its clock; `now` where nothing is."""
    return said + min(
        (offset for offset, _ in skews if abs(offset - (now - said)) <= LATE_S), default=now - said
    )
