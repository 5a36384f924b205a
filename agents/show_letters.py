"""Dead letters as text for people and as JSON; what a record holds passes `clean`."""

import base64
from collections import Counter
from typing import Any

from rich.text import Text

from agents.deadletters import Letter
from agents.layout import LINE_LENGTH, counted, facts, line, ranked, record_place
from agents.retry import Plan


def letter_text(letter: Letter) -> Text:
    """Show one: where it was read and when, why it could not be used, and how its value begins."""
    origin = letter.origin
    place = record_place(origin.topic, origin.partition, origin.offset)
    named = [
        ("detail", line(origin.detail)),
        ("time", line(origin.time)),
        ("key", _begin(letter.key)),
        ("value", _begin(letter.value) or ("null" if letter.value is None else "empty")),
        ("cut", "" if origin.size is None else f"{origin.size:,} bytes were too long for a dead letter"),
        ("retried", "it was put back" if letter.is_retried else ""),
    ]
    heading = Text.assemble(place, "  ", (line(origin.reason), "yellow"))
    return Text("\n").join([heading, *facts(named), Text()])


def _begin(content: bytes | None) -> str:
    """Show the first bytes, without breaking a character in two."""
    begin = (content or b"")[: LINE_LENGTH * 4].decode(errors="backslashreplace")
    return line(begin)


def letter_json(letter: Letter) -> dict[str, Any]:
    """Write one as a record of its source, for `panicstream decode`, with what is known of it beside."""
    origin = letter.origin
    return {
        "reason": origin.reason,
        "detail": origin.detail or None,
        "time": origin.time,
        "cut_bytes": origin.size,
        "is_retried": letter.is_retried,
        "topic": origin.topic,
        "partition": origin.partition,
        "offset": origin.offset,
        "record_timestamp_ms": letter.timestamp,
        **_content("key", letter.key),
        "headers": [
            [name, value and value.decode(errors="backslashreplace")] for name, value in letter.headers
        ],
        **_content("value", letter.value),
    }


def _content(name: str, content: bytes | None) -> dict[str, str | None]:
    try:
        return {name: None if content is None else content.decode()}
    except UnicodeDecodeError:
        return {f"{name}_b64": base64.b64encode(content or b"").decode()}


def tally_text(reasons: Counter[str], limit: int | None) -> Text:
    """Show how many there are, by reason."""
    total = reasons.total()
    if not total:
        return Text("no dead letters")
    newest = f"; the newest {limit:,} are shown" if limit and limit < total else ""
    return Text(f"{counted(total, 'dead letter')}: {ranked(reasons)}{newest}")


def plan_text(plan: Plan, put_back: Counter[str]) -> Text:
    """Show how many of those that there are were put back, and where."""
    lines = [
        f"{line(topic)}: {put_back[topic]:,} of {counted(wanted, 'record')} put back"
        for topic, wanted in sorted(plan.wanted.items())
    ]
    if plan.retried:
        lines.append(f"{counted(plan.retried, 'record')} had been put back before")
    return Text("\n".join(lines or ["nothing to put back"]))


def plan_rows(plan: Plan, put_back: Counter[str]) -> list[dict[str, Any]]:
    """Write the same, an object a source topic."""
    return [
        {"source_topic": topic, "wanted": wanted, "put_back": put_back[topic]}
        for topic, wanted in sorted(plan.wanted.items())
    ]
