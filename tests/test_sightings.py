"""The crashes of a block by fingerprint."""

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline.block import Block
from pipeline.marks import Mark
from pipeline.sightings import FRAMES, STREAMS, Stack, sightings, signature
from tests.crashes import crash

BLOCK = Block("logs.a", "id", 3, Mark(100), Mark(140))


def told(*crashes: dict[str, Any], due: bool = True) -> list[dict[str, Any]]:
    return sightings(crashes, BLOCK, lambda one: signature(one, names) if due else None)


def names(stack: Stack) -> list[str]:
    return [f"@{name}" if is_origin else name for name, _, is_origin in stack]


def test_a_sighting_names_the_block() -> None:
    (sighting,) = told(crash())
    assert {name: sighting[name] for name in BLOCK.named()} == {
        "source_topic": "logs.a",
        "source_topic_id": "id",
        "source_partition": 3,
        "from_offset": 100,
        "through_offset": 139,
        "step": 0,
    }


def test_a_block_without_records_ends_before_it_begins() -> None:
    block = Block("logs.a", "id", 3, Mark(100), Mark(100, 1))
    (sighting,) = sightings([crash()], block, lambda _: None)
    assert (sighting["from_offset"], sighting["through_offset"], sighting["step"]) == (100, 99, 1)


def test_crashes_of_one_fingerprint_are_one_sighting() -> None:
    one, two = crash(fingerprint="a"), crash(fingerprint="b")
    assert [(each["fingerprint"], each["count"]) for each in told(one, two, one)] == [("a", 2), ("b", 1)]


def test_a_sighting_counts_by_release_and_stream_with_their_first_and_last_time() -> None:
    early, late = "2026-11-21T00:00:01.000000000Z", "2026-11-21T00:00:02.000000000Z"
    (sighting,) = told(
        crash(service_version="1", stream_id="s", event_time=late),
        crash(service_version="1", stream_id="s", event_time=early),
        crash(service_version="2", stream_id="s", event_time=None, observed_time=None),
    )
    assert [
        (row["release"], row["count"], row["first_time"], row["last_time"]) for row in sighting["by"]
    ] == [
        ("1", 2, early, late),
        ("2", 1, None, None),
    ]


def test_streams_beyond_the_bound_are_counted_together() -> None:
    (sighting,) = told(*(crash(stream_id=str(number)) for number in range(STREAMS + 5)))
    assert (len(sighting["by"]), sighting["by"][-1]["stream_id"], sighting["by"][-1]["count"]) == (
        STREAMS + 1,
        None,
        5,
    )


def test_the_signature_comes_along_where_it_is_due() -> None:
    due, not_due = told(crash(), due=True)[0], told(crash(), due=False)[0]
    assert (due["signature"]["title"], not_due["signature"]) == (crash()["title"], None)


def test_a_signature_carries_canonical_names_up_to_a_bound() -> None:
    frame = crash()["frames"][0] | {"function": "main.f", "class": "app"}
    few, many = [frame, frame | {"class": "origin"}], [frame] * (FRAMES + 9)
    assert signature(crash(frames=few), names)["frames"] == ["main.f", "@main.f"]
    assert len(signature(crash(frames=many), names)["frames"]) == FRAMES


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz")), max_size=30))
def test_no_crash_is_lost_or_counted_twice(drawn: list[tuple[str, str]]) -> None:
    found = told(*(crash(fingerprint=bug, stream_id=stream) for bug, stream in drawn))
    assert sum(each["count"] for each in found) == len(drawn)
    assert all(sum(row["count"] for row in each["by"]) == each["count"] for each in found)
    assert all(one["fingerprint"] < other["fingerprint"] for one, other in pairwise(found))
