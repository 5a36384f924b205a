"""How a worker goes on where another stopped."""

import pytest

from pipeline.marks import Checkpoint, Committed, Mark, State, Takeover, takeover

OPEN = ((95, 0),)


def state(offset: int, step: int = 0, lines: tuple[tuple[int, int], ...] = ()) -> State:
    return State(Mark(offset, step), lines)


def committed(offset: int, mark: Mark, by: str = "a") -> Committed:
    return Committed(offset, mark, "id", by, (3, 17))


def test_a_mark_after_records_begins_to_count_steps_anew() -> None:
    assert Mark(100, 2).to(140) == Mark(140, 0)


def test_a_mark_without_records_is_the_next_step() -> None:
    assert Mark(100, 2).to(100) == Mark(100, 3)


def test_a_state_is_read_as_it_was_written() -> None:
    written = State(Mark(100, 1), OPEN, ((7, 2), (9, 0)))
    assert State.read(written.written()) == written


def test_a_commit_is_read_as_it_was_written() -> None:
    known = committed(95, Mark(100, 1))
    assert Committed.read(95, known.written()) == known


def test_metadata_of_somebody_else_has_no_mark() -> None:
    with pytest.raises(KeyError):
        Committed.read(95, {"note": "reset"})


def test_a_block_that_is_committed_was_told() -> None:
    checkpoint = Checkpoint(state(100), state(140, 0, OPEN), "a")
    assert takeover(committed(95, Mark(140)), [checkpoint]) == Takeover(95, state(140, 0, OPEN))


def test_a_block_that_is_not_committed_may_be_half_told() -> None:
    checkpoint = Checkpoint(state(100, 0, OPEN), state(140), "a")
    expected = Takeover(95, state(100, 0, OPEN), state(140))
    assert takeover(committed(95, Mark(100)), [checkpoint]) == expected


def test_a_block_in_which_time_alone_closed_a_trace_may_be_half_told() -> None:
    checkpoint = Checkpoint(state(100, 0, OPEN), state(100, 1), "a")
    expected = Takeover(95, state(100, 0, OPEN), state(100, 1))
    assert takeover(committed(95, Mark(100)), [checkpoint]) == expected


def test_of_several_checkpoints_the_last_counts() -> None:
    told, pending = Checkpoint(state(60), state(100), "a"), Checkpoint(state(100), state(140), "a")
    assert takeover(committed(100, Mark(100)), [told, pending]) == Takeover(100, state(100), state(140))


def test_what_a_worker_that_lost_the_partition_still_wrote_does_not_count() -> None:
    ours, stale = Checkpoint(state(60), state(100), "b"), Checkpoint(state(60), state(90), "a")
    assert takeover(committed(100, Mark(100), "b"), [ours, stale]) == Takeover(100, state(100))


@pytest.mark.parametrize("checkpoints", [[], [Checkpoint(state(10), state(20), "a")]])
def test_a_checkpoint_that_does_not_fit_the_commit_is_missing(checkpoints: list[Checkpoint]) -> None:
    assert takeover(committed(95, Mark(100)), checkpoints) is None
