"""The row of a fingerprint: how often it was seen, when, in which releases and services, by how many streams.

`home` is the cluster that it founded or joined when it first came, `ordinal` its number among those that came
to its shard, or came back, from 1; both null while it waits for its signature. `traces` are the first digits
of its trace hashes.
`minutes`, `hours` and `days` are buckets by event time; what is older than they reach is in the total alone.
`services` are lists of namespace, name, environment, count; `releases` of service, release, count, first and
last time. `streams` is a sketch in base64. `told` is the second since 1970 in which it was last told of: that
alone says how long nothing was heard of it, what a program says of its time may be years off.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pipeline import buckets
from pipeline.event_time import DAY, HOUR, MINUTE, seconds
from pipeline.sighting import Sighting, Signature, Time, Writer

Row = dict[str, Any]
AddStreams = Callable[[bytes, Sequence[str]], bytes]
"""Returns a sketch that holds more streams; `b""` is the sketch of nothing."""

FINGERPRINT, STUB = "fingerprint", "stub"  # sorts of rows; a stub is what is kept of one that has left

NAMED = 50  # services, and releases, that are counted by name; all others are counted as one
OTHERS = "*"
TRACES, TRACE_LENGTH = 8, 16
AHEAD_S = 600  # a clock may be so far ahead; what says more is taken for now

SPANS = {  # each of the buckets: its length in seconds, and how many are kept
    "minutes": (MINUTE, 60),
    "hours": (HOUR, 48),
    "days": (DAY, 90),
}


def counted(row: Row | None, sighting: Sighting, now: str, add_streams: AddStreams) -> Row:
    """Return the row with a sighting in it; `row` may be a stub. `now` is when the sighting was told."""
    known = _empty(sighting) | _kept(row or {})
    writers = [_on_time(writer, now) for writer in sighting.by]
    times = _times(writers)
    return {
        **known,
        **_shown(known, sighting.signature),
        "traces": _traces(known["traces"], sighting.trace_hash),
        "crashes_total": known["crashes_total"] + sighting.count,
        **{name: _by_time(known[name], times, *span) for name, span in SPANS.items()},
        "services": _services(known["services"], writers),
        "releases": _releases(known["releases"], writers),
        "streams": _streams(known["streams"], writers, add_streams),
        "first_seen": _first(known["first_seen"], *(writer.first_time for writer in writers)),
        "last_seen": _last(known["last_seen"], *(writer.last_time for writer in writers)),
        "sample_id": sighting.sample_id,
        "told": max(told(known), seconds(now)),
    }


def stub(row: Row, now: str, epoch: int) -> Row:
    """Return what is kept of a row that leaves, so that what comes back has its id and goes on counting.

    An epoch counts the frames of what had come when it began: these are kept, too, so that whoever counts
    anew finds the same.
    """
    kept = ("fingerprint", "fingerprint_version", "shard", "ordinal", "home", "traces")
    counts = ("crashes_total", "first_seen", "last_seen", "told")
    is_counted = row["frames"] is not None and row["ordinal"] <= epoch
    compared = ("frames", "template", "type") if is_counted else ()
    return {
        "sort": STUB,
        **{name: row[name] for name in (*kept, *counts, *compared)},
        "left": now,
        "epoch": epoch,
    }


def is_compared(row: Row | None) -> bool:
    """Return whether a row is one of those that are compared with what comes."""
    return row is not None and row["sort"] == FINGERPRINT and row["frames"] is not None


def is_counted(row: Row, epoch: int) -> bool:
    """Return whether the table of an epoch counts a row that left."""
    return row["sort"] == STUB and "frames" in row and row["epoch"] == epoch


def told(row: Row) -> int:
    """Return the second in which it was last told of; rows of before that was kept say when it was seen."""
    return row.get("told") or (seconds(row["last_seen"]) if row["last_seen"] else 0)


def sketch(row: Row) -> bytes:
    """Return the sketch of its streams."""
    return b64decode(row["streams"])


def _empty(sighting: Sighting) -> Row:
    return {
        "sort": FINGERPRINT,
        "fingerprint": sighting.fingerprint,
        "fingerprint_version": sighting.fingerprint_version,
        "shard": sighting.shard,
        "ordinal": None,
        "home": None,
        "title": None,
        "template": None,
        "type": None,
        "frames": None,
        "culprit": None,
        "traces": [],
        "crashes_total": 0,
        "minutes": [],
        "hours": [],
        "days": [],
        "services": [],
        "releases": [],
        "streams": "",
        "first_seen": None,
        "last_seen": None,
        "told": 0,
    }


def _kept(row: Row) -> Row:
    if row.get("sort") != STUB:
        return row
    return {name: value for name, value in row.items() if name not in {"sort", "left", "epoch"}}


def _shown(known: Row, signature: Signature | None) -> Row:
    """Return what is shown; what the clusterer compares stays as it came first, so that nothing moves."""
    if signature is None:
        return {}
    shown = {"title": signature.title, "culprit": signature.culprit}
    if known["frames"] is not None:
        return shown
    return {**shown, "template": signature.template, "type": signature.type, "frames": signature.frames}


def _traces(known: list[str], trace_hash: str) -> list[str]:
    digits = trace_hash[:TRACE_LENGTH]
    return known if digits in known or len(known) >= TRACES else [*known, digits]


def _on_time(writer: Writer, now: str) -> Writer:
    """Return the writer; times that are far ahead of now are taken for now."""
    last = writer.last_time
    if last is None or last <= now or seconds(last) <= seconds(now) + AHEAD_S:
        return writer
    return writer.model_copy(update={"first_time": _first(writer.first_time, now), "last_time": now})


def _times(writers: Iterable[Writer]) -> dict[int, int]:
    """Return the crashes by second; those of a writer at the time of its last."""
    counts: dict[int, int] = {}
    for writer in writers:
        if time := writer.last_time or writer.first_time:
            second = seconds(time)
            counts[second] = counts.get(second, 0) + writer.count
    return counts


def _by_time(known: list[int], times: dict[int, int], length: int, kept: int) -> list[int]:
    spans: dict[int, int] = {}
    for second, count in times.items():
        spans[second // length] = spans.get(second // length, 0) + count
    for span in sorted(spans):
        known = buckets.counted(known, span, spans[span], kept)
    return known


def _services(known: list[list[Any]], writers: Iterable[Writer]) -> list[list[Any]]:
    counts: dict[tuple[str | None, ...], int] = {tuple(service): count for *service, count in known}
    for writer in writers:
        named = (writer.service_namespace, writer.service_name, writer.environment)
        service = named if named in counts or len(counts) < NAMED else (OTHERS, OTHERS, OTHERS)
        counts[service] = counts.get(service, 0) + writer.count
    return [[*service, count] for service, count in counts.items()]


def _releases(known: list[list[Any]], writers: Iterable[Writer]) -> list[list[Any]]:
    """Count by release; beyond the bound, those that were seen last longest ago are counted as one."""
    facts = {(service, release): fact for service, release, *fact in known}
    for writer in writers:
        release = (writer.service, writer.release or "")
        facts[release] = _joined(facts.get(release), [writer.count, writer.first_time, writer.last_time])
        named = [one for one in facts if one != (OTHERS, OTHERS)]
        if len(named) > NAMED:
            oldest = min(named, key=lambda one: (facts[one][2] or "", one))
            facts[OTHERS, OTHERS] = _joined(facts.get((OTHERS, OTHERS)), facts.pop(oldest))
    return [[*release, *fact] for release, fact in facts.items()]


def _joined(fact: list[Any] | None, more: list[Any]) -> list[Any]:
    """Add up count, first and last time."""
    count, first, last = fact or (0, None, None)
    return [count + more[0], _first(first, more[1]), _last(last, more[2])]


def _streams(known: str, writers: Iterable[Writer], add_streams: AddStreams) -> str:
    streams = [writer.stream_id for writer in writers if writer.stream_id]
    return b64encode(add_streams(b64decode(known), streams)).decode() if streams else known


def _first(*times: Time) -> Time:
    return min((time for time in times if time), default=None)


def _last(*times: Time) -> Time:
    return max((time for time in times if time), default=None)
