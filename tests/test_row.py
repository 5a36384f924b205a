"""Rows and their guards: each block counts once, whatever comes again."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from pipeline.row import SOURCES, Row, Source, applied

SHOP = "Ep9LqZ3mT0mVwq1vX9nF2A/0"


def counted(row: Row | None, source: Source) -> Row:
    """Count a block that the row does not know."""
    if row and row.knows(source):
        return row
    return applied(row, source, {"blocks": (row.value["blocks"] if row else 0) + 1})


def after(sources: Sequence[Source]) -> Row | None:
    row = None
    for source in sources:
        row = counted(row, source)
    return row


def blocks(lengths: Sequence[int]) -> list[Source]:
    """Return the blocks of some source partitions in turns, so many of each."""
    rows = [(end, partition) for partition, length in enumerate(lengths) for end in range(length)]
    return [Source(f"logs/{partition}", (end, 0)) for end, partition in sorted(rows)]


def test_a_block_is_known_as_soon_as_it_is_applied_and_so_are_those_before_it() -> None:
    row = applied(None, Source(SHOP, (41, 0)), {})
    known = [row.knows(Source(SHOP, reached)) for reached in [(40, 0), (41, 0), (41, 1), (42, 0)]]
    assert known == [True, True, False, False]


def test_each_source_partition_has_a_guard_of_its_own() -> None:
    row = applied(None, Source(SHOP, (41, 0)), {})
    assert not row.knows(Source("another-topic-id/0", (5, 0)))


@given(st.lists(st.integers(0, 6), max_size=4), st.data())
def test_what_comes_again_after_any_number_of_kills_counts_once(
    lengths: list[int], data: st.DataObject
) -> None:
    """A kill brings the records since some earlier place again; a row may be as old as that, or newer."""
    told = blocks(lengths)
    row, position = None, 0
    for _ in range(data.draw(st.integers(0, 5))):
        end = data.draw(st.integers(position, len(told)))
        for source in told[position:end]:
            row = counted(row, source)
        position = data.draw(st.integers(0, end))
    for source in told[position:]:
        row = counted(row, source)
    assert (row.value["blocks"] if row else 0) == len(told)


@given(st.lists(st.integers(0, 6), max_size=4), st.data())
def test_of_two_states_of_a_row_the_one_that_holds_less_is_older(
    lengths: list[int], data: st.DataObject
) -> None:
    told = blocks(lengths)
    first, second = sorted([data.draw(st.integers(0, len(told))), data.draw(st.integers(0, len(told)))])
    older, newer = after(told[:first]), after(told[:second])
    assert not (older and newer and newer.is_older_than(older))


def test_a_row_that_lacks_the_last_block_of_a_partition_is_older() -> None:
    older = after(blocks([3, 2]))
    newer = after(blocks([3, 3]))
    assert older
    assert newer
    assert (older.is_older_than(newer), newer.is_older_than(older)) == (True, False)


def test_beyond_the_bound_the_source_partition_that_was_applied_longest_ago_is_forgotten() -> None:
    row = after([Source(f"logs/{partition}", (7, 0)) for partition in range(SOURCES)])
    row = counted(row, Source("logs/0", (8, 0)))
    row = counted(row, Source("logs/new", (1, 0)))
    assert [name in row.applied for name in ("logs/0", "logs/1", "logs/2", "logs/new")] == [
        True,
        False,
        True,
        True,
    ]
    assert len(row.applied) == SOURCES


@given(st.lists(st.integers(0, 6), max_size=4))
def test_a_row_is_read_as_it_was_written(lengths: list[int]) -> None:
    row = after(blocks(lengths))
    if row:
        again = Row.read(row.written())
        assert again == row
        assert list(again.applied) == list(row.applied)
