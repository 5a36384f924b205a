"""Pieces of readable output; text of a log passes `clean` here."""

from collections.abc import Iterable, Mapping

from rich.text import Text

from agents.terminal import clean

# Lengths beyond which text helps nobody; `--json` has it all.
LINE_LENGTH, PARAGRAPH_LINES = 300, 20
INDENT = " " * 2
NAME_WIDTH = 10


def line(text: str) -> str:
    """Cut a text to a line's length."""
    return clean(text[:LINE_LENGTH]) + "..." * (len(text) > LINE_LENGTH)


def paragraph(text: str) -> str:
    """Put the lines of a text one below the other, as the value of a fact."""
    lines = [line(part) for part in text.split("\n")]
    more = [f"... {len(lines) - PARAGRAPH_LINES} more lines"] if len(lines) > PARAGRAPH_LINES else []
    return ("\n" + INDENT + " " * NAME_WIDTH).join(lines[:PARAGRAPH_LINES] + more)


def facts(named: Iterable[tuple[str, str]], style: str = "") -> list[Text]:
    """Give one line a fact, its name in front; a fact that is not known (empty) has none."""
    return [
        Text.assemble(INDENT, (f"{name:<{NAME_WIDTH}}", "dim"), (fact, style)) for name, fact in named if fact
    ]


def words(*known: str | None) -> str:
    """Put the words that are known behind each other."""
    return line(" ".join(word for word in known if word))


def line_place(topic: str, _partition: int, offset: int) -> str:
    """Give `file:line` as editors take it, lines from 1."""
    return f"{clean(topic)}:{offset + 1}"


def record_place(topic: str, partition: int, offset: int) -> str:
    """Give the place of a record as Kafka's tools write it."""
    return f"{clean(topic)} [{partition}] offset {offset}"


def counted(number: int, name: str) -> str:
    """Give a number with what it counts: `1 line`, `2,000 lines`."""
    return f"{number:,} {name}" + "s" * (number != 1)


def ranked(counts: Mapping[str, int]) -> str:
    """Give names and how often each was met, most frequent first."""
    most = sorted(counts.items(), key=lambda row: -row[1])
    return ", ".join(f"{clean(name)} {count:,}" for name, count in most)
