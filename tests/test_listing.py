"""Which bugs are shown, in which order; and where an id is found."""

from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from pipeline.listing import Sort, State, Wanted
from pipeline.states import STATES
from tests.timeline import DAY, SHARD, Timeline, cluster, digits, sighting, stack

OTHER_SHARD = "github.com/acme/pay"
TIMES = st.one_of(st.none(), st.sampled_from(["2026-11-20", "2026-11-21"]))
BUGS = st.lists(
    st.fixed_dictionaries(
        {
            "cluster_id": st.uuids().map(str),
            "state": st.sampled_from(STATES),
            **dict.fromkeys(("crashes_total", "crashes_1h", "crashes_24h", "streams"), st.integers(0, 3)),
            **dict.fromkeys(("first_seen", "last_seen"), TIMES),
        }
    ),
    unique_by=lambda bug: str(bug["cluster_id"]),
    max_size=30,
)
QUESTIONS = st.builds(
    Wanted,
    sort=st.sampled_from(get_args(Sort)),
    state=st.sampled_from([None, *STATES]),
    limit=st.integers(1, 10),
    offset=st.integers(0, 12),
)


@given(BUGS, QUESTIONS, st.integers(1, 4))
def test_pages_of_parts_are_those_of_the_whole(
    bugs: list[dict[str, Any]], wanted: Wanted, workers: int
) -> None:
    taken = [bug for bug in bugs if wanted.takes(bug)]
    parts = [wanted.first(taken[number::workers]) for number in range(workers)]
    page = wanted.page(bug for part in parts for bug in part)
    assert page == wanted.page(taken) == wanted.page(reversed(taken))
    assert all(bug["state"] == wanted.state for bug in page if wanted.state)


@given(BUGS, QUESTIONS)
def test_most_is_first_and_what_is_not_known_is_last(bugs: list[dict[str, Any]], wanted: Wanted) -> None:
    values = [bug[wanted.sort] for bug in wanted.first(bugs)]
    known = [value for value in values if value is not None]
    assert known == sorted(known, reverse=True)
    assert values[: len(known)] == known


def test_the_states_that_can_be_asked_for_are_those_that_there_are() -> None:
    assert get_args(State) == STATES


def test_a_question_is_plain_where_crashes_alone_decide() -> None:
    assert [Wanted().is_plain, Wanted(limit=3, offset=9).is_plain] == [True, True]
    others = [
        {"state": "new"},
        {"service": "a"},
        {"release": ""},
        {"shard": "a"},
        {"search": ""},
        {"sort": "streams"},
    ]
    assert [Wanted.model_validate(other).is_plain for other in others] == [False] * len(others)


def shop() -> Timeline:
    """Return a partition of two shards; `wrapped` was merged into `total`."""
    timeline = Timeline()
    timeline.sees("total", stack("cart.Total"))
    timeline.sees("wrapped", stack("stock.Wrapped", route="Other"))
    timeline.takes(sighting("charge", ["pay.Charge"], shard=OTHER_SHARD), 0)
    timeline.says("merge", cluster("wrapped"), into=cluster("total"))
    return timeline


def test_an_id_is_found_in_its_shard_an_alias_too_after_a_restart_too() -> None:
    timeline = shop()
    for _ in range(2):
        found = [timeline.clusters.shard_of(cluster(name)) for name in ("total", "wrapped", "charge", "none")]
        assert found == [SHARD, SHARD, OTHER_SHARD, None]
        assert timeline.clusters.canonical(cluster("wrapped")) == cluster("total")
        timeline.restart()


def test_one_that_has_left_is_found_no_more_until_it_comes_back() -> None:
    timeline = shop()
    timeline.leaves(DAY, ttl_s=60)
    timeline.takes(sighting("charge", ["pay.Charge"], 2 * DAY, shard=OTHER_SHARD), 2 * DAY)
    assert timeline.clusters.record(cluster("total"), "2026-11-23T00:00:00.000000000Z") is None
    assert timeline.clusters.shard_of(cluster("charge")) == OTHER_SHARD
    assert len(timeline.clusters) == 1


def test_one_that_was_split_off_is_found() -> None:
    timeline = shop()
    timeline.says("split", cluster("total"), DAY, fingerprints=[digits("wrapped")])
    [made] = timeline.of("wrapped")
    for _ in range(2):
        assert timeline.clusters.shard_of(made) == SHARD
        assert timeline.record(made)["fingerprints_total"] == 1
        timeline.restart()
