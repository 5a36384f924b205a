"""Streams of records as each shipper writes them: crashes whole, whose they are, the same after a restart."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from agents.records import record
from tests.accuracy.measure import Asked, Measure, share
from tests.records import Crash, Placed, crashes, placed
from tests.replays import cut_points, replayed
from tests.scanning import scan

WHERE = {"service": "service_name", "host": "host_name", "version": "service_version"}


class Sequence(NamedTuple):
    """One stream of records with what is in it."""

    id: str
    records: list[Placed]
    envelope: str | None
    panics: list[dict[str, Any]]


def sequences(corpus: Path) -> Iterator[Sequence]:
    """Yield the sequences; each panic carries its true text as `lines`, where it has one."""
    texts: dict[str, list[str]] = {}
    for line in (corpus / "envelope-sequences.jsonl").read_bytes().splitlines():
        row = orjson.loads(line)
        if row["kind"] == "panic":
            texts[row["id"]] = row["lines"]
            continue
        records = placed([record(orjson.dumps(fields)) for fields in row["records"]])
        envelope = "otlp_proto" if "otlp_proto" in row["config"] else None
        panics = [{**panic, "lines": texts.get(panic["panic"])} for panic in row["expect"]["panics"]]
        yield Sequence(row["id"], records, envelope, panics)


def lost(panics: list[dict[str, Any]]) -> bool:
    """Whether order or framing is gone: one damaged crash is right, many are wrong."""
    return any(panic.get("recoverable") is False or "partitions" in panic for panic in panics)


def wrong(panic: dict[str, Any], crash: Crash) -> list[str]:
    """Name what is not as the label says."""
    names = [name for name, field in WHERE.items() if name in panic and panic[name] != crash[field]]
    if (panic["stream_id"] is None) != (crash["stream_id"] is None):
        names.append("stream_id")
    if panic.get("complete") != crash["complete"] and "prefix" not in panic:
        names.append(f"complete: {crash['damage']}")
    if panic["lines"] is None:
        return names + ["message"] * (crash["message"] != panic["first_line"])
    return names + text_wrong(panic, crash)


def text_wrong(panic: dict[str, Any], crash: Crash) -> list[str]:
    """Compare the crash with the one of the plain text, and its lines with the true ones."""
    plain = scan("\n".join(panic["lines"]).encode()).crashes[0]
    names = []
    if panic["complete"] and crash["fingerprint"] != plain["fingerprint"]:
        names.append("fingerprint")
    wanted = [line for line in plain["raw"].split("\n") if line.strip()]
    got = [line for line in crash["raw"].split("\n") if line.strip()]
    if got != wanted[: None if panic["complete"] else len(got)]:
        names.append("raw")
    return names


def asked(sequence: Sequence) -> Asked:
    """Ask one sequence."""
    found = crashes(sequence.records, sequence.envelope)
    titles = [f"{crash['title']} {crash['damage']}" for crash in found]
    if lost(sequence.panics):
        right = 1 <= len(found) <= len(sequence.panics) and not any(crash["complete"] for crash in found)
        return Asked(sequence.id, right, "one damaged crash each", titles, "lost order")
    if any(panic.get("also_logged") for panic in sequence.panics):
        found = list({crash["fingerprint"]: crash for crash in found}.values())
    if len(found) != len(sequence.panics):
        return Asked(sequence.id, False, f"{len(sequence.panics)} crashes", titles, "number")
    pairs = paired(sequence.panics, found)
    names = [name for panic, crash in pairs for name in wrong(panic, crash)]
    return Asked(sequence.id, not names, "as labelled", (names, titles), " ".join(names))


def paired(panics: list[dict[str, Any]], found: list[Crash]) -> list[tuple[dict[str, Any], Crash]]:
    """Put each label beside the crash that begins with its first line."""
    left = list(found)
    pairs = []
    for panic in panics:
        first = (panic["lines"] or [panic.get("first_line", "")])[0].partition(": ")[2]
        crash = next((crash for crash in left if first and first in crash["raw"]), left[0])
        left.remove(crash)
        pairs.append((panic, crash))
    return pairs


def restarted(sequence: Sequence) -> list[Asked]:
    """Ask each cut point: what was told before and after it is what is told without it."""
    return [
        Asked(f"{sequence.id} cut at {at}", *replayed(sequence.records, at, sequence.envelope), "replay")
        for at in cut_points(len(sequence.records))
    ]


def row(corpus: Path) -> list[Measure]:
    """Ask all sequences."""
    found = list(sequences(corpus))
    return [
        share("sequences: every expectation", [asked(sequence) for sequence in found], 1.0),
        share("sequences: the same after a restart", [q for s in found for q in restarted(s)], 1.0),
    ]
