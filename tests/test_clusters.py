"""The command `clusters`, and what it shows of a worker's answer."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web

from agents.cluster_view import ClusterView
from tests.command import panicstream
from tests.kafka.cluster import free_ports

CART = {
    "fingerprint": "1118e17081b1" + "0" * 20,
    "fingerprint_version": 1,
    "shard": "github.com/acme/shop",
    "title": "nil pointer dereference in cart.(*Cart).OwnerName",
    "crashes_total": 1234,
    "releases": [{"release": f"v1.{4 - number}", "crashes": 200 - number} for number in range(7)],
    "services": [{"service": "shop/cart/live", "crashes": 1230}, {"service": "//", "crashes": 4}],
    "first_seen": "2026-11-20T23:59:59.999999999Z",
    "last_seen": "2026-11-21T00:20:45.120249605Z",
    "sample_id": "a" * 32,
}
BARE = CART | {
    "fingerprint": "c4561e2c7ced" + "0" * 20,
    "title": None,
    "crashes_total": 1,
    "releases": [{"release": "\x1b[31mred", "crashes": 1}],
    "first_seen": None,
    "last_seen": None,
}
SHOWN = """\
  1234 x nil pointer dereference in cart.(*Cart).OwnerName  1118e17081b1
         releases v1.4 200, v1.3 199, v1.2 198, v1.1 197, v1.0 196, 2 more
         services shop/cart/live 1,230, unknown 4
         first    2026-11-20 23:59:59 UTC
         last     2026-11-21 00:20:45 UTC

     1 x no title yet  c4561e2c7ced
         releases \\x1b[31mred 1
         services shop/cart/live 1,230, unknown 4
         first    unknown
         last     unknown

the 2 most frequent of 214 bugs, in 3 of 12 partitions: other workers have the rest
"""


@contextmanager
def worker(status: int, answer: bytes) -> Iterator[str]:
    """Run something that answers every question so; give its URL."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the library's own name
            self.send_response(status)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def told(*clusters: dict[str, Any], known: int = 214) -> bytes:
    """Return a worker's answer."""
    return orjson.dumps({"known": known, "partitions": [0, 4, 8], "of": 12, "clusters": list(clusters)})


def test_bugs_are_shown_for_people() -> None:
    with worker(200, told(CART, BARE)) as url:
        assert panicstream("clusters", "--url", url) == (0, SHOWN, [])


def test_and_as_json_a_line_each() -> None:
    with worker(200, told(CART, BARE)) as url:
        answer = panicstream("clusters", "--url", url, "--json")
    assert [orjson.loads(line) for line in answer.output.splitlines()] == [CART, BARE]


def test_where_nobody_listens_one_line_says_so() -> None:
    url = f"http://127.0.0.1:{free_ports(1)[0]}"
    line = f"panicstream: {url}: connection refused; start `panicstream worker`, or name one with --url"
    assert panicstream("clusters", "--url", url) == (2, "", [line])


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        (503, b"{}", "service unavailable; it is reading its tables, ask again in a moment"),
        (404, b"", "not found; the worker there does not run track; name one that does with --url"),
        (200, b"<html>", "something else answers there; name a worker of panicstream with --url"),
        (200, b"[]", "something else answers there; name a worker of panicstream with --url"),
        (500, b"", "internal server error; name a worker of panicstream with --url"),
    ],
)
def test_whoever_cannot_tell_is_told_in_one_line(status: int, answer: bytes, expected: str) -> None:
    with worker(status, answer) as url:
        assert panicstream("clusters", "--url", url) == (2, "", [f"panicstream: {url}: {expected}"])


@pytest.mark.parametrize(("query", "expected"), [("limit=x", 400), ("limit=100000", 400), ("", 503)])
def test_a_worker_that_has_no_tables_yet_says_so(query: str, expected: int) -> None:
    async def ask() -> int:
        app = web.Application()
        app.add_routes(ClusterView().routes())
        runner, port = web.AppRunner(app), free_ports(1)[0]
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        async with aiohttp.ClientSession() as client:
            answer = await client.get(f"http://127.0.0.1:{port}/api/clusters?{query}")
        await runner.cleanup()
        return answer.status

    assert asyncio.run(ask()) == expected
