"""Reads a history of labelled crashes from its file, and the order in which they are to come."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson

from agents.dump import LINE_BYTES, BrokenLines, lines
from agents.inputs import BrokenArchiveError, chunks, refusal
from agents.layout import counted
from agents.reading import Reading
from agents.role import MisfitError
from pipeline._native import normalised, signed
from pipeline.history import (
    LABELS,
    BrokenRowError,
    Core,
    Labelled,
    is_left_out,
    label_of,
    labelled,
)

LONG = 1_000  # frames; Go prints at most 100 of a stack, so more of them are worth a word
FORMAT = "`panicstream evaluate --help` shows what a row is"
CORE = Core(signed, normalised)

Fields = dict[str, Any]


@dataclass
class History:
    """What a file holds: its usable rows in order, how many rows it has, how many were left out or broken."""

    path: str
    label: str = ""
    rows: list[Labelled] = field(default_factory=list)
    total: int = 0
    left_out: int = 0
    broken: int = 0


def read(path: str, label: str | None, reading: Reading) -> History:
    """Read a file, plain or packed; what is wrong with a row is said in one line.

    A file that ends early, as one that is cut short, is read up to there, and told. Raises MisfitError where
    nothing of it can be read, or no row of it has the label.
    """
    history = History(path)
    broken = BrokenLines(reading, FORMAT)
    parsed = list(_parsed(history, _lines(path, reading), broken))
    history.label = _label(path, label, [fields for _, fields in parsed])
    long = 0
    for number, fields in parsed:
        try:
            history.rows.append(labelled(number, fields, history.label, CORE))
        except BrokenRowError as error:
            _break(history, broken, number, str(error))
            continue
        long += _is_long(fields)
    broken.end()
    if long:
        reading.complain(f"{path}: {counted(long, 'stack')} of over {LONG:,} frames", "the innermost count")
    if not history.rows:
        raise MisfitError(f"{path}: {_unusable(history)}", FORMAT)
    return history


def _unusable(history: History) -> str:
    """Say why no row of a history can be used."""
    if not history.total:
        return "it is empty"
    if history.left_out and not history.broken:
        return f'"key": null leaves out {counted(history.left_out, "row")}, and there is no other'
    return "no row of it can be used"


def _lines(path: str, reading: Reading) -> Iterator[bytes]:
    """Yield each whole line. Raises MisfitError where there is none before what stands in the way."""
    is_empty = True
    try:
        for some in lines(chunks(path, lambda _: None)):
            is_empty &= not some
            yield from some
    except (OSError, BrokenArchiveError) as error:
        if is_empty:
            raise _unread(path, error) from None
        reading.notice(refusal(path, error))


def _unread(path: str, error: OSError | BrokenArchiveError) -> MisfitError:
    where, what, remedy, _ = refusal(path, error, is_all=True)
    return MisfitError(f"{where}: {what}", remedy)


def _parsed(history: History, every: Iterable[bytes], broken: BrokenLines) -> Iterator[tuple[int, Fields]]:
    """Yield number and fields of each row that is to be used."""
    for number, line in enumerate(every):
        history.total += 1
        if not line or line.isspace():
            continue
        try:
            fields = _fields(line)
        except BrokenRowError as error:
            _break(history, broken, number, str(error))
            continue
        if is_left_out(fields):
            history.left_out += 1
        else:
            yield number, fields


def _fields(line: bytes) -> Fields:
    """Return the fields of a row. Raises BrokenRowError."""
    if len(line) > LINE_BYTES:
        raise BrokenRowError(f"longer than {LINE_BYTES:,} bytes")
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BrokenRowError(f"no JSON: {error.msg} at character {error.colno}") from None
    if not isinstance(fields, dict):
        raise BrokenRowError("a row is an object")
    return fields


def _break(history: History, broken: BrokenLines, number: int, what: str) -> None:
    history.broken += 1
    broken.add(history.path, number + 1, f"row {number}: {what}")


def _label(path: str, asked: str | None, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the field that says which bug a row is. Raises MisfitError where no row has it."""
    label = asked or label_of(rows)
    if rows and (label is None or not any(label in row for row in rows)):
        others = [name for name in LABELS if any(name in row for row in rows)]
        remedy = f"say --label {others[0]}" if others else FORMAT
        raise MisfitError(f"{path}: no row has {asked or ' or '.join(LABELS)}", remedy)
    return label or LABELS[0]


def _is_long(fields: Mapping[str, Any]) -> bool:
    stacks = (fields.get(name) for name in ("frames", "key"))
    return any(len(stack) > LONG for stack in stacks if isinstance(stack, list))


def ordered(history: History, path: str) -> list[Labelled]:
    """Return the rows of a history in the order of a file: a JSON array of row numbers from 0.

    Rows that it does not name are left out, as are those of it that cannot be used. Raises MisfitError.
    """
    wrong = partial(MisfitError, remedy="it is a JSON array of row numbers, the first row is 0")
    try:
        numbers = orjson.loads(b"".join(chunks(path, lambda _: None)))
    except (OSError, BrokenArchiveError) as error:
        raise _unread(path, error) from None
    except orjson.JSONDecodeError as error:
        raise wrong(f"{path}: no JSON: {error.msg} at character {error.colno}") from None
    if not isinstance(numbers, list) or not all(type(number) is int for number in numbers):
        raise wrong(f"{path}: not an array of whole numbers")
    if foreign := [number for number in numbers if not 0 <= number < history.total]:
        raise wrong(f"{path}: {history.path} has no row {foreign[0]}, it has {history.total:,}")
    if len(set(numbers)) < len(numbers):
        raise wrong(f"{path}: it names a row twice")
    usable = {row.number: row for row in history.rows}
    return [usable[number] for number in numbers if number in usable]
