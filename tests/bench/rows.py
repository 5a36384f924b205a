"""Rows of fingerprints as a long life of TRACK leaves them, made by its own code, for its changelog."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import orjson
from aiokafka.partitioner import murmur2  # type: ignore[import-untyped]  # the library has no types

from pipeline._native import add_streams
from pipeline.fingerprint_row import Row, counted
from pipeline.ledger import founded
from pipeline.row import Source, applied
from pipeline.sighting import Sighting, Signature, Writer
from tests.bench.stacks import Fleet, Stack

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SHARDS = 200
ALIKE = 5  # fingerprints of a cluster
SEEN_MINUTES = 30 * 24 * 60  # that they were seen in


class Written(NamedTuple):
    """A record of the changelog."""

    partition: int
    key: bytes
    value: bytes


def changelog(size: int, partitions: int) -> Iterator[Written]:
    """Yield so many rows, each where the sightings of its shard stand."""
    home, ordinals = "", dict.fromkeys(range(SHARDS), 0)
    for number, stack in enumerate(itertools.islice(Fleet(size), size)):
        shard = number // ALIKE % SHARDS
        ordinals[shard] += 1
        home = home if number % ALIKE else founded(stack.fingerprint)
        made = _row(number, stack, f"github.com/acme/{shard}") | {"ordinal": ordinals[shard], "home": home}
        row = applied(None, Source("Ep9LqZ3mT0mVwq1vX9nF2A/3", (number, 0)), made)
        place = (murmur2(made["shard"].encode()) & 0x7FFFFFFF) % partitions
        yield Written(place, stack.fingerprint.encode(), orjson.dumps(row.written()))


def _row(number: int, stack: Stack, shard: str) -> Row:
    """Return what two sightings leave, in two releases."""
    title = f"{stack.template} in {stack.tokens[0]}"
    signature = Signature(
        title=title,
        template=stack.template,
        type="runtime.Error",
        frames=stack.tokens,
        culprit=stack.tokens[0],
    )
    row, last = None, NOW - timedelta(minutes=number * 7919 % SEEN_MINUTES)
    for release, time in (("v1.41", last - timedelta(hours=30)), ("v1.42", last)):
        text = f"{time:%Y-%m-%dT%H:%M:%S}.000000000Z"
        sighting = Sighting(
            schema_version=1,
            fingerprint=stack.fingerprint,
            fingerprint_version=1,
            trace_hash=stack.fingerprint,
            shard=shard,
            count=2,
            by=[_writer(number, release, text)],
            sample_id=stack.fingerprint,
            signature=signature,
        )
        row = counted(row, sighting, text, add_streams)
    return row or {}


def _writer(number: int, release: str, time: str) -> Writer:
    return Writer(
        service_name=f"shop-{number % 17}",
        service_namespace="prod",
        environment="live",
        release=release,
        stream_id=f"{number:064x}",
        count=2,
        first_time=time,
        last_time=time,
    )
