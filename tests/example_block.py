"""Records of a block of a source partition, made by the worker's own code, for the examples of schemas."""

from collections.abc import Iterable
from typing import Any

import orjson
from confluent_kafka import Message

from agents.assigned import Assigned, Unread
from agents.outbox import Outgoing
from agents.outputs import Outputs
from pipeline.marks import Mark, State
from pipeline.settings import Settings
from pipeline.ticks import tick
from pipeline.vitals import gc_cycles, line_counts

TIME = "2026-11-21T00:20:46.003127514Z"
SERVICE = {
    "service_name": "cart",
    "service_namespace": "shop",
    "service_version": "2.14.3",
    "environment": "production",
}
CUT_SHORT = b'{"log":"panic: runtime error: index out of ra'
SMALL = {"panics": 4 << 20, "deadletters": 2048}  # so that a dead letter has to be cut


def records(crashes: Iterable[dict[str, Any]]) -> list[Outgoing]:
    """Return what a block with these crashes becomes, and two records that hold no line."""
    outputs = Outputs(Settings(), SMALL, "panicstream-b7c1f0aa")
    where = Assigned("logs.shop", "9KJ2uXv6TgaUOGv0F1hIfQ", 3, State(Mark(1042), ((1040, 0),)), 1080)
    where.crashes = [crash | SERVICE | {"event_time": TIME} for crash in crashes]
    where.unread = [
        Unread(_record(1050, CUT_SHORT), "cut_json"),
        Unread(_record(1051, bytes(4096)), "binary"),
    ]
    cut = where.cut(State(Mark(1080), ((1077, 0),), ((1061, 0),)), 1061, TIME)
    return [outputs.checkpoint(cut, _nobody), *outputs.of_block(cut)]


def _record(offset: int, value: bytes) -> Message:
    headers: list[tuple[str, str | bytes | None]] = [("shipper", b"fluent-bit")]
    return Message("logs.shop", 3, offset, b"cart-7d9c-x2", value, headers)


def _nobody(_partition: int, _offset: int) -> None:
    """Note nothing."""


def value(topic: str, among: Iterable[Outgoing]) -> dict[str, Any]:
    """Return the first of the records that is for a topic, with the time of the examples."""
    record = next(record for record in among if record.topic == Settings().topic(topic))
    found: dict[str, Any] = orjson.loads(record.value or b"")
    return found | ({"time": TIME} if "time" in found else {})


def headers(offset: int, among: Iterable[Outgoing]) -> dict[str, str]:
    """Return our headers of the dead letter from an offset."""
    letters = [record for record in among if record.topic == Settings().topic("deadletters")]
    told = [
        {name: text.decode() for name, text in record.headers or () if isinstance(text, bytes)}
        for record in letters
    ]
    wanted = next(headers for headers in told if headers["panicstream.source_offset"] == str(offset))
    ours = {name: text for name, text in wanted.items() if name.startswith("panicstream.")}
    return ours | {"panicstream.time": TIME}


def lines() -> dict[str, Any]:
    """Return the lines of a service, as a worker gathered them."""
    times = ["2026-11-21T00:20:45.000000000Z", "2026-11-21T00:20:46.000000000Z"]
    rows = [(time, SERVICE | {"lines": count}) for time, count in zip(times, (412, 87), strict=True)]
    return line_counts(rows)[0][1]


def cycles() -> dict[str, Any]:
    """Return the GC cycles of a service, in the same way."""
    mib = 1 << 20
    cycle = {
        "event_time": TIME,
        "pause_ns": 43_000,
        "interval_ns": 250_000_000,
        "alloc_bytes": 4 * mib,
        "heap_end_bytes": 8 * mib,
        "heap_goal_bytes": 8 * mib,
    }
    return gc_cycles([SERVICE | cycle, SERVICE | cycle | {"pause_ns": 61_000}])[0][1]


def a_tick() -> dict[str, Any]:
    """Return what a worker says of time, once a second."""
    watermark = "2026-11-21T00:20:41.003000000Z"
    return tick("panicstream-b7c1f0aa", TIME, watermark, 0.25)
