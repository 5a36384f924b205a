"""Alerts as others see them."""

import re

from hypothesis import given
from hypothesis import strategies as st

from pipeline.alert import (
    ANNOTATION_BYTES,
    ANNOTATIONS_BYTES,
    LABEL_BYTES,
    annotated,
    cut,
    fingerprint,
    labelled,
)


def test_the_fingerprint_is_that_of_prometheus() -> None:
    labels = {"service": "e1", "alertname": "PanicRate", "severity": "critical"}
    assert fingerprint(labels) == "8c79229140f1873a"


def test_labels_that_are_empty_are_left_out() -> None:
    assert labelled({"service": "", "env": None, "alertname": "A"}) == {"alertname": "A"}


def test_a_long_label_is_cut_between_characters_with_a_mark() -> None:
    (service,) = labelled({"service": "😀" * 2_500}).values()
    assert re.fullmatch("😀+…[0-9a-f]{16}", service)
    assert LABEL_BYTES - 4 < len(service.encode()) <= LABEL_BYTES


def test_two_long_labels_that_begin_alike_stay_two() -> None:
    assert len({labelled({"service": "a" * 1_000 + end})["service"] for end in "bc"}) == 2


def test_annotations_are_cut_each_and_in_all() -> None:
    told = annotated({f"a{number}": "ü" * 5_000 for number in range(6)} | {"empty": None})
    sizes = [len(text.encode()) for text in told.values()]
    assert (sizes[0] <= ANNOTATION_BYTES, sum(sizes) <= ANNOTATIONS_BYTES, told["a0"][-1]) == (
        True,
        True,
        "…",
    )


@given(st.text(), st.integers(3, 40))
def test_what_is_cut_fits(text: str, limit: int) -> None:
    told = cut(text, limit)
    assert len(told.encode()) <= limit
    assert told == text or told.endswith("…")


def test_secrets_in_labels_and_annotations_are_masked_before_anybody_has_them() -> None:
    assert labelled({"service": "pay password=hunter2"}) == {"service": "pay password=[redacted:password]"}
    assert annotated({"summary": "https://kim:hunter2@host"}) == {
        "summary": "https://kim:[redacted:url-password]@host"
    }
