"""The row of a fingerprint."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from pipeline.fingerprints import NAMED, OTHERS, Sighting, count
from tests.kafka.seen import TIME, sighting

EARLIER, LATER = "2026-11-20T23:59:59.999999999Z", "2026-11-21T00:20:46.000000000Z"


def read(value: dict[str, Any]) -> Sighting:
    return Sighting.model_validate_json(orjson.dumps(value))


def writer(**changed: Any) -> dict[str, Any]:
    """Return who crashed, as a sighting tells it."""
    known: dict[str, Any] = sighting(0)["by"][0]
    return known | changed


def row(values: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the row after some sightings."""
    made: dict[str, Any] | None = None
    for value in values:
        made, effects = count(made, read(value))
        assert effects == []
    assert made
    return made


def test_a_row_holds_who_crashed_how_often_since_when() -> None:
    other = writer(service_name="pay", environment=None, release="v1.43", count=2, last_time=LATER)
    values = [sighting(0), sighting(0, count=3, by=[writer(first_time=EARLIER), other], sample_id="b" * 32)]
    assert row(values) == {
        "fingerprint": sighting(0)["fingerprint"],
        "fingerprint_version": 1,
        "shard": "github.com/acme/000",
        "title": "a bug",
        "crashes_total": 4,
        "releases": {"v1.42": 2, "v1.43": 2},
        "services": {"shop/cart/live": 2, "shop/pay/": 2},
        "first_seen": EARLIER,
        "last_seen": LATER,
        "sample_id": "b" * 32,
    }


def test_a_title_stays_where_a_sighting_brings_none() -> None:
    assert row([sighting(0), sighting(0, signature=None)])["title"] == "a bug"
    assert row([sighting(0, signature=None)])["title"] is None


def test_times_that_are_not_known_count_for_nothing() -> None:
    unknown = sighting(0, by=[writer(first_time=None, last_time=None)])
    assert [row([unknown])[name] for name in ("first_seen", "last_seen")] == [None, None]
    assert [row([sighting(0), unknown])[name] for name in ("first_seen", "last_seen")] == [TIME, TIME]


def test_releases_beyond_the_bound_are_counted_as_one_and_none_is_lost() -> None:
    made = row(sighting(0, by=[writer(release=f"v{number}")]) for number in range(NAMED + 7))
    assert (len(made["releases"]), made["releases"][OTHERS]) == (NAMED + 1, 7)
    assert sum(made["releases"].values()) == made["crashes_total"] == NAMED + 7


def test_a_step_changes_nothing_that_it_was_given() -> None:
    known = row([sighting(0)])
    before = deepcopy(known)
    count(known, read(sighting(0, by=[writer(release="v2")])))
    assert known == before


@pytest.mark.parametrize(
    "changed",
    [
        {"schema_version": 2},
        {"count": -1},
        {"count": "1"},
        {"fingerprint": None},
        {"by": [{"count": 1}]},
    ],
)
def test_a_value_that_is_no_sighting_is_not_taken_for_one(changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(sighting(0, **changed))


def test_a_field_that_is_new_does_no_harm() -> None:
    assert row([sighting(0, flavour="new")])["crashes_total"] == 1
