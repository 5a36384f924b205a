"""What a shipper knows of a line: the container that wrote it, and when."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import orjson


@dataclass(frozen=True)
class Container:
    """A container of a service's pod, as Kubernetes, systemd or syslog would call it.

    `id` has 64 hex digits.
    """

    id: str
    service: str
    version: str
    namespace: str
    pod: str
    uid: str
    node: str
    pid: int = 42
    restarts: int = 0

    @property
    def image(self) -> str:
        """The image that it runs."""
        return f"registry.example.com/{self.namespace}/{self.service}:{self.version}"

    @property
    def labels(self) -> dict[str, str]:
        """The labels of its pod."""
        return {"app.kubernetes.io/name": self.service, "app.kubernetes.io/version": self.version}

    @property
    def file(self) -> str:
        """The file that its node keeps its lines in."""
        return f"/var/log/containers/{self.pod}_{self.namespace}_{self.service}-{self.id}.log"


class Line(NamedTuple):
    """A line without its line feed, its time in ns since 1970, and its number in its container, from 0."""

    raw: bytes
    time: int
    number: int = 0

    @property
    def text(self) -> str:
        """The line as shippers put it in JSON: U+FFFD for bytes that are no UTF-8."""
        return self.raw.decode(errors="replace")

    def clock(self, digits: int = 9) -> str:
        """Return the time as RFC 3339 without zone."""
        whole = datetime.fromtimestamp(self.time // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return f"{whole}.{self.time % 10**9:09d}"[: len(whole) + 1 + digits]

    @property
    def utc(self) -> str:
        """The time as RFC 3339 with nine digits."""
        return self.clock() + "Z"


Value = Callable[[Container, Line], bytes]
"""Writes the value of a line's record."""


def dumped(fields: object) -> bytes:
    """Return compact JSON."""
    return orjson.dumps(fields)
