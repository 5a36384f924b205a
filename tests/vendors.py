"""Servers that answer as vendors do, over HTTP and HTTPS on free ports, and note what they are asked.

`with vendor("dingtalk") as stub:` gives one that takes all; `stub.answers` may hold what it says first, one
answer a request, and `stub.asked` is what came.
"""

import json
import socketserver
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PATIENCE_S = 30.0  # that one waits for requests, or hangs


@dataclass(frozen=True)
class Reply:
    """What a server does with a request: it answers, or `does` something else.

    `hang`: nothing until it is stopped; `close`: the connection is closed unanswered; `cut`: it is closed
    within the answer. `after_s`: it takes its time.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    does: str = "answer"
    after_s: float = 0.0


def told(status: int, value: object, **headers: str) -> Reply:
    """Return an answer in JSON; `retry_after="7"` is the header Retry-After."""
    named = {name.replace("_", "-").title(): text for name, text in headers.items()}
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json", **named})


HANG, CLOSE, CUT = Reply(does="hang"), Reply(does="close"), Reply(body=b'{"ok": tr', does="cut")
HTML = Reply(502, b"<html><body><h1>502 Bad Gateway</h1></body></html>", {"Content-Type": "text/html"})
HUGE = Reply(200, b"x" * (1 << 20))
EMPTY = Reply(200)

FINE: dict[str, Reply] = {  # what each vendor says when it took something
    "aliyun_sms": told(200, {"Code": "OK", "Message": "OK", "BizId": "9006199^0", "RequestId": "F655"}),
    "dingtalk": told(200, {"errcode": 0, "errmsg": "ok"}),
    "feishu": told(200, {"code": 0, "data": {}, "msg": "success"}),
    "pagerduty": told(202, {"status": "success", "message": "Event processed", "dedup_key": "k"}),
    "slack": Reply(200, b"ok"),
    "slack_bot": told(200, {"ok": True, "channel": "C0123", "ts": "1503435956.000247"}),
    "webhook": Reply(200),
    "wecom": told(200, {"errcode": 0, "errmsg": "ok"}),
}
TOO_FAST: dict[str, Reply] = {  # what each says when it is asked too often
    "aliyun_sms": told(200, {"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "limit", "RequestId": "F655"}),
    "dingtalk": told(200, {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}),
    "feishu": told(200, {"code": 11232, "msg": "frequency limited"}),
    "pagerduty": told(429, {"status": "throttle exceeded", "message": "too many"}),
    "slack": Reply(429, b"rate_limited", {"Retry-After": "30"}),
    "slack_bot": told(429, {"ok": False, "error": "ratelimited"}, retry_after="30"),
    "webhook": Reply(429, b"", {"Retry-After": "30"}),
    "wecom": told(200, {"errcode": 45009, "errmsg": "api freq out of limit"}),
}
REFUSED: dict[str, Reply] = {  # what each says to a sign or a token that is wrong; with status 200, many do
    "aliyun_sms": told(404, {"Code": "InvalidAccessKeyId.NotFound", "Message": "no such key"}),
    "dingtalk": told(200, {"errcode": 310000, "errmsg": "sign not match, timestamp"}),
    "feishu": told(200, {"code": 19021, "msg": "sign match fail or timestamp is not within one hour"}),
    "pagerduty": told(400, {"status": "invalid event", "message": "bad", "errors": ["routing_key"]}),
    "slack": Reply(403, b"invalid_token"),
    "slack_bot": told(200, {"ok": False, "error": "invalid_auth"}),
    "webhook": Reply(401),
    "wecom": told(200, {"errcode": 93000, "errmsg": "invalid webhook url"}),
}


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    at: float
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def fields(self) -> Any:
        """The body, which is JSON."""
        return json.loads(self.body)


Answering = Callable[[Asked], Reply]


class Stub:
    """What all servers have: answers to give first, what they were asked, and where they listen."""

    def __init__(self, fine: Reply | Answering, scheme: str) -> None:
        self.fine, self.scheme = fine, scheme
        self.answers: deque[Reply] = deque()
        self.asked: list[Asked] = []
        self.port = 0
        self.stopped = threading.Event()
        self._came = threading.Condition()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def take(self, asked: Asked) -> Reply:
        """Note a request; return what to do."""
        with self._came:
            self.asked.append(asked)
            self._came.notify_all()
            if self.answers:
                return self.answers.popleft()
        return self.fine(asked) if callable(self.fine) else self.fine

    def wait_for(self, count: int, patience_s: float = PATIENCE_S) -> list[Asked]:
        """Return what was asked as soon as that are so many; raises TimeoutError."""
        with self._came:
            if not self._came.wait_for(lambda: len(self.asked) >= count, patience_s):
                raise TimeoutError(f"{len(self.asked)} requests instead of {count}")
            return list(self.asked)


class _Http(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stub: Stub

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): text for name, text in self.headers.items()}
        asked = Asked(time.time(), self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
        self._do(self.stub.take(asked))

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - names of the library

    def _do(self, reply: Reply) -> None:
        self.close_connection = True
        if reply.does == "hang":
            self.stub.stopped.wait(PATIENCE_S)
        if reply.does in {"hang", "close"} or self.stub.stopped.wait(reply.after_s):
            return
        self.send_response(reply.status)
        for name, text in reply.headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(reply.body) + (9 if reply.does == "cut" else 0)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    trusted: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Greet in the thread of the connection, so that one that never greets holds nobody up."""
        if not self.trusted:
            super().finish_request(request, client_address)
            return
        with self.trusted.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients hang up, and distrust us, on purpose."""


@contextmanager
def serving(stub: Stub, tls: ssl.SSLContext | None = None) -> Iterator[Stub]:
    """Run an HTTP server, with TLS where a context is given."""
    bound = type("Bound", (_Http,), {"stub": stub})
    with _Server(("127.0.0.1", stub.port), bound) as server:
        server.trusted, stub.port = tls, server.server_port
        with running(server, stub):
            yield stub


@contextmanager
def running(server: socketserver.BaseServer, stub: Stub) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stub.stopped.set()
        server.shutdown()
        thread.join()


@contextmanager
def vendor(
    name: str,
    *answers: Reply,
    fine: Answering | None = None,
    tls: ssl.SSLContext | None = None,
    port: int = 0,
) -> Iterator[Stub]:
    """Run a vendor that gives these answers first, and is fine with all else.

    `fine` says it otherwise, from what is asked; `port` is for one that comes back where it was.
    """
    stub = Stub(fine or FINE[name], "https" if tls else "http")
    stub.answers.extend(answers)
    stub.port = port
    with serving(stub, tls) as one:
        yield one
