"""One stream of bytes through one Scanner, and what came out of it."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson

from pipeline._native import Scanner

Crash = dict[str, Any]


class Scanned(NamedTuple):
    """The documents as the scanner gave them, the same parsed, and the scanner's counts."""

    documents: list[bytes]
    crashes: list[Crash]
    lines: int
    ordinary_lines: int
    swallowed_lines: int


def scan_pieces(pieces: Iterable[bytes], topic: str = "tests") -> Scanned:
    """Feed the pieces in order and end the stream."""
    scanner = Scanner(topic)
    documents = [document for piece in pieces for document in scanner.feed(piece)]
    documents += scanner.finish()
    crashes = [orjson.loads(document) for document in documents]
    return Scanned(documents, crashes, scanner.lines, scanner.ordinary_lines, scanner.swallowed_lines)


def lines_taken(crash: Crash) -> int:
    """Return how many lines of the stream the crash took.

    `line_count` counts lines of the trace; a dump in a field of one log line has many of them in that line.
    """
    span = int(crash["source_last_offset"]) - int(crash["source_first_offset"]) + 1
    return min(int(crash["line_count"]), span)


def scan(text: bytes, topic: str = "tests") -> Scanned:
    """Feed the text at once and end the stream."""
    return scan_pieces((text,), topic)
