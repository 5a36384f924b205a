"""Blocks of a partition, and workers that die: the next one tells of a block what the last one told of it."""

import json
from collections.abc import Callable
from enum import Enum
from itertools import accumulate, pairwise
from typing import NamedTuple

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.records import Record
from pipeline._native import Detector
from tests.lines import LINES, cri, line
from tests.records import TOPIC, Placed, feed, placed
from tests.replays import Mark, mark_of, taken_over

FURTHER = ["", "goroutine 7 [select]:", "main.wait()", "\t/srv/app/wait.go:3 +0x1d"]
FATAL = ["fatal error: all goroutines are asleep - deadlock!", *LINES[1:]]
SERVED = ["2026/11/21 00:20:45 http: panic serving 10.0.0.7:4711: boom", *LINES[2:5]]
STACKS = [LINES, LINES + FURTHER, LINES[:5], FATAL, SERVED, FURTHER, ["x"] * 3]
HEADS = [LINES[:1], ["panic: button pressed"], LINES[:1] * 2]
GAPS = (0.0, 0.01, 0.4, 3.0, 31.0, 90.0)  # seconds


def timed(text: str, at: float) -> list[Record]:
    """Return a line whose shipper says its time."""
    return [line(text, at, "c1")]


def untimed(text: str, at: float) -> list[Record]:
    """Return a line of which only the record says a time."""
    value = json.dumps({"log": text, "kubernetes": {"docker_id": "c2"}}).encode()
    return [line("", at)._replace(value=value)]


def halved(text: str, at: float) -> list[Record]:
    """Return a line in two pieces."""
    half = len(text) // 2
    return [piece._replace(key=b"c3") for piece in (cri(text[:half], at, "P"), cri(text[half:], at))]


class Writer(NamedTuple):
    """A stream: how it is shipped, and what it may write."""

    shipped: Callable[[str, float], list[Record]]
    programs: list[list[str]]


# A head alone is told or not by the time behind it: where lines say none, two workers may differ in it.
WRITERS = (Writer(timed, STACKS + HEADS), Writer(untimed, STACKS), Writer(halved, STACKS + HEADS))


class Block(NamedTuple):
    """Records between two marks; then nothing came for so many seconds."""

    records: list[Placed]
    idle: float
    end: int


class Death(Enum):
    """When a worker dies, if it does."""

    NEVER = 0
    BEFORE_THE_CHECKPOINT = 1
    BEHIND_THE_CHECKPOINT = 2


@st.composite
def partitions(draw: st.DrawFn) -> list[Block]:
    """Draw streams that write at once, fall silent, and write again; cut into blocks anywhere."""
    at, records, silent = 0.0, [], {}
    for _ in range(draw(st.integers(1, 6))):
        programs = [draw(st.sampled_from(writer.programs)) for writer in WRITERS]
        left = [iter(program) for program in programs]
        for turn in draw(st.permutations([n for n, program in enumerate(programs) for _ in program])):
            at += 0.00001
            records += WRITERS[turn].shipped(next(left[turn]), at)
        silent[len(records)] = draw(st.sampled_from(GAPS))
        at += silent[len(records)]
    cuts = sorted(draw(st.sets(st.integers(0, len(records)))) | silent.keys())
    # Times when lines stand still on their way, of which no record tells; together less than a head waits.
    stalls = draw(st.sets(st.sampled_from(cuts), max_size=4))
    idle = {end: draw(st.sampled_from((0.0, silent.get(end, 0.0)))) + 0.4 * (end in stalls) for end in cuts}
    rows = placed(records)
    return [Block(rows[start:end], idle[end], end) for start, end in pairwise([0, *cuts])]


def ids(documents: list[bytes]) -> list[str]:
    """Return the ids of crashes."""
    return sorted(orjson.loads(document)["id"] for document in documents)


def read(detector: Detector, block: Block) -> list[str]:
    """Return the crashes that the block tells."""
    return ids(feed(detector, block.records).crashes + detector.idle(TOPIC, 0, block.idle).crashes)


def survived(blocks: list[Block], deaths: list[Death], size: int) -> list[str]:
    """Return what all workers tell together; each block is told alike by the one that dies and the next."""
    records = [record for block in blocks for record in block.records]
    detector, mark, told = Detector(), Mark(0, 0, [], []), []
    for block, death in zip(blocks, deaths, strict=True):
        if death is Death.BEFORE_THE_CHECKPOINT:
            detector, early = taken_over(records, mark, mark, size)
            told += ids(early)
        found = read(detector, block)
        reached = mark_of(detector, block.end)
        if death is Death.BEHIND_THE_CHECKPOINT:
            detector, again = taken_over(records, mark, reached, size)
            assert ids(again) == found
        told += found
        mark = reached
    return sorted(told + ids(detector.finish().crashes))


@settings(deadline=None, max_examples=300)
@given(partitions(), st.data())
def test_workers_that_die_tell_together_what_one_would_tell(blocks: list[Block], data: st.DataObject) -> None:
    deaths = [data.draw(st.sampled_from(Death)) for _ in blocks]
    size = data.draw(st.sampled_from((1, 7, 500)))
    assert survived(blocks, deaths, size) == survived(blocks, [Death.NEVER] * len(blocks), size)


def blocks_of(*parts: tuple[list[Record], float]) -> list[Block]:
    """Return blocks of these records, each with how long nothing came behind it."""
    rows = iter(placed([record for records, _ in parts for record in records]))
    ends = accumulate(len(records) for records, _ in parts)
    return [
        Block([next(rows) for _ in records], idle, end)
        for (records, idle), end in zip(parts, ends, strict=True)
    ]


def told_by_two(blocks: list[Block], death: Death) -> list[str]:
    """Return what two workers tell, the first of which dies in the last block."""
    return survived(blocks, [Death.NEVER] * (len(blocks) - 1) + [death], 500)


@pytest.mark.parametrize("death", [Death.BEFORE_THE_CHECKPOINT, Death.BEHIND_THE_CHECKPOINT])
def test_a_head_behind_one_that_was_closed_by_the_clock_is_a_crash_of_its_own(death: Death) -> None:
    blocks = blocks_of((untimed("panic: boom", 0), 3.0), (untimed("panic: boom", 0), 0.0), ([], 0.0))
    assert len(told_by_two(blocks, death)) == 2


@pytest.mark.parametrize("death", [Death.BEFORE_THE_CHECKPOINT, Death.BEHIND_THE_CHECKPOINT])
def test_a_line_whose_last_piece_never_came_is_told_once(death: Death) -> None:
    head = [cri("panic: boom", 0, "P")]
    assert len(told_by_two(blocks_of((head, 6.0), ([], 3.0), ([], 0.0)), death)) == 1


@pytest.mark.parametrize("death", [Death.BEFORE_THE_CHECKPOINT, Death.BEHIND_THE_CHECKPOINT])
def test_a_line_may_go_on_behind_a_mark(death: Death) -> None:
    pieces = [cri("panic: bo", 0, "P"), cri("om", 0), *(cri(text, 0.001) for text in LINES[1:])]
    assert len(told_by_two(blocks_of((pieces[:1], 0.0), (pieces[1:], 0.0)), death)) == 1


def test_what_is_open_at_a_mark_stays_open_until_it_though_the_clock_is_another() -> None:
    late = [line("x", -5.0, "late")]
    block = [*untimed_crash(0.0), *late, line("x", 0.1, "late")]
    blocks = blocks_of((timed("x", 0.0) + late * 256, 0.0), (block, 0.0), ([], 0.4))
    assert len(told_by_two(blocks, Death.BEHIND_THE_CHECKPOINT)) == 1


def untimed_crash(at: float) -> list[Record]:
    """Return a whole crash."""
    return [record for text in LINES for record in untimed(text, at)]
