"""What a record was understood as, for people: its lines, what is wrong with it, and what to do."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from rich.text import Text

from agents.layout import counted, facts, line, paragraph, ranked, record_place, words
from agents.terminal import clean
from pipeline._native import advice

DAMAGED = {  # why a record holds no line: what is wrong, what to do
    "tombstone": (
        "its value is null, a tombstone",
        "nothing, if a program deletes keys of this topic; else find who writes records without a value",
    ),
    "cut_json": (
        "its JSON is cut short or broken",
        "look for a limit on its size in the shipper, or for a template that does not escape the text",
    ),
    "binary": (
        "its bytes are no text",
        "name what they are: --envelope otlp_proto (OTLP in Protocol Buffers), msgpack, vector_native or "
        "journal_export; let the shipper write others (Avro, compressed values) as JSON",
    ),
    "json_array": (
        "it is a JSON array",
        "let the shipper write one JSON object a record instead of a batch",
    ),
    "no_text": (
        "the field for the text is empty or null",
        "look for what loses it: journalctl leaves out long and binary texts without --all",
    ),
    "other_envelope": (
        "it is not in the envelope that was named",
        "name another with --envelope, or none: then it is told by the content",
    ),
}

PARTIAL = {
    "head": "more of this line follows in a later record",
    "tail": "the last piece of a line that began in an earlier record",
}

NO_STREAM = "lines of all containers of a partition are one stream"


@dataclass
class Seen:
    """What the records of a run were: lines by envelope, records without a line by reason.

    `nameless`: lines without a stream, by topic and envelope.
    """

    records: int = 0
    lines: int = 0
    envelopes: Counter[str] = field(default_factory=Counter)
    damaged: Counter[str] = field(default_factory=Counter)
    nameless: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, topic: str, decoded: dict[str, Any]) -> None:
        """Count one line, or a record that holds none."""
        if decoded["damaged"]:
            self.damaged[decoded["damaged"]] += 1
            return
        self.lines += 1
        self.envelopes[decoded["envelope"]] += 1
        if decoded["stream_id"] is None:
            self.nameless[topic, decoded["envelope"]] += 1


def decoded_text(place: tuple[str, int, int], decoded: dict[str, Any]) -> Text:
    """Show one line of a record: where it stands, its envelope, what is known of it, what is wrong."""
    heading = Text.assemble((record_place(*place), "bold"), "  ", (decoded["envelope"], "cyan"))
    parts = (_facts(decoded), _wrong(decoded))
    return Text("\n").join([heading, *chain.from_iterable(parts), Text()])


def seen_text(seen: Seen) -> Text:
    """Show how much a run met, and which key makes streams of lines that have none."""
    rows = [
        ("envelopes", ranked(seen.envelopes)),
        ("damaged", ranked(seen.damaged)),
        ("no stream", _nameless(seen.nameless)),
    ]
    heading = f"{counted(seen.records, 'record')}, {counted(seen.lines, 'line')}"
    return Text("\n").join([Text(heading), *facts(rows)])


def _facts(decoded: dict[str, Any]) -> list[Text]:
    known = {name: decoded[name] or "" for name in decoded}
    service = (decoded[name] for name in ("namespace", "service", "version", "environment"))
    container = "" if decoded["container_id"] == decoded["stream_id"] else known["container_id"]
    message = "" if decoded["message"] == decoded["line"] else known["message"]
    return facts(
        [
            ("line", paragraph(known["line"]) or ("(empty)" if decoded["line"] == "" else "")),
            ("time", line(known["timestamp"])),
            ("stream", _stream(decoded)),
            ("service", words(*service)),
            ("pod", words(decoded["pod"], decoded["container"])),
            ("container", line(container)),
            ("image", line(known["image"])),
            ("host", line(known["host"])),
            ("trace", words(decoded["trace_id"], decoded["span_id"])),
            ("message", paragraph(message)),
            ("exception", line(known["exception_type"])),
            ("stack", paragraph(known["stack"])),
        ]
    )


def _stream(decoded: dict[str, Any]) -> str:
    known = words(decoded["stream_id"], decoded["stream"])
    if decoded["stream_id"] or decoded["damaged"]:
        return known
    return f"{known or 'unknown'}, no container: {NO_STREAM}"


def _wrong(decoded: dict[str, Any]) -> list[Text]:
    reason = decoded["damaged"]
    what, remedy = DAMAGED.get(reason, ("", ""))
    rows = [
        ("partial", PARTIAL.get(decoded["partial"], "")),
        ("damaged", f"{reason}: {what}" if reason else ""),
        ("remedy", remedy),
    ]
    return facts(rows, "yellow")


def _nameless(nameless: Counter[tuple[str, str]]) -> str:
    """Say which key parts the lines that name no stream."""
    if not nameless:
        return ""
    keys = [
        f"{clean(topic)} ({envelope}), {counted(count, 'line')}: {advice(envelope)}"
        for (topic, envelope), count in nameless.most_common()
    ]
    return paragraph(
        "\n".join([f"{counted(nameless.total(), 'line')}: {NO_STREAM}; what parts them:", *keys])
    )
