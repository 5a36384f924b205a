"""What commands read: an argument becomes paths (`files`), a path becomes the bytes as logged (`chunks`)."""

import errno
import os
import stat
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple, Protocol

import zstandard

STDIN = "-"
CHUNK = 1 << 18  # bytes asked for at once; a pipe gives what it has

REMEDIES = {  # what to do about a refusal of the operating system
    errno.ENOENT: "check the name, or where the link leads",
    errno.EACCES: "read it as a user who may",
    errno.EPERM: "read it as a user who may",
    errno.ELOOP: "mend the link",
    errno.EBADF: "give it something to read",
    errno.ENXIO: "give what it writes as a file or a pipe",
    errno.EISDIR: "name a file in it",
}


class BrokenArchiveError(Exception):
    """A compressed file is cut short or damaged; what came before the damage has been yielded."""


class Notice(NamedTuple):
    """Something that was not read: where, what is wrong, what to do."""

    where: str
    what: str
    remedy: str
    intended: bool = False  # passed over on purpose, no failure


class Member(Protocol):
    """One gzip member or zstd frame while it is unpacked."""

    @property
    def eof(self) -> bool:
        """Whether it has ended."""

    @property
    def unused_data(self) -> bytes:
        """Of the bytes given last, those behind its end."""

    def decompress(self, packed: bytes, /) -> bytes:
        """Take the next packed bytes, give what is in them."""


class Archive(NamedTuple):
    """A kind of compressed file."""

    suffix: str
    magic: bytes
    member: Callable[[], Member]
    step: int  # packed bytes unpacked at once; at the format's best ratio they fill 64 MiB


ARCHIVES = (
    Archive(".gz", b"\x1f\x8b", partial(zlib.decompressobj, wbits=31), 1 << 16),
    Archive(".zst", b"\x28\xb5\x2f\xfd", lambda: zstandard.ZstdDecompressor().decompressobj(), 1 << 11),
)


def files(argument: str) -> Iterator[str | Notice]:
    """Yield the paths to read for one argument, and what stands in the way."""
    if argument == STDIN or not os.path.isdir(argument):
        yield argument
        return
    below = _walk(argument)
    yield next(below, Notice(argument, "no file in this folder", "name one that holds logs"))
    yield from below


def _walk(folder: str) -> Iterator[str | Notice]:
    """Yield all files below `folder`, sorted by name, folder by folder.

    Links are followed. Each real folder and file comes once, so links neither loop nor count a crash twice.
    """
    seen: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        try:
            status = os.stat(path)
            is_folder = stat.S_ISDIR(status.st_mode)
            inside = sorted(os.listdir(path), reverse=True) if is_folder else []
        except OSError as error:
            yield refusal(path, error)
            continue
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        waiting.extend(os.path.join(path, name) for name in inside)
        if stat.S_ISREG(status.st_mode):
            yield path
        elif not is_folder:
            # Opening a named pipe without a writer would wait for ever.
            yield Notice(path, "passed over, not a file", "name it itself to read it", intended=True)


def topic(path: str) -> str:
    """Name the topic that a file stands for: its path as given, what is no text in it made visible."""
    return os.fsencode(path).decode(errors="backslashreplace")


def total_size(paths: Iterable[str]) -> int | None:
    """Bytes that reading the paths will take, None where nobody can know (a pipe)."""
    total = 0
    for path in paths:
        try:
            status = os.fstat(0) if path == STDIN else os.stat(path)
        except OSError:
            continue
        if not stat.S_ISREG(status.st_mode):
            return None
        total += status.st_size
    return total


def chunks(path: str, count: Callable[[int], None]) -> Iterator[bytes]:
    """Yield what a file holds, unpacked; `count` is told the bytes taken from the file itself.

    Raises OSError where it cannot be read and BrokenArchiveError where it cannot be unpacked.
    """
    with open(0 if path == STDIN else path, "rb", closefd=path != STDIN) as file:
        archive = _archive(path, file.peek(1))
        step = archive.step if archive else CHUNK
        pieces = _counted(iter(partial(file.read1, step), b""), count)
        yield from _unpacked(pieces, archive) if archive else pieces


def _archive(path: str, head: bytes) -> Archive | None:
    return next((a for a in ARCHIVES if path.endswith(a.suffix) or head.startswith(a.magic)), None)


def _counted(pieces: Iterable[bytes], count: Callable[[int], None]) -> Iterator[bytes]:
    for piece in pieces:
        count(len(piece))
        yield piece


def _unpacked(pieces: Iterable[bytes], archive: Archive) -> Iterator[bytes]:
    """Yield what the members hold, one after the other, as gzip and zstd themselves read a joined file."""
    member: Member | None = None
    for piece in pieces:
        packed = piece
        while packed:
            member = member or archive.member()
            yield _next_of(member, packed)
            # Tapes and disk images pad with zeros.
            packed, member = (member.unused_data.lstrip(b"\0"), None) if member.eof else (b"", member)
    if member:
        raise BrokenArchiveError("it is cut short")


def _next_of(member: Member, packed: bytes) -> bytes:
    try:
        return member.decompress(packed)
    except (zlib.error, zstandard.ZstdError) as error:
        raise BrokenArchiveError(str(error).partition(": ")[2] or str(error)) from error


def refusal(path: str, error: OSError | BrokenArchiveError, *, is_all: bool = False) -> Notice:
    """Say why a path could not be read; `is_all`: there is nothing else that was."""
    if isinstance(error, BrokenArchiveError):
        read = "" if is_all else "what could be unpacked was read; "
        return Notice(path, f"broken archive: {error}", f"{read}fetch it again")
    what = (error.strerror or str(error)).lower()
    otherwise = "name a file that can be read" if is_all else "the rest was read"
    return Notice(path, what, REMEDIES.get(error.errno or 0, otherwise))
