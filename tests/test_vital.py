"""What those who watch read of `vitals`."""

from typing import Any

import orjson
import pytest

from pipeline.step import BadRecordError
from pipeline.vital import Vital, read_vital

SECOND = {"time": "2026-11-21T00:00:00.000000000Z", "release": "v1", "crashes": 2, "lines": 0, "covered_s": 0}
COUNTS: dict[str, Any] = {
    "schema_version": 1,
    "kind": "counts",
    "service_name": "cart",
    "service_namespace": "shop",
    "environment": "live",
    "watermark": None,
    "seconds": [SECOND],
}


def read(**changed: object) -> Vital:
    return read_vital(orjson.dumps(COUNTS | changed))


def refused(written: bytes) -> tuple[str, str]:
    with pytest.raises(BadRecordError) as raised:
        read_vital(written)
    return raised.value.reason, raised.value.detail


def test_counts_are_read() -> None:
    vital = read()
    (second,) = vital.seconds
    assert (vital.service, second.get("crashes"), second.get("pauses")) == (("shop", "cart", "live"), 2, None)


def test_a_kind_that_is_not_known_is_passed_over_whatever_it_holds() -> None:
    assert read(kind="moon_phase", seconds="full").kind == "moon_phase"


def test_another_version_is_refused() -> None:
    assert refused(orjson.dumps(COUNTS | {"schema_version": 2}))[0] == "schema_version"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("crashes", b"-1"),
        ("crashes", b"1.5"),
        ("crashes", b"NaN"),
        ("lines", b"99999999999999999999"),
        ("covered_s", b"NaN"),
        ("covered_s", b"Infinity"),
        ("covered_s", b"-0.1"),
        ("time", b'"noon"'),
        ("time", b'"2026-13-01T00:00:00.000000000Z"'),
    ],
)
def test_what_is_no_count_no_span_and_no_time_is_refused(field: str, value: bytes) -> None:
    written = orjson.dumps(COUNTS | {"seconds": [{**SECOND, field: "HERE"}]}).replace(b'"HERE"', value)
    reason, detail = refused(written)
    assert (reason, detail.startswith(f"seconds.0.{field}: ")) == ("unreadable", True)


def test_what_is_no_json_is_refused() -> None:
    assert refused(b"{")[0] == "unreadable"


def test_a_tick_without_a_watermark_is_refused() -> None:
    tick = {"kind": "tick", "seconds": [], "worker": "w/1", "time": SECOND["time"], "lag_s": 0.0}
    assert refused(orjson.dumps(COUNTS | tick)) == (
        "unreadable",
        "watermark: missing in a record of kind tick",
    )


def test_a_cluster_that_is_not_named_is_refused() -> None:
    assert refused(orjson.dumps(COUNTS | {"kind": "cluster_new"})) == (
        "unreadable",
        "cluster_id: missing in a record of kind cluster_new",
    )
