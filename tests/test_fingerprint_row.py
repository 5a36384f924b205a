"""The row of a fingerprint: a sighting is counted, exactly, in bounded space."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline._native import add_streams, count_streams
from pipeline.buckets import counted as in_buckets
from pipeline.buckets import latest
from pipeline.event_time import DAY, HOUR, MINUTE, seconds
from pipeline.fingerprint_row import NAMED, OTHERS, SPANS, TRACES, counted, sketch, stub
from pipeline.sighting import FRAMES, Sighting, read_sighting
from pipeline.step import BadRecordError
from tests.timeline import SHARD, at, digits, sighting, stack

Row = dict[str, Any]


def read(value: Row) -> Sighting:
    return read_sighting(orjson.dumps(value))


def row(*values: Row, known: Row | None = None, now: str = at(10 * DAY)) -> Row:
    """Return the row after some sightings."""
    made = known
    for value in values:
        made = counted(made, read(value), now, add_streams)
    assert made
    return made


def seen(second: float = 0, **changed: Any) -> Row:
    return sighting("a", stack("cart.Total"), second, **changed)


def test_a_row_holds_who_crashed_how_often_since_when() -> None:
    made = row(seen(0), seen(60, count=3, release="v2", service_name="pay", stream_id="s2"))
    assert {
        name: made[name] for name in ("crashes_total", "services", "releases", "first_seen", "last_seen")
    } == {
        "crashes_total": 4,
        "services": [["shop", "cart", "live", 1], ["shop", "pay", "live", 3]],
        "releases": [
            ["shop/cart/live", "v1", 1, at(0), at(0)],
            ["shop/pay/live", "v2", 3, at(60), at(60)],
        ],
        "first_seen": at(0),
        "last_seen": at(60),
    }
    assert count_streams([sketch(made)]) == 2


def test_a_row_has_no_home_before_it_is_placed() -> None:
    made = row(seen())
    assert (made["home"], made["ordinal"], made["sort"], made["shard"]) == (None, None, "fingerprint", SHARD)


def test_crashes_are_counted_by_minute_hour_and_day_of_event_time() -> None:
    made = row(seen(0), seen(90, count=2), seen(30))
    start = seconds(at(0))
    assert made["minutes"] == [start // MINUTE + 1, 2, 2]
    assert (made["hours"], made["days"]) == ([start // HOUR, 4], [start // DAY, 4])


def test_what_comes_too_late_for_a_bucket_is_in_the_total() -> None:
    made = row(seen(2 * HOUR), seen(0))
    assert (sum(made["minutes"][1:]), sum(made["hours"][1:]), made["crashes_total"]) == (1, 2, 2)
    assert made["first_seen"] == at(0)


def test_times_that_are_not_known_count_in_the_total_alone() -> None:
    value = seen()
    value["by"][0] |= {"first_time": None, "last_time": None}
    made = row(value)
    assert [made[name] for name in ("crashes_total", "minutes", "first_seen", "last_seen")] == [
        1,
        [],
        None,
        None,
    ]


def test_a_clock_that_is_far_ahead_moves_no_bucket_away() -> None:
    made = row(seen(0), seen(900 * DAY), now=at(60))
    assert (made["last_seen"], sum(made["minutes"][1:])) == (at(60), 2)


def test_services_and_releases_beyond_the_bound_are_counted_as_one_and_none_is_lost() -> None:
    many = (seen(number, release=f"v{number}", service_name=f"s{number}") for number in range(NAMED + 7))
    made = row(*many)
    assert made["services"][-1] == [OTHERS] * 3 + [7]
    assert [fact[2] for fact in made["releases"] if fact[0] == OTHERS] == [7]
    assert (len(made["services"]), len(made["releases"])) == (NAMED + 1, NAMED + 1)


def test_what_is_compared_stays_as_it_came_first() -> None:
    made = row(sighting("a"), sighting("a", ["first"]), sighting("a", ["second"]))
    assert made["frames"] == ["first"]


def test_of_ten_thousand_frames_those_count_that_are_compared() -> None:
    made = row(sighting("a", [f"f{number}" for number in range(10_000)]))
    assert made["frames"] == [f"f{number}" for number in range(FRAMES)]


def test_a_row_remembers_some_traces() -> None:
    made = row(*(seen(trace_hash=digits(f"{number}")) for number in [0, 0, *range(20)]))
    assert made["traces"] == [digits(f"{number}")[:16] for number in range(TRACES)]


def test_a_row_that_leaves_and_comes_back_goes_on_counting() -> None:
    before = row(seen(0)) | {"home": "c-1", "ordinal": 7}
    made = row(seen(DAY), known=stub(before, at(100), 0))
    kept = [made[name] for name in ("home", "ordinal", "crashes_total", "first_seen", "sort")]
    assert kept == ["c-1", 7, 2, at(0), "fingerprint"]
    assert "left" not in made


def test_a_row_knows_when_it_was_last_told_of_whatever_its_crashes_say() -> None:
    made = row(seen(-900 * DAY), now=at(7))
    assert row(seen(0), known=made, now=at(3))["told"] == made["told"] == seconds(at(7))
    assert row(seen(0), known=stub(made | {"ordinal": 7}, at(9), 0), now=at(3))["told"] == seconds(at(7))


def test_a_row_has_about_a_kilobyte() -> None:
    calm = [seen(number * HOUR, release=f"v1.4{number % 3}", stream_id=f"{number}") for number in range(8)]
    assert len(orjson.dumps(row(calm[0]))) < 1_024
    assert len(orjson.dumps(row(*calm))) < 1_300


def test_a_row_stays_small_whatever_comes() -> None:
    storm = (
        seen(number * 997, count=1000, release=f"v{number}", service_name=f"s{number}", stream_id=f"{number}")
        for number in range(3_000)
    )
    assert len(orjson.dumps(row(*storm, now=at(90 * DAY)))) < 12_000


@pytest.mark.parametrize(
    ("changed", "reason", "detail"),
    [
        ({"schema_version": 2}, "schema_version", "schema_version: Input should be 1"),
        ({"count": -1}, "unreadable", "count: Input should be greater than or equal to 0"),
        ({"fingerprint": None}, "unreadable", "fingerprint: Input should be a valid string"),
        ({"trace_hash": "x"}, "unreadable", "trace_hash: String should match pattern '^[0-9a-f]{32}$'"),
        ({"by": [{"count": 1}]}, "unreadable", "by.0.service_name: Field required"),
    ],
)
def test_a_value_that_is_no_sighting_is_said_in_one_line(changed: Row, reason: str, detail: str) -> None:
    with pytest.raises(BadRecordError) as refused:
        read(seen() | changed)
    assert (refused.value.reason, refused.value.detail) == (reason, detail)


def test_what_is_no_json_is_no_sighting() -> None:
    with pytest.raises(BadRecordError, match="Invalid JSON"):
        read_sighting(b"{")


def test_a_field_that_is_new_does_no_harm() -> None:
    assert row(seen() | {"flavour": "new"})["crashes_total"] == 1


SEEN = st.tuples(st.integers(0, 100 * DAY), st.integers(1, 9), st.sampled_from("ab"), st.sampled_from("xyz"))


@given(st.lists(SEEN, min_size=1, max_size=30))
def test_every_crash_is_counted_once_whatever_its_time(drawn: Iterable[tuple[int, int, str, str]]) -> None:
    values = [
        seen(second, count=count, service_name=name, release=release)
        for second, count, name, release in drawn
    ]
    made, total = row(*values, now=at(100 * DAY)), sum(value["count"] for value in values)
    assert made["crashes_total"] == total
    assert (
        sum(service[-1] for service in made["services"]) == sum(one[2] for one in made["releases"]) == total
    )
    assert all(len(made[name]) <= kept + 1 for name, (_, kept) in SPANS.items())


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(1, 9)), max_size=40))
def test_buckets_hold_what_is_in_their_reach_of_the_newest(drawn: list[tuple[int, int]]) -> None:
    """Counts that came too late stay away; those that came in order are all there, each in its span."""
    buckets: list[int] = []
    for span, count in sorted(drawn):
        buckets = in_buckets(buckets, span, count, 60)
    newest = max((span for span, _ in drawn), default=0)
    for last, number in ((newest, 60), (newest, 6), (newest + 5, 60), (newest - 2, 10), (newest + 99, 60)):
        expected = [0] * number
        for span, count in drawn:
            if max(newest - 59, last - number + 1) <= span:
                expected[number - 1 - max(0, last - span)] += count
        assert latest(buckets, last, number) == expected


def test_a_count_changes_nothing_that_it_was_given() -> None:
    known = row(seen())
    before = deepcopy(known)
    counted(known, read(seen(60, release="v2")), at(60), add_streams)
    assert known == before
