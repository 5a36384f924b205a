"""HTTP servers that keep what they are told, and what an HTTP server says."""

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import orjson

HOST = "127.0.0.1"
PATIENCE_S = 30.0


class Answered(NamedTuple):
    """What an HTTP server said."""

    status: int
    body: bytes

    def json(self) -> Any:
        """Return the body, read."""
        return orjson.loads(self.body)


def asked(url: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answered:
    """Ask an HTTP server; with a body it is a POST of JSON."""
    written = None if body is None else orjson.dumps(body)
    told = {"Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(url, written, told)  # noqa: S310  # our own servers
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
            return Answered(answer.status, answer.read())
    except urllib.error.HTTPError as refused:
        return Answered(refused.code, refused.read())


class Webhook(NamedTuple):
    """One call, and when it came (monotonic seconds)."""

    at: float
    path: str
    body: dict[str, Any]

    @property
    def told(self) -> list[tuple[str, str]]:
        """Return name and status of each alert."""
        return [(alert["labels"]["alertname"], alert["status"]) for alert in self.body["alerts"]]


class Webhooks:
    """An HTTP server that keeps what it is told; make one with `webhooks`. `status` is what it answers."""

    def __init__(self, port: int) -> None:
        self.url, self.status = f"http://{HOST}:{port}", 200
        self.calls: list[Webhook] = []

    def told(self) -> list[tuple[str, str]]:
        """Return name and status of each alert of each call."""
        return [pair for call in list(self.calls) for pair in call.told]


@contextmanager
def webhooks() -> Iterator[Webhooks]:
    """Listen as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.calls.append(Webhook(time.monotonic(), self.path, orjson.loads(body)))
            self.send_response(kept.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((HOST, 0), Handler)
    kept = Webhooks(server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
