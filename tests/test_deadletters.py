"""Dead letters: our headers told from the record's own, and what was put back remembered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.deadletters import Asked, Origin, Retried, StrangeError, parted

OURS = [
    ("panicstream.reason", b"cut_json"),
    ("panicstream.source_topic", b"logs.shop"),
    ("panicstream.source_partition", b"3"),
    ("panicstream.source_offset", b"2019"),
    ("panicstream.time", b"2026-11-21T00:20:46.003127514Z"),
]
ORIGIN = Origin("cut_json", "", "logs.shop", 3, 2019, "2026-11-21T00:20:46.003127514Z", None)


def of(topic: str, reason: str) -> Origin:
    return Origin(reason, "", topic, 0, 0, "", None)


def test_our_headers_say_where_it_comes_from() -> None:
    assert parted(OURS) == (ORIGIN, [])


def test_the_headers_of_the_record_stay_its_own() -> None:
    own = [("shipper", b"fluent-bit"), ("shipper", None)]
    assert parted([*own, *OURS]) == (ORIGIN, own)


def test_headers_that_only_look_like_ours_stay_with_the_record() -> None:
    forged = [
        ("panicstream.reason", b"none"),
        ("panicstream.source_topic", b"elsewhere"),
        ("panicstream.cut", b"1"),
    ]
    assert parted([*forged, *OURS]) == (ORIGIN, forged)


def test_a_value_that_was_cut_says_how_long_it_was() -> None:
    origin, _ = parted([*OURS, ("panicstream.cut", b"20000000")])
    assert origin.size == 20_000_000


@pytest.mark.parametrize(
    "headers",
    [[], OURS[1:], OURS[:3], [*OURS[:2], ("panicstream.source_partition", b"three"), *OURS[3:]], OURS[:1]],
)
def test_a_record_without_our_headers_is_no_dead_letter(headers: list[tuple[str, bytes]]) -> None:
    with pytest.raises(StrangeError):
        parted(headers)


def test_what_was_put_back_for_one_reason_was_not_for_another() -> None:
    retried = Retried().later(Asked(reason="a"), 7)
    assert (retried.has(of("t", "a"), 7), retried.has(of("t", "a"), 8), retried.has(of("t", "b"), 7)) == (
        True,
        False,
        False,
    )


def test_what_a_wider_retry_covers_is_forgotten() -> None:
    retried = Retried().later(Asked("t", "a"), 5).later(Asked("t"), 4).later(Asked(), 9).later(Asked("t"), 12)
    assert retried.through == ((Asked(), 9), (Asked("t"), 12))


def test_the_position_is_behind_what_was_put_back_for_any_reason() -> None:
    assert (Retried().later(Asked("t"), 5).position, Retried().later(Asked(), 5).position) == (0, 6)


def test_metadata_of_somebody_else_remembers_nothing() -> None:
    assert [Retried.read(text) for text in ("", "note", "{}", "[1]", '[["t", null, "x"]]')] == [Retried()] * 5


NAMES = st.sampled_from(["a", "b", None])
ASKED = st.builds(Asked, NAMES, NAMES)
LETTERS = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("ab")), max_size=12)


@given(letters=LETTERS, calls=st.lists(ASKED, max_size=6))
def test_each_letter_is_put_back_once_whatever_is_asked_for_in_turn(
    letters: list[tuple[str, str]], calls: list[Asked]
) -> None:
    retried, put_back = Retried(), []
    for asked in [*calls, Asked()]:
        through = -1
        for offset, (topic, reason) in enumerate(letters):
            origin = of(topic, reason)
            if asked.means(origin) and not retried.has(origin, offset):
                put_back.append(offset)
                through = offset
        if through >= 0:
            retried = Retried.read(retried.later(asked, through).written())
    assert sorted(put_back) == list(range(len(letters)))
