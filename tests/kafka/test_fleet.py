"""What is planted in the records of a fleet is what the core finds in them, however slowly they come."""

from collections.abc import Callable, Iterable
from random import Random

import pytest

from agents.records import Record
from tests.kafka.fleet import Fleet, Shipped
from tests.kafka.planted import Sample, samples
from tests.records import Crash, Placed, crashes, placed

PARTITIONS = 4
START = 1_795_220_445_120_249_601
US, MS, SECOND = 1_000, 1_000_000, 1_000_000_000
Found = dict[tuple[int, int], str]


class Steps:
    """A clock that moves by a step each time it is read."""

    def __init__(self, step: int) -> None:
        self.now, self._step = START, step

    def __call__(self) -> int:
        """Return the time."""
        self.now += self._step
        self.now += not self.now % MS
        return self.now


def shipped(seed: int, step: int, speak: Callable[[Fleet], Iterable[Shipped]]) -> tuple[list[Placed], Found]:
    """Return the records of a fleet, and the fingerprint of each planted crash by its place."""
    clock = Steps(step)
    fleet = Fleet(Random(seed), range(40), clock)  # noqa: S311  # records that can be had again
    records, planted = [], []
    for one in speak(fleet):
        partition = int(one.key[-2:], 16) % PARTITIONS
        records.append(Record(None, partition, None, clock.now // MS, one.key, None, one.value))
        planted.append(one.planted)
    found = placed(records)
    return found, {
        (one.partition, one.offset): sample.fingerprint
        for one, sample in zip(found, planted, strict=True)
        if sample
    }


def turns(share: float) -> Callable[[Fleet], Iterable[Shipped]]:
    def speak(fleet: Fleet) -> Iterable[Shipped]:
        for _ in range(4000):
            yield from fleet.turn(share)
        yield from fleet.settle()

    return speak


def whole(told: list[Crash]) -> Found:
    assert [one["damage"] for one in told if not one["complete"]] == []
    return {(one["source_partition"], one["source_first_offset"]): one["fingerprint"] for one in told}


@pytest.mark.parametrize("step", [US, MS, 5 * MS])
@pytest.mark.parametrize("share", [1 / 400, 1.0])
def test_each_planted_crash_is_found_once_and_whole(share: float, step: int) -> None:
    records, planted = shipped(7, step, turns(share))
    assert whole(crashes(records)) == planted
    assert len(planted) > 5


def test_a_crash_stands_behind_so_many_ordinary_lines() -> None:
    records, planted = shipped(7, 50 * US, lambda fleet: fleet.mixed(5000, every=500))
    assert whole(crashes(records)) == planted
    assert len(planted) == 10


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_a_pause_tears_no_sample(sample: Sample) -> None:
    for cut in range(sample.head, len(sample.lines)):
        assert len(crashes(paused(sample, cut))) == 1


def paused(sample: Sample, cut: int) -> list[Placed]:
    """Return the sample with a second in front of one of its lines."""
    container = Fleet(Random(1), [0], Steps(US)).containers[0]  # noqa: S311  # any container
    times = [START + number * 20_123 + (number >= cut) * SECOND for number in range(len(sample.lines))]
    values = [container.value(line, time) for line, time in zip(sample.lines, times, strict=True)]
    return placed(
        [
            Record(None, 0, None, time // MS, container.key, None, value)
            for value, time in zip(values, times, strict=True)
        ]
    )
