"""Crashes made smaller: many of one fingerprint, and those too large for their topic."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.abbreviate import Copies, abbreviated, fitted
from tests.crashes import crash


def test_the_first_copies_of_a_minute_are_told_whole() -> None:
    copies = Copies(2)
    assert [copies.is_told_whole("a", now) for now in (0, 1, 2, 59, 60)] == [True, True, False, False, True]


def test_each_fingerprint_has_copies_of_its_own() -> None:
    copies = Copies(1)
    assert [copies.is_told_whole(fingerprint, 0) for fingerprint in "aba"] == [True, True, False]


def test_an_abbreviated_crash_keeps_its_scalars() -> None:
    whole, short = crash(), abbreviated(crash())
    changed = {name for name in whole if whole[name] != short[name]}
    assert changed == {"chain", "frames", "raw", "abbreviated"} | (
        {"goroutines"} if whole["goroutines"] else set()
    )


def test_a_crash_that_fits_is_not_changed() -> None:
    assert orjson.loads(fitted(crash(), 1_000_000, orjson.dumps)) == crash()


def test_of_a_crash_too_large_the_raw_text_is_cut_first() -> None:
    big = crash(raw="x" * 100_000)
    small = orjson.loads(fitted(big, 50_000, orjson.dumps))
    assert small["raw_truncated"]
    assert small | {"raw": "", "raw_truncated": False} == big | {"raw": "", "raw_truncated": False}


@pytest.mark.parametrize("limit", [4_000, 10_000, 100_000])
@given(st.integers(0, 300_000), st.integers(0, 2_000), st.integers(0, 300_000))
def test_a_crash_of_any_size_fits_and_is_marked(limit: int, raw: int, frames: int, message: int) -> None:
    big = crash(raw="ä" * raw, frames=crash()["frames"] * frames, message="\n" * message)
    written = fitted(big, limit, orjson.dumps)
    small = orjson.loads(written)
    assert len(written) <= limit
    assert small == big or small["raw_truncated"]
    assert small["id"] == big["id"]
