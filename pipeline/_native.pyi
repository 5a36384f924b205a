"""The compiled core: bytes of a log stream in, Go crashes out."""

from typing import final

__all__ = ["Scanner"]

@final
class Scanner:
    """Finds the Go crashes in one stream of bytes.

    The bytes may come in pieces of any size; the crashes do not depend on how they are cut. Memory is
    bounded, whatever the input. A line's offset is its number in the stream, from 0. One object is one
    stream; calls from several threads take turns.

    ``topic`` and ``partition`` are the coordinates that the crashes carry; their ids are derived from them.
    """

    def __new__(cls, topic: str, *, partition: int = 0) -> Scanner: ...
    def feed(self, chunk: bytes, /) -> list[bytes]:
        """Take the next bytes; return each crash that ended in them as one JSON document (`panic.v1`)."""

    def finish(self) -> list[bytes]:
        """End the stream: take the last line, line feed or not, close what is open, return its crashes."""

    @property
    def lines(self) -> int:
        """Lines read so far."""

    @property
    def swallowed_lines(self) -> int:
        """Lines of a crash that came after it was closed: taken, not told, so far."""

    @property
    def ordinary_lines(self) -> int:
        """Lines that belong to no crash, so far."""
