"""Rows of the table of bugs as text for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from agents.layout import counted, line, ranked
from agents.show import FINGERPRINT_LENGTH
from agents.terminal import clean

NAMED = 5  # releases and services of a bug; `--json` has all
SECONDS_LENGTH = len("2026-11-21T00:20:45")
UNKNOWN = "unknown"
OTHERS = {"": UNKNOWN, "//": UNKNOWN, "*": "others"}


def cluster_text(row: Mapping[str, Any]) -> Text:
    """Show one bug: how often, what, where, since when."""
    heading = Text.assemble(
        f"{row['crashes_total']:>6} x ",
        (line(row["title"] or "no title yet"), "bold red"),
        "  ",
        (row["fingerprint"][:FINGERPRINT_LENGTH], "cyan"),
    )
    facts = {
        "releases": _counts(row["releases"], "release"),
        "services": _counts(row["services"], "service"),
        "first": _when(row["first_seen"]),
        "last": _when(row["last_seen"]),
    }
    return Text("\n").join(
        [heading, *(Text(f"{'':9}{name:<9}{told}") for name, told in facts.items()), Text()]
    )


def known_text(told: Mapping[str, Any]) -> Text:
    """Say how much of all is shown."""
    shown, known = len(told["clusters"]), told["known"]
    most = f"the {shown:,} most frequent of " if shown < known else ""
    here, everywhere = len(told["partitions"]), told["of"]
    part = f", in {here} of {everywhere} partitions: other workers have the rest" if here < everywhere else ""
    return Text(f"{most}{counted(known, 'bug')}{part}")


def _when(time: str | None) -> str:
    return clean(time[:SECONDS_LENGTH].replace("T", " ")) + " UTC" if time else UNKNOWN


def _counts(counts: Sequence[Mapping[str, Any]], name: str) -> str:
    named = {OTHERS.get(count[name], count[name]): count["crashes"] for count in counts[:NAMED]}
    more = f", {len(counts) - NAMED:,} more" if len(counts) > NAMED else ""
    return line(ranked(named)) + more
