"""What `replay` sends: the records that log files or dumps of records give."""

import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol, TypedDict, Unpack

from agents.dump import BrokenLines, Dump, lines
from agents.inputs import STDIN
from agents.records import Record
from agents.sending import BY_KEY
from agents.shippers.container import Container, Line
from agents.shippers.table import shipped

OF_CONTAINER, NO_KEY = "container", "none"  # words for keys; any other is a key itself


class Parcel(NamedTuple):
    """A record, and where it goes; its partition may be `BY_KEY`."""

    topic: str
    partition: int
    record: Record


class Source(Protocol):
    """Gives the records of a file."""

    def parcels(self, path: str, pieces: Iterable[bytes]) -> Iterator[Parcel]:
        """Yield the records that the file's bytes give; each is made when it is asked for."""

    def end(self) -> None:
        """Say what is known only at the end."""


class Shipping(TypedDict):
    """How lines are shipped; `key` is `container`, `none` or a text, `service` None: as the file."""

    topic: str | None
    envelope: str
    key: str
    service: str | None


class LogFiles:
    """Each file is a container's output, each line a record, written when it is sent."""

    def __init__(self, **shipping: Unpack[Shipping]) -> None:
        self._topic = shipping["topic"] or ""
        self._envelope, self._key = shipping["envelope"], shipping["key"]
        self._service = shipping["service"]
        self._run = time.time_ns()

    def parcels(self, path: str, pieces: Iterable[bytes]) -> Iterator[Parcel]:
        """Yield the records of one file."""
        of = container(path, self._service, self._run)
        key = {OF_CONTAINER: of.id.encode(), NO_KEY: None}.get(self._key, self._key.encode())
        number = now = 0
        for some in lines(pieces):
            for raw in some:
                now = max(now + 1, time.time_ns())
                line = Line(raw.removesuffix(b"\r"), now, number)
                yield Parcel(self._topic, BY_KEY, shipped(self._envelope, of, line, key))
                number += 1

    def end(self) -> None:
        """Nothing is left to say."""


class Dumps:
    """Records as JSON, put back as they were: key, headers, time and partition."""

    def __init__(self, topic: str | None, broken: BrokenLines) -> None:
        """`topic` None: where each record was."""
        self._topic, self._broken = topic, broken

    def parcels(self, path: str, pieces: Iterable[bytes]) -> Iterator[Parcel]:
        """Yield the records of one file."""
        dump = Dump(path, self._broken)
        for some in lines(pieces):
            for place, record in dump.read(some):
                yield Parcel(self._topic or place.topic, place.partition, record)
        dump.end()

    def end(self) -> None:
        """Say how many lines were no records."""
        self._broken.end()


def container(path: str, service: str | None, run: int) -> Container:
    """Make up the container that a file is the output of, another in each run."""
    name = service or _service(path)
    digits = hashlib.sha256(f"{run} {path}".encode(errors="surrogateescape")).hexdigest()
    return Container(
        id=digits,
        service=name,
        version="1.0.0",
        namespace="replay",
        pod=f"{name}-{digits[:8]}-{digits[8:13]}",
        uid=f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:32]}",
        node="node-1",
        pid=int(digits[:4], 16) + 1,
    )


def _service(path: str) -> str:
    """Name a service after its file: `logs/cart.log.1.gz` is `cart`, `cart/0.log`, too."""
    if path == STDIN:
        return "stdin"
    folder, file = os.path.split(os.path.abspath(path))
    stem = file.partition(".")[0]
    return os.path.basename(folder) if not stem or stem.isdigit() else stem
