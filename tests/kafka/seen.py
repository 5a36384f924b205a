"""Sightings as DETECT writes them, of a fleet that crashes all the time, and how often each was seen."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson

SOURCES = 8  # source partitions
FINGERPRINTS = 200
TIME = "2026-11-21T00:20:45.120249605Z"


def sighting(number: int, **changed: Any) -> dict[str, Any]:
    """Return sighting `number` (from 0), one crash in another block of its source partition."""
    fingerprint, offset = fingerprint_of(number), number // SOURCES
    return {
        "schema_version": 1,
        "fingerprint": fingerprint,
        "fingerprint_version": 1,
        "trace_hash": fingerprint,
        "shard": f"github.com/acme/{fingerprint[-3:]}",
        "source_topic": "logs.shop",
        "source_topic_id": "Ep9LqZ3mT0mVwq1vX9nF2A",
        "source_partition": number % SOURCES,
        "from_offset": offset,
        "through_offset": offset,
        "step": 0,
        "count": 1,
        "by": [
            {
                "service_name": "cart",
                "service_namespace": "shop",
                "environment": "live",
                "release": "v1.42",
                "stream_id": "3f9a1c5e7b2d",
                "count": 1,
                "first_time": TIME,
                "last_time": TIME,
            }
        ],
        "sample_id": f"{number:032x}",
        "signature": {
            "title": "a bug",
            "template": "a bug",
            "type": None,
            "frames": [f"github.com/acme/{fingerprint[-3:]}.Do{fingerprint[-3:]}", "main.main"],
            "culprit": None,
        },
    } | changed


def fingerprint_of(number: int) -> str:
    """Return the fingerprint of sighting `number`."""
    return digits(number * 7 % FINGERPRINTS)


def digits(number: int) -> str:
    """Return the fingerprint of a number: as in life, its first digits tell it from others."""
    return f"{number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128):032x}"


def records(first: int, count: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield so many sightings as keys and values."""
    return (record(sighting(number)) for number in range(first, first + count))


def record(value: dict[str, Any]) -> tuple[bytes, bytes]:
    """Return a sighting as key and value."""
    return value["shard"].encode(), orjson.dumps(value)


def truth(count: int) -> Counter[str]:
    """Return how often each fingerprint was seen in the first `count` sightings."""
    return Counter(map(fingerprint_of, range(count)))
