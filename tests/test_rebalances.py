"""The rule that notices a record that did not come, and the libraries that the cure was made for."""

import asyncio
from importlib.metadata import version
from types import SimpleNamespace

import faust
import pytest
from faust.types import TP

from agents import rebalances
from agents.rebalances import Deliveries, HoleError

PLACE = TP("panicstream.sightings", 3)


def deliveries(last: int | None) -> Deliveries:
    """Return the rule in the middle of its work: `last` is what came last, None where nothing may come."""

    async def make() -> Deliveries:
        made = Deliveries(faust.App("test", env={}))
        if last is not None:
            made._last[PLACE] = last
        return made

    return asyncio.run(make())


def test_the_cure_was_made_and_measured_for_these_libraries() -> None:
    """Where one of them moves, `agents/rebalances.py` and `agents/intake.py` lean on steps that may differ.

    Compare them, run `make chaos-track`, which shows that nothing is lost, and write the new version here.
    """
    assert rebalances.__doc__
    assert f"Faust {version('faust-streaming')}:" in rebalances.__doc__
    assert (version("faust-streaming"), version("aiokafka"), version("mode-streaming")) == (
        "0.15.3",
        "0.14.0",
        "0.7.1",
    )


def test_offsets_that_follow_each_other_or_come_again_are_fine() -> None:
    watched = deliveries(41)
    for offset in (42, 43, 42, 40, 41, 42):
        watched.check(PLACE, offset)
    assert watched.positions == {PLACE: 43}


def test_an_offset_that_is_left_out_is_a_hole() -> None:
    with pytest.raises(HoleError, match=r"^panicstream\.sightings/3: offset 43 came after 41$"):
        deliveries(41).check(PLACE, 43)


def test_a_record_of_a_partition_that_is_not_ours_is_a_hole() -> None:
    with pytest.raises(HoleError, match="offset 0 came before the partition was ours"):
        deliveries(None).check(PLACE, 0)


@pytest.mark.parametrize(
    ("last", "end", "expected"),
    [(41, 42, False), (41, 43, True), (41, None, True), (None, 42, True)],
    ids=["all is here", "one is not", "nothing was heard of it", "it is not ours"],
)
def test_a_partition_that_holds_more_is_behind(
    monkeypatch: pytest.MonkeyPatch, last: int | None, end: int | None, expected: bool
) -> None:
    watched = deliveries(last)
    monkeypatch.setattr(Deliveries, "_consumer", SimpleNamespace(highwater={PLACE: end}.get))
    assert watched.is_behind(*PLACE) is expected


def test_after_a_revocation_nothing_may_come() -> None:
    watched = deliveries(41)
    asyncio.run(watched._forget())
    assert (watched.positions, watched.rebalances) == ({}, 1)
    with pytest.raises(HoleError):
        watched.check(PLACE, 42)
