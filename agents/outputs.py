"""What a block becomes in Kafka: `checkpoints`, `panics`, `sightings`, `vitals`, `deadletters`."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson
from confluent_kafka import Message

from agents.assigned import Assigned, Cut, Unread
from agents.outbox import Headers, Outgoing
from agents.times import utc
from pipeline._native import normalised
from pipeline.abbreviate import Copies, abbreviated, fitted
from pipeline.marks import Checkpoint
from pipeline.settings import Settings
from pipeline.sightings import Crash, sightings, signature
from pipeline.vitals import Vital, crash_counts

SIGNATURE_S = 600.0  # a sighting brings the signature at least so often
SIGNATURES = 100_000  # fingerprints whose last signature is remembered
RECORD_OVERHEAD = 1024  # bytes that Kafka and the headers of a dead letter need beside key and value


class Outputs:
    """Makes the records of blocks. Remembers what it has told of each fingerprint."""

    def __init__(self, settings: Settings, sizes: dict[str, int], run: str) -> None:
        """`sizes`: the largest record of each topic in bytes, by its name without prefix; `run` names us."""
        self._settings, self._sizes, self.run = settings, sizes, run
        self._copies = Copies(settings.detect.full_copies)
        self._signatures: OrderedDict[str, float] = OrderedDict()
        self.abbreviated = self.fitted = 0

    def checkpoint(self, cut: Cut, noted: Callable[[int, int], None]) -> Outgoing:
        """Return the record that says which block is being told; `noted` is told its partition and offset."""
        return self._checkpoint(cut.assigned, Checkpoint(cut.previous, cut.next, self.run), cut.begun, noted)

    def claim(self, assigned: Assigned, noted: Callable[[int, int], None]) -> Outgoing:
        """Return the record that says that a partition is ours, with the block that may be half told."""
        checkpoint = Checkpoint(assigned.told, assigned.pending or assigned.told, self.run)
        return self._checkpoint(assigned, checkpoint, assigned.begun, noted)

    def _checkpoint(
        self,
        assigned: Assigned,
        checkpoint: Checkpoint,
        begun: str | None,
        noted: Callable[[int, int], None],
    ) -> Outgoing:
        value = {
            "schema_version": 1,
            "topic": assigned.topic,
            "topic_id": assigned.topic_id,
            "partition": assigned.partition,
            "previous": checkpoint.previous.written(),
            "next": checkpoint.next.written(),
            "time": begun or utc(time.time_ns()),
            "by": checkpoint.by,
        }
        key = checkpoint_key(assigned.topic, assigned.partition)
        return Outgoing(self._topic("checkpoints"), key, orjson.dumps(value), noted=noted)

    def of_block(self, cut: Cut) -> Iterator[Outgoing]:
        """Yield what tells a block; crashes that stand in `panics` already are left out there."""
        for crash in cut.crashes:
            if crash["id"] not in cut.told_ids:
                yield self._panic(crash)
        now = time.monotonic()
        for sighting in sightings(cut.crashes, cut.block, lambda crash: self._signed(crash, now)):
            yield Outgoing(self._topic("sightings"), sighting["shard"].encode(), orjson.dumps(sighting))
        yield from self.vitals(crash_counts(cut.crashes, cut.block))
        for unread in cut.unread:
            yield self._dead_letter(unread)

    def vitals(self, vitals: Iterable[Vital]) -> Iterator[Outgoing]:
        """Yield the records of facts about services."""
        for key, value in vitals:
            yield Outgoing(self._topic("vitals"), key.encode(), orjson.dumps(value))

    def _panic(self, crash: dict[str, Any]) -> Outgoing:
        if not self._copies.is_told_whole(crash["fingerprint"], time.monotonic()):
            crash = abbreviated(crash)
            self.abbreviated += 1
        limit = self._sizes["panics"] - RECORD_OVERHEAD
        value = orjson.dumps(crash)
        if len(value) > limit:
            value = fitted(crash, limit, orjson.dumps)
            self.fitted += 1
        return Outgoing(self._topic("panics"), crash["fingerprint"].encode(), value)

    def _signed(self, crash: Crash, now: float) -> dict[str, Any] | None:
        return signature(crash, normalised) if self._is_signature_due(crash["fingerprint"], now) else None

    def _is_signature_due(self, fingerprint: str, now: float) -> bool:
        sent = self._signatures.get(fingerprint)
        if sent is not None and now - sent < SIGNATURE_S:
            return False
        self._signatures[fingerprint] = now
        self._signatures.move_to_end(fingerprint)
        if len(self._signatures) > SIGNATURES:
            self._signatures.popitem(last=False)
        return True

    def _dead_letter(self, unread: Unread) -> Outgoing:
        record = unread.record
        headers, ours = [*(record.headers() or ())], _coordinates(record, unread.reason)
        key, value = record.key(), record.value()
        room = self._sizes["deadletters"] - RECORD_OVERHEAD - _bytes(ours)
        if _bytes(headers) + len(key or b"") + len(value or b"") > room:
            ours.append(("panicstream.cut", str(len(value or b"")).encode()))
            if _bytes(headers) + len(key or b"") > room:  # no room for anything but where it stands
                headers, key = [], None
            value = value and value[: room - _bytes(headers) - len(key or b"")]
        return Outgoing(self._topic("deadletters"), key, value, [*headers, *ours])

    def _topic(self, name: str) -> str:
        return self._settings.topic(name)


def checkpoint_key(topic: str, partition: int) -> bytes:
    """Return the key of a partition's checkpoints."""
    return f"{topic}/{partition}".encode()


def _coordinates(record: Message, reason: str) -> Headers:
    told = {
        "reason": reason,
        "source_topic": record.topic(),
        "source_partition": record.partition(),
        "source_offset": record.offset(),
        "time": utc(time.time_ns()),
    }
    return [(f"panicstream.{name}", str(value).encode()) for name, value in told.items()]


def _bytes(headers: Headers) -> int:
    return sum(len(name.encode()) + len(value or b"") + 10 for name, value in headers)
