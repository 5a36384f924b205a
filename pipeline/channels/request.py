"""What is sent to a channel; what shows it hides its secrets."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

ANSWER_BYTES = 1 << 16


def json_body(value: object) -> bytes:
    """Return a value as the body of a request."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True, repr=False)
class Request:
    """An HTTP request.

    `is_keyed`: the vendor knows a repeat by a key, so that it may be sent again whatever became of it.
    `optional`: where it fails nobody misses it. `secrets` are texts that nothing may show. So many
    `answer_bytes` of its answer are read.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    is_keyed: bool = False
    optional: bool = False
    secrets: tuple[str, ...] = ()
    answer_bytes: int = ANSWER_BYTES

    @property
    def where(self) -> str:
        """The host that it goes to: all of its address that may be shown."""
        try:
            parts = urlsplit(self.url)
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            return "?"
        return f"{parts.scheme}://{parts.hostname or '?'}{port}"

    def __repr__(self) -> str:
        return f"Request({self.method} {self.where}, {len(self.body)} bytes)"


@dataclass(frozen=True, repr=False)
class Mail:
    """A mail: its envelope, and all of it as it goes over the line (RFC 5322)."""

    sender: str
    recipients: tuple[str, ...]
    body: bytes
    server: "Server"
    is_keyed: bool = False
    optional: bool = False
    secrets: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """The server that it goes to."""
        return f"smtp://{self.server.host}:{self.server.port}"

    def __repr__(self) -> str:
        return f"Mail({self.where}, {len(self.recipients)} recipients, {len(self.body)} bytes)"


@dataclass(frozen=True)
class Server:
    """A server of mail: `security` is `starttls`, `tls` or `none`; without a user nobody logs in."""

    host: str
    port: int
    security: str
    user: str = ""
    password: str = field(default="", repr=False)


Sendable = Request | Mail
