"""Who takes a shard over compares as who held it from the first sighting on, whatever left and came back."""

from typing import NamedTuple
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import clusters, shard
from pipeline._native import Clusterer
from pipeline.fingerprint_row import is_counted, stub
from tests.timeline import DAY, Timeline, digits, stack

BUGS = 12
TTL_S = 8


class Moment(NamedTuple):
    """A sighting of a bug, by one of its routes, with a signature or not; and whether old rows leave then."""

    bug: int
    route: str
    signed: bool
    leave: bool


MOMENTS = st.builds(
    Moment, st.integers(0, BUGS - 1), st.sampled_from(["Show", "List"]), st.booleans(), st.booleans()
)


def frames(moment: Moment) -> list[str]:
    """Return its stack; bugs share frames, so that each counts for the others."""
    return stack(f"cart.F{moment.bug % 4}", f"cart.G{moment.bug % 3}", route=moment.route)


def compared(known: Clusterer) -> object:
    """Return all that it says of all stacks."""
    stacks = [frames(Moment(bug, "Show", signed=True, leave=False)) for bug in range(BUGS)]
    return known.partition(), [known.compare_all(one, "") for one in stacks]


@settings(max_examples=200, deadline=None)
@given(st.lists(MOMENTS, min_size=1, max_size=50))
def test_who_takes_over_compares_as_who_was_there_all_the_time(moments: list[Moment]) -> None:
    made: list[Clusterer] = []

    def another() -> Clusterer:
        made.append(Clusterer())
        return made[-1]

    with (
        patch.object(shard, "FIRST_EPOCH", 2),
        patch.object(shard, "LAST_EPOCH", 16),
        patch.object(clusters, "STUB_DAYS", 0),  # what left is forgotten as soon as others leave
    ):
        timeline = Timeline(another)
        for second, moment in enumerate(moments):
            timeline.sees(f"bug{moment.bug}", frames(moment) if moment.signed else None, second)
            if moment.leave:
                timeline.leaves(second, TTL_S)
        live = timeline.clusters.sizes().epoch, compared(made[-1])
        timeline.restart()
        assert (timeline.clusters.sizes().epoch, compared(made[-1])) == live


def test_an_epoch_counts_what_left_since_it_began_and_no_other_does() -> None:
    timeline = Timeline()
    timeline.sees("total", stack("cart.Total"), 0)
    row = timeline.row(digits("total"))
    assert row
    early, late = stub(row, "", 64), stub(row | {"ordinal": 65}, "", 64)
    assert [is_counted(early, 64), is_counted(early, 128), is_counted(late, 64)] == [True, False, False]


def test_what_left_is_not_forgotten_before_the_next_epoch_does_not_count_it() -> None:
    with patch.object(shard, "FIRST_EPOCH", 2):
        timeline = Timeline()
        for second, name in enumerate(["a", "b"]):
            timeline.sees(name, stack(f"{name}.F"), second)
        timeline.leaves(90 * DAY + 2, 90 * DAY)
        stubs = []
        for second, name in enumerate(["c", "d"], start=500 * DAY):
            timeline.sees(name, stack(f"{name}.F"), second)
            timeline.leaves(second, 90 * DAY)
            stubs.append(digits("a") in timeline.rows)
    assert stubs == [True, False]
