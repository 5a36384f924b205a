"""Dumps of records, one JSON object a line: cut into lines, read, placed; lines that are no records told."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from agents.inputs import CHUNK, Notice, topic
from agents.reading import Reading
from agents.records import LAST_OFFSET, BrokenRecordError, Record, record

LINE_BYTES = 1 << 26  # a longer line is no record: brokers take 1 MiB unless they are told otherwise
SHOWN = 20  # broken lines of a run that are told one by one
PLAIN = 3  # so many broken lines in front of any record are a file of another kind


class Place(NamedTuple):
    """Where a record stands in Kafka, or in its file where the file does not say."""

    topic: str
    partition: int
    offset: int


def lines(pieces: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield the lines that end in each piece, without line feeds; of a line too long only its head."""
    half = bytearray()
    for piece in pieces:
        for at in range(0, len(piece), CHUNK):  # a small archive of line feeds would make a huge list
            first, *others = piece[at : at + CHUNK].split(b"\n")
            half += first[: LINE_BYTES + 1 - len(half)]
            if others:
                yield [bytes(half), *others[:-1]]
                half = bytearray(others[-1])
    if half:
        yield [bytes(half)]


class BrokenLines:
    """Lines of a run that are no records: the first are told one by one, the others counted."""

    def __init__(self, reading: Reading, hint: str) -> None:
        """`hint` says what to do about a file that holds no records at all."""
        self._reading, self._hint = reading, hint
        self._count = 0
        self._hinted = False

    def add(self, path: str, number: int, what: str) -> None:
        """Take one: its file, its number from 1, what is wrong with it."""
        self._count += 1
        self._reading.failed = True
        if self._count <= SHOWN:
            self._reading.notice(Notice(f"{path}:{number}", what, "the line was passed over"))

    def hint(self, path: str) -> None:
        """Say once what to do about such a file."""
        if not self._hinted:
            self._hinted = True
            self._reading.complain(f"{path}: this does not look like records", self._hint)

    def end(self) -> None:
        """Say how many were not told."""
        if self._count > SHOWN:
            self._reading.complain(
                f"{self._count - SHOWN:,} more lines are no records", "they were passed over"
            )


class Dump:
    """The records of one file, each with its place.

    What a record does not say of it is the file's path, partition 0, and the offset after the last one there.
    """

    def __init__(self, path: str, broken: BrokenLines) -> None:
        self._path, self._topic, self._broken = path, topic(path), broken
        self._number = 0  # of the line that was read last, from 1
        self._records = self._broken_ones = 0
        self._next: dict[tuple[str, int], int] = {}

    def read(self, lines: Iterable[bytes]) -> Iterator[tuple[Place, Record]]:
        """Yield the records of the next lines; empty lines are passed over."""
        for line in lines:
            self._number += 1
            if not line or line.isspace():
                continue
            try:
                found = _record(line)
            except BrokenRecordError as error:
                self._break(str(error))
                continue
            self._records += 1
            yield self._place(found), found

    def end(self) -> None:
        """Say what was not said while the file might still have gone on."""
        if self._broken_ones and not self._records:
            self._broken.hint(self._path)

    def _break(self, what: str) -> None:
        self._broken_ones += 1
        self._broken.add(self._path, self._number, what)
        if self._broken_ones == PLAIN and not self._records:
            self._broken.hint(self._path)

    def _place(self, found: Record) -> Place:
        source = found.topic or self._topic, found.partition
        offset = self._next.get(source, 0) if found.offset is None else found.offset
        self._next[source] = min(offset + 1, LAST_OFFSET)
        return Place(*source, offset)


def _record(line: bytes) -> Record:
    if len(line) > LINE_BYTES:
        raise BrokenRecordError(f"longer than {LINE_BYTES:,} bytes")
    return record(line)
