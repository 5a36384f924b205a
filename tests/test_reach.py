"""How far facts may get: whatever a rule sees at any time lies within the bounds."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import windows
from pipeline.alert import Timing
from pipeline.event_time import MINUTE, written
from pipeline.measures import observed
from pipeline.reach import BOUNDS, COUNTED, Mark, Reach
from pipeline.rules import Condition, Kind, Rule, Severity
from pipeline.vital import Vital
from pipeline.windows import Windows
from tests.watched import BEGIN, vital

AT = st.integers(0, 400)
FEW, MANY = st.integers(0, 3), st.integers(0, 10**12)
RELEASES = st.sampled_from(["v1", "v2", None])
COUNTS = st.builds(
    lambda at, release, crashes, lines: vital(
        "counts",
        [{"time": written(BEGIN + at), "release": release, "covered_s": 1} | crashes | lines],
    ),
    *(AT, RELEASES, st.builds(lambda n: {"crashes": n}, FEW), st.builds(lambda n: {"lines": n}, MANY)),
)
CYCLES = st.builds(
    lambda at, release, sums, pauses: vital(
        "gc", [{"time": written(BEGIN + at), "release": release, "gc_cycles": 1, "pauses": pauses} | sums]
    ),
    *(AT, RELEASES),
    st.fixed_dictionaries(
        {"alloc_bytes": MANY, "covered_s": st.floats(0, 60), "heap_goal_bytes": MANY, "heap_live_bytes": MANY}
    ),
    st.lists(st.integers(0, 10**10), max_size=5),
)


def rule(fact: str, window_s: int = 120, fire: str = ">") -> Rule:
    """Return a rule about a fact."""
    kind = {"gc_pause": Kind.QUANTILE, "heap_goal_ratio": Kind.RATIO, "crash_ratio": Kind.RATIO}
    return Rule(
        name="Some",
        kind=kind.get(fact, Kind.RATE),
        fact=fact,
        window_s=window_s,
        fire=Condition(fire, 10.0),
        clear=None,
        quantile=0.99 if fact == "gc_pause" else None,
        severity=Severity.INFO,
        summary="{service}",
    )


def kept(records: Sequence[Vital]) -> Windows:
    """Return the windows of what was told."""
    found: Windows = {}
    for record in records:
        found, _ = windows.put(found, record, Timing(BEGIN + 300, written(BEGIN + 305)))
    return found


@pytest.mark.parametrize("fact", sorted(BOUNDS))
@given(
    records=st.lists(st.one_of(COUNTS, CYCLES), max_size=20),
    at=st.integers(0, 1_200),
    window_s=st.sampled_from([10, 60, 120, 600]),
)
def test_what_is_seen_lies_within_the_bounds(fact: str, records: list[Vital], at: int, window_s: int) -> None:
    found = kept(records)
    if {"heap_goal_ratio": "gc", "alloc_rate": "gc", "gc_cycles": "gc", "gc_pause": "pauses"}.get(
        fact, fact
    ) not in found:
        return
    about = rule(fact, window_s)
    least, most = Reach(found).of(fact)
    times = MINUTE / window_s if fact in COUNTED else 1
    for release in (None, *windows.releases(found)):
        seen = observed(about, found, BEGIN + at, release)
        value = 0.0 if seen.value is None else seen.value
        assert seen.value is None or least <= value <= most * times


@pytest.mark.parametrize(("lines", "is_far"), [((9, 9, 9), True), ((9, 11, 9), False), ((10, 10, 10), False)])
def test_a_quotient_of_sums_is_far_where_all_its_parts_are(lines: tuple[int, ...], is_far: bool) -> None:
    told = [
        {"time": written(BEGIN + 10 * n), "release": "v1", "covered_s": 1, "lines": count}
        for n, count in enumerate(lines)
    ]
    found = kept([vital("counts", told)])
    ten_a_second = Mark.of([rule("lines")])._replace(above=10.0 * MINUTE)
    assert ten_a_second.is_far_from(Reach(found)) == is_far


def test_a_fact_of_which_no_bounds_are_known_is_never_far() -> None:
    found = kept([vital("counts", [{"time": written(BEGIN), "release": "v1", "covered_s": 1, "lines": 9}])])
    assert not Mark.of([rule("crash_ratio")]).is_far_from(Reach(found))


def test_of_rules_about_the_same_the_nearest_threshold_counts() -> None:
    near, low = rule("alloc_rate"), rule("alloc_rate", fire="<")
    assert Mark.of([near]).either(Mark.of([low])) == Mark("alloc_rate", 10.0, 10.0)
