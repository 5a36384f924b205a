"""Whole crashes: their lines are exactly the lines of a labelled group, and no other line is in them.

A crash shows its lines by `raw` (log prefix, CR and colours removed), `line_count` and the offsets of its
first and last line. A source line fits a raw line when it is equal but for blanks in front (shippers change
tabs), or ends with it behind the same log prefix as the first line of the group.
"""

import re
from collections.abc import Sequence

from tests.scanning import Crash, Scanned, lines_taken

OPTIONAL = re.compile(r"exit status \d+|Found \d+ data race\(s\)")
DRESS = re.compile(r"\x1b\[[0-9;]*m|\r$")
DIGITS = re.compile(r"\d+")


def offsets(lines: Sequence[str], groups: Sequence[Sequence[str]]) -> list[list[int]]:
    """Where each group's lines stand in the input: the first free equal line from the last one on."""
    free, found = set(range(len(lines))), []
    for group in groups:
        place: list[int] = []
        for wanted in group:
            start = place[-1] if place else 0
            offset = next(i for i in range(start, len(lines)) if i in free and lines[i] == wanted)
            free.remove(offset)
            place.append(offset)
        found.append(place)
    return found


def kept(lines: Sequence[str]) -> list[str]:
    """Lines that must be there: no blank ones at the end, none that may be in or out."""
    clean = [line for line in (DRESS.sub("", line) for line in lines) if not OPTIONAL.fullmatch(line.strip())]
    while clean and not clean[-1].strip():
        clean.pop()
    return clean


def fits(source: str, raw: str, prefix: str) -> bool:
    """Say whether the source line shows the raw line, behind nothing or behind the prefix."""
    bare = raw.strip()
    if source.strip() == bare:
        return True
    front = source.rstrip().removesuffix(bare)
    return DIGITS.sub("0", front).strip() == DIGITS.sub("0", prefix).strip()


def difference(group: Sequence[str], crashes: Sequence[Crash]) -> str:
    """Why the crashes, one behind the other, are not the group; "" when they are."""
    source = kept(group)
    raw = kept([line for crash in crashes for line in crash["raw"].removesuffix("\n").split("\n")])
    if len(source) != len(raw):
        return f"{len(raw)} lines instead of {len(source)}"
    prefix = source[0][: -len(raw[0])] if raw[0] and source[0].endswith(raw[0]) else ""
    for ours, theirs in zip(raw, source, strict=True):
        if not fits(theirs, ours, prefix):
            return f"line {ours!r} instead of {theirs!r}"
    return ""


def unwhole(lines: Sequence[str], group: Sequence[int], crashes: Sequence[Crash]) -> str:
    """Why these crashes are not exactly the group of line offsets; "" when they are."""
    if not crashes:
        return "no crash"
    if why := difference([lines[i] for i in group], crashes):
        return why
    ends = [i for i in group if lines[i].strip() and not OPTIONAL.fullmatch(lines[i].strip())]
    got = (crashes[0]["source_first_offset"], crashes[-1]["source_last_offset"])
    last = group[-1]
    while last + 1 < len(lines) and OPTIONAL.fullmatch(lines[last + 1].strip()):
        last += 1
    if got[0] != ends[0] or not ends[-1] <= got[1] <= last:
        return f"offsets {got} instead of ({ends[0]}, {ends[-1]})"
    counted = sum(crash["line_count"] for crash in crashes)
    return (
        ""
        if len(ends) <= counted <= len(group) + last - group[-1]
        else f"line_count {counted} instead of {len(group)}"
    )


def assigned(group: Sequence[int], crashes: Sequence[Crash]) -> list[Crash]:
    """Return the crashes that begin within the group."""
    return [crash for crash in crashes if group[0] <= crash["source_first_offset"] <= group[-1]]


def unbalanced(scanned: Scanned) -> str:
    """Why the counts do not add up; "" when every line is in a crash or ordinary."""
    inside = sum(map(lines_taken, scanned.crashes))
    if scanned.ordinary_lines + inside == scanned.lines:
        return ""
    return f"{scanned.ordinary_lines} ordinary and {inside} inside of {scanned.lines} lines"
