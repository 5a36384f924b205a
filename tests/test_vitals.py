"""Facts about services by event second."""

from typing import Any

from pipeline.block import Block
from pipeline.marks import Mark
from pipeline.vitals import crash_counts, gc_cycles, line_counts
from tests.crashes import crash

BLOCK = Block("logs.a", "id", 3, Mark(100), Mark(140), "2026-11-21T00:00:09.000000000Z")
SHOP = {"service_namespace": "shop", "service_name": "cart", "environment": "prod", "service_version": "1.2"}


def cycle(**fields: Any) -> dict[str, Any]:
    return SHOP | {
        "event_time": "2026-11-21T00:00:01.700000000Z",
        "pause_ns": 17_000,
        "interval_ns": 500_000_000,
        "alloc_bytes": 4096,
        "heap_end_bytes": 8192,
        "heap_goal_bytes": 10240,
        **fields,
    }


def test_crashes_are_counted_by_second_and_release_of_their_service() -> None:
    times = [
        "2026-11-21T00:00:01.120000000Z",
        "2026-11-21T00:00:01.990000000Z",
        "2026-11-21T00:00:02.000000000Z",
    ]
    ((key, value),) = crash_counts([crash(**SHOP, event_time=time) for time in times], BLOCK)
    assert key == "shop/cart/prod"
    assert [(row["time"], row["release"], row["crashes"]) for row in value["seconds"]] == [
        ("2026-11-21T00:00:01.000000000Z", "1.2", 2),
        ("2026-11-21T00:00:02.000000000Z", "1.2", 1),
    ]


def test_crash_counts_name_their_block_and_its_watermark() -> None:
    ((_, value),) = crash_counts([crash()], BLOCK)
    assert (value["through_offset"], value["watermark"]) == (139, BLOCK.watermark)


def test_a_crash_without_a_time_is_counted_when_it_was_seen() -> None:
    seen = "2026-11-21T00:00:05.500000000Z"
    ((_, value),) = crash_counts([crash(event_time=None, observed_time=seen)], BLOCK)
    assert value["seconds"][0]["time"] == "2026-11-21T00:00:05.000000000Z"


def test_what_is_not_known_of_a_service_is_empty_in_its_key() -> None:
    nameless = {"service_namespace": None, "service_name": "cart", "environment": None}
    ((key, _),) = crash_counts([crash(**nameless)], BLOCK)
    assert key == "/cart/"


def test_lines_belong_to_no_block() -> None:
    ((_, value),) = line_counts([("2026-11-21T00:00:01.000000000Z", SHOP | {"lines": 7})])
    assert (value["source_topic"], value["through_offset"], value["seconds"][0]["lines"]) == (None, None, 7)


def test_hours_of_lines_are_told_in_several_records() -> None:
    times = [
        f"2026-11-21T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}" for second in range(2500)
    ]
    told = line_counts((f"{time}.000000000Z", SHOP | {"lines": 1}) for time in times)
    assert [len(value["seconds"]) for _, value in told] == [1000, 1000, 500]


def test_cycles_of_a_second_are_summed_up() -> None:
    ((key, value),) = gc_cycles([cycle(), cycle(pause_ns=20_000), cycle(alloc_bytes=None, interval_ns=None)])
    assert (key, value["kind"]) == ("shop/cart/prod", "gc")
    assert value["seconds"] == [
        {
            "time": "2026-11-21T00:00:01.000000000Z",
            "release": "1.2",
            "gc_cycles": 3,
            "alloc_bytes": 8192,
            "covered_s": 1.0,
            "pauses": [17_000, 20_000, 17_000],
            "heap_goal_bytes": 20480,
            "heap_live_bytes": 8192,
        }
    ]


def test_heap_goals_are_told_beside_what_the_cycles_before_left_in_use() -> None:
    cycles = [cycle(), cycle(heap_goal_bytes=4506), cycle(alloc_bytes=None), cycle(heap_goal_bytes=None)]
    ((_, value),) = gc_cycles(cycles)
    (second,) = value["seconds"]
    assert (second["heap_goal_bytes"], second["heap_live_bytes"]) == (10240 + 4506, 4096 + 4096)
