"""Dumps of records: JSON, one record a line, as the command line reads them."""

import base64
from collections.abc import Iterable
from typing import Any

import orjson

from agents.records import Record

Fields = dict[str, Any]
"""A record as JSON has it, or what is given of it."""


def fields(record: Record) -> Fields:
    """Return a record as JSON has it; what it does not say is left out."""
    value = record.value or b""
    text = {"value": value.decode()} if _is_text(value) else {"value_b64": base64.b64encode(value).decode()}
    given: Fields = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": record.key and record.key.decode(),
        "headers": record.headers and [[name, (value or b"").decode()] for name, value in record.headers],
        "record_timestamp_ms": record.timestamp,
        **text,
    }
    return {name: value for name, value in given.items() if value is not None}


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def dump(records: Iterable[Record | Fields], topic: str | None = None) -> bytes:
    """Write records one a line."""
    named = {} if topic is None else {"topic": topic}
    rows = (named | (fields(record) if isinstance(record, Record) else record) for record in records)
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


def kcat(records: Iterable[Record], topic: str) -> bytes:
    """Write records as `kcat -C -J` prints them."""
    return dump(
        {
            "topic": topic,
            "partition": record.partition,
            "offset": offset,
            "tstype": "create",
            "ts": record.timestamp,
            "broker": 1,
            "headers": ["shipper", "test"],
            "key": record.key and record.key.decode(),
            "payload": (record.value or b"").decode(),
        }
        for offset, record in enumerate(records)
    )


def spread(records: list[Record], *starts: int) -> list[Record]:
    """Begin a new partition at each of these records, as a producer without a key does all the time."""
    return [
        record._replace(partition=sum(start <= number for start in starts))
        for number, record in enumerate(records)
    ]
