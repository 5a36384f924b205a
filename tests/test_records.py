"""Records as JSON lines: what `agents.records` reads of them, and what it refuses."""

import base64
import contextlib
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.records import BrokenRecordError, Record, record

NOTHING = Record(topic=None, partition=0, offset=None, timestamp=0, key=None, headers=None, value=None)
WHOLE = NOTHING._replace(
    topic="logs.shop",
    partition=3,
    offset=1042,
    timestamp=1795220445120,
    key=b"3f9a",
    headers=[("ce_time", b"2026-11-21T00:20:45Z")],
    value=b"panic: boom",
)


def read(**fields: object) -> Record:
    return record(orjson.dumps(fields))


def test_a_record_with_all_its_fields() -> None:
    fields = {
        "topic": "logs.shop",
        "partition": 3,
        "offset": 1042,
        "key": "3f9a",
        "headers": [["ce_time", "2026-11-21T00:20:45Z"]],
        "record_timestamp_ms": 1795220445120,
        "value": "panic: boom",
    }
    assert read(**fields) == WHOLE


def test_a_record_as_kcat_prints_it() -> None:
    line = (
        b'{"topic":"logs.shop","partition":3,"offset":1042,"tstype":"create","ts":1795220445120,"broker":1,'
        b'"headers":["ce_time","2026-11-21T00:20:45Z"],"key":"3f9a","payload":"panic: boom"}'
    )
    assert record(line) == WHOLE


def test_only_the_value_is_needed() -> None:
    assert read(value="panic: boom") == NOTHING._replace(value=b"panic: boom")


@pytest.mark.parametrize("name", ["value", "payload", "value_b64"])
def test_a_null_value_is_a_tombstone(name: str) -> None:
    assert read(**{name: None}) == NOTHING


def test_bytes_that_are_no_text_come_as_base64() -> None:
    fields = {"value_b64": base64.b64encode(b"\n\x13\xff").decode(), "key_b64": "/w=="}
    assert read(**fields) == NOTHING._replace(value=b"\n\x13\xff", key=b"\xff")


def test_bytes_that_are_no_text_come_as_kcat_prints_them() -> None:
    assert record(b'{"key":"\xff","payload":"a\\u0000\xc3\xa9\xfe"}') == NOTHING._replace(
        key=b"\xff", value=b"a\x00\xc3\xa9\xfe"
    )


@pytest.mark.parametrize(
    "headers", [["a", "1", "b", None], [["a", "1"], ["b", None]], {"a": ["1"], "b": [None]}]
)
def test_headers_come_in_pairs_in_one_list_and_by_name(headers: object) -> None:
    assert read(value="", headers=headers).headers == [("a", b"1"), ("b", None)]


@pytest.mark.parametrize("ms", [-1, 0, 1795220445120364203])
def test_a_timestamp_that_is_none(ms: int) -> None:
    assert read(value="", ts=ms).timestamp == 0


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"panic: boom", "no JSON: unexpected character, expected a JSON value at character 1"),
        (b'{"value":"x"', "no JSON: unexpected end of data at character 13"),
        (b"\xff", "no JSON: Expecting value at character 1"),
        (b'{"value":"\\ud800"}', "no JSON: no low surrogate in string at character 11"),
        (b'{"value":"\xff\\ud800"}', "value has half a character: surrogates not allowed"),
        (b"[1]", "a record is an object, this is a list"),
        (b'"x"', "a record is an object, this is text"),
        (b"null", "a record is an object, this is null"),
        (b"{}", "a record has value, value_b64 or payload, this has none of them"),
        (b'{"log":"x"}', "a record has value, value_b64 or payload, this has none of them"),
        (b'{"value":1}', "value is a number, not text"),
        (b'{"payload":{"log":"x"}}', "payload is an object, not text"),
        (b'{"value":"","key":true}', "key is true or false, not text"),
        (b'{"value":"","topic":["x"]}', "topic is a list, not text"),
        (b'{"value_b64":"?"}', "value_b64 is no base64: Only base64 data is allowed"),
        (b'{"value_b64":"AA"}', "value_b64 is no base64: Incorrect padding"),
        (b'{"value":"","offset":"7"}', "offset is text, not a whole number"),
        (b'{"value":"","offset":7.5}', "offset is a number, not a whole number"),
        (b'{"value":"","offset":-1}', "offset is -1, not in 0 to 9223372036854775806"),
        (b'{"value":"","partition":2147483648}', "partition is 2147483648, not in 0 to 2147483647"),
        (b'{"value":"","partition":false}', "partition is true or false, not a whole number"),
        (b'{"value":"","ts":"now"}', "ts is text, not a whole number"),
        (b'{"value":"","headers":"a"}', "headers is text, not a list"),
        (b'{"value":"","headers":["a"]}', "a header is a pair of name and value, both text"),
        (b'{"value":"","headers":[["a",1]]}', "a header is a pair of name and value, both text"),
    ],
)
def test_a_line_that_is_no_record_says_what_is_wrong(line: bytes, complaint: str) -> None:
    with pytest.raises(BrokenRecordError) as broken:
        record(line)
    assert str(broken.value) == complaint


ODD: list[Any] = [None, True, 0, -1, 2**31, 2**63, 2**64 - 1, 1.5, 1e300, "", "AA==", "\N{SNOWMAN}", "x\0"]
ODD += [[], ["a"], ["a", "b"], [["a", "b"]], [["a", None]], [[]], [{}], {}, {"a": ["b"]}, {"a": {}}]
FIELDS = ("topic", "partition", "offset", "key", "key_b64", "headers", "ts", "value", "value_b64", "payload")


@given(st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(ODD)))
def test_any_object_is_a_record_or_says_what_is_wrong(fields: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenRecordError):
        record(orjson.dumps(fields))


@given(st.binary())
def test_any_bytes_are_a_record_or_say_what_is_wrong(line: bytes) -> None:
    with contextlib.suppress(BrokenRecordError):
        record(line)


def test_json_that_is_too_deep_is_no_record() -> None:
    with pytest.raises(BrokenRecordError, match="no JSON"):
        record(b"[" * 100_000 + b"\xff")
