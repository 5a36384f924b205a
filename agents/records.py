"""Kafka records as JSON, one a line: what `kcat -J` prints, and the same with binary values as base64."""

import base64
import json
from types import NoneType
from typing import Any, NamedTuple

import orjson

# Kafka counts partitions in 31 bits and offsets in 63; there is always a next offset.
LAST_PARTITION, LAST_OFFSET = 2**31 - 1, 2**63 - 2
YEAR_2200_MS = 7_258_118_400_000  # a later timestamp is none: somebody counted in other units

KINDS = {
    NoneType: "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
}


class Record(NamedTuple):
    """A record; topic and offset None where the line does not say, timestamp in ms since 1970, 0 for none."""

    topic: str | None
    partition: int
    offset: int | None
    timestamp: int
    key: bytes | None
    headers: list[tuple[str, bytes | None]] | None
    value: bytes | None


class BrokenRecordError(Exception):
    """A line is no record; the text says what is wrong with it."""


def record(line: bytes) -> Record:
    """Read one line. Raises BrokenRecordError."""
    fields = _parsed(line)
    if not isinstance(fields, dict):
        raise BrokenRecordError(f"a record is an object, this is {_kind(fields)}")
    if not fields.keys() & {"value", "value_b64", "payload"}:
        raise BrokenRecordError("a record has value, value_b64 or payload, this has none of them")
    topic = _text(fields, "topic")
    return Record(
        topic=None if topic is None else topic.encode(errors="backslashreplace").decode(),
        partition=_bounded(_whole(fields, "partition"), LAST_PARTITION, "partition") or 0,
        offset=_bounded(_whole(fields, "offset"), LAST_OFFSET, "offset"),
        timestamp=_timestamp(_whole(fields, "record_timestamp_ms", "ts") or 0),
        key=_bytes(fields, "key"),
        headers=_headers(fields.get("headers")),
        value=_bytes(fields, "value", "payload"),
    )


def _parsed(line: bytes) -> object:
    try:
        return orjson.loads(line) if _is_text(line) else json.loads(line.decode(errors="surrogateescape"))
    except json.JSONDecodeError as error:  # orjson's is one of these
        raise BrokenRecordError(f"no JSON: {error.msg} at character {error.colno}") from error
    except (ValueError, RecursionError) as error:
        raise BrokenRecordError(f"no JSON: {error}") from error


def _is_text(line: bytes) -> bool:
    """Tell whether the line is UTF-8: `kcat` prints values as they are."""
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _text(fields: dict[str, Any], *names: str) -> str | None:
    """Return the first of the fields that is there, None where all are null or missing."""
    name, value = _first(fields, names)
    if value is not None and not isinstance(value, str):
        raise BrokenRecordError(f"{name} is {_kind(value)}, not text")
    return value


def _whole(fields: dict[str, Any], *names: str) -> int | None:
    """Return the first of the fields that is there."""
    name, value = _first(fields, names)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise BrokenRecordError(f"{name} is {_kind(value)}, not a whole number")
    return value


def _bounded(number: int | None, last: int, name: str) -> int | None:
    if number is not None and not 0 <= number <= last:
        raise BrokenRecordError(f"{name} is {number}, not in 0 to {last}")
    return number


def _timestamp(ms: int) -> int:
    """Return 0 for what is no time; `kcat` writes -1 for none."""
    return ms if 0 < ms < YEAR_2200_MS else 0


def _first(fields: dict[str, Any], names: tuple[str, ...]) -> tuple[str, object]:
    for name in names:
        if (value := fields.get(name)) is not None:
            return name, value
    return names[0], None


def _kind(value: object) -> str:
    return KINDS[type(value)]


def _bytes(fields: dict[str, Any], *names: str) -> bytes | None:
    encoded = _text(fields, f"{names[0]}_b64")
    if encoded is None:
        text = _text(fields, *names)
        return None if text is None else _raw(text, names[0])
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise BrokenRecordError(f"{names[0]}_b64 is no base64: {error}") from error


def _raw(text: str, name: str) -> bytes:
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError as error:
        raise BrokenRecordError(f"{name} has half a character: {error.reason}") from error


def _headers(headers: object) -> list[tuple[str, bytes | None]] | None:
    """Return name and value of each: from pairs, or from what `kcat` prints, a flat list or an object."""
    match headers:
        case None:
            return None
        case dict():
            pairs = [[name, value] for name, values in headers.items() for value in _listed(values)]
        case list() if all(isinstance(pair, list) for pair in headers):
            pairs = headers
        case list():
            pairs = [headers[at : at + 2] for at in range(0, len(headers), 2)]
        case _:
            raise BrokenRecordError(f"headers is {_kind(headers)}, not a list")
    return [_header(pair) for pair in pairs]


def _listed(values: object) -> list[Any]:
    return values if isinstance(values, list) else [values]


def _header(pair: list[Any]) -> tuple[str, bytes | None]:
    match pair:
        case [str(name), str() | None as value]:
            clean = name.encode(errors="backslashreplace").decode()
            return clean, None if value is None else _raw(value, "headers")
    raise BrokenRecordError("a header is a pair of name and value, both text")
