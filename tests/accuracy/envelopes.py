"""Records as each shipper writes them: every fact that the label asks for."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from agents.records import record
from pipeline._native import Decoder
from tests.accuracy.measure import Asked, Measure, share

NAMED = (  # binary envelopes are read where they are named, and not told by their content
    ("otel-proto", "otlp_proto"),
    ("msgpack", "msgpack"),
    ("journal-export", "journal_export"),
)
FACTS = (
    "line",
    "service",
    "host",
    "version",
    "trace_id",
    "stream",
    "partial",
    "stack",
    "message",
    "exception_type",
)


def envelope(label: dict[str, Any]) -> str | None:
    """Return the envelope that has to be named for a row."""
    if label["config"].startswith("encoding native ") or label["id"].endswith("vector-native"):
        return "vector_native"
    return next((name for part, name in NAMED if part in label["id"]), None)


def nanoseconds(time: str) -> int:
    """Return an RFC 3339 time in UTC with up to nine digits as nanoseconds since 1970."""
    whole, _, fraction = time.rstrip("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole + "+00:00").timestamp())
    return seconds * 10**9 + int(fraction.ljust(9, "0") or 0)


def same_time(wanted: dict[str, Any], got: str | None) -> bool:
    """Compare the times as precisely as the label says."""
    if wanted["timestamp"] is None or got is None:
        return wanted["timestamp"] is None and got is None
    apart = abs(nanoseconds(wanted["timestamp"]) - nanoseconds(got))
    return apart <= 1000 * int(wanted.get("timestamp_tolerance_us", 0))


def wrong(wanted: dict[str, Any], got: dict[str, Any]) -> list[str]:
    """Name the facts of a line that are not as the label says."""
    if wanted.get("damaged"):
        return [] if got["damaged"] else ["damaged"]
    asked = [fact for fact in FACTS if fact in wanted and not (fact == "line" and wanted.get("line_rebuilt"))]
    names = [fact for fact in asked if wanted[fact] != got[fact]]
    if not same_time(wanted, got["timestamp"]) and not wanted.get("line_rebuilt"):
        names.append("timestamp")
    if (wanted["stream_id"] is None) != (got["stream_id"] is None):
        names.append("stream_id")
    return names


def decoded(decoder: Decoder, label: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the lines of a row's record."""
    row = record(orjson.dumps(label))
    return [orjson.loads(line) for line in decoder.decode(row.value, key=row.key, headers=row.headers)]


def asked_of(decoder: Decoder, label: dict[str, Any]) -> list[Asked]:
    """Ask each line of a row."""
    wanted = label.get("expect_list") or [label["expect"]]
    got = decoded(decoder, label)
    if len(wanted) != len(got):
        return [Asked(label["id"], False, f"{len(wanted)} lines", f"{len(got)} lines", "number of lines")]
    questions = []
    for want, have in zip(wanted, got, strict=True):
        names = wrong(want, have)
        shown = ({n: want.get(n) for n in names}, {n: have[n] for n in names})
        questions.append(Asked(label["id"], not names, *shown, cause=" ".join(names)))
    return questions


def same_streams(rows: list[dict[str, Any]]) -> list[Asked]:
    """Ask whether ids are equal where the labels' are, and differ where they differ."""
    of_label: dict[str, set[str]] = {}
    of_ours: dict[str, set[str]] = {}
    for label in rows:
        decoder = Decoder(envelope=envelope(label))
        for want, have in zip(
            label.get("expect_list") or [label["expect"]], decoded(decoder, label), strict=False
        ):
            if want["stream_id"] and have["stream_id"]:
                of_label.setdefault(_instance(want["stream_id"]), set()).add(have["stream_id"])
                of_ours.setdefault(have["stream_id"], set()).add(_instance(want["stream_id"]))
    return [Asked(name, len(ids) == 1, 1, sorted(ids)) for name, ids in [*of_label.items(), *of_ours.items()]]


def _instance(stream_id: str) -> str:
    return re.sub(r"^\w+://", "", stream_id)


def row(corpus: Path) -> list[Measure]:
    """Ask all rows, with one reader for those whose envelope is told by content."""
    rows = [orjson.loads(line) for line in (corpus / "envelopes.jsonl").read_bytes().splitlines()]
    by_content = Decoder()
    questions = []
    for label in rows:
        name = envelope(label)
        questions += asked_of(Decoder(envelope=name) if name else by_content, label)
    return [
        share("envelopes: every expectation", questions, 1.0),
        share("envelopes: one id a stream", same_streams(rows), 1.0),
    ]
