"""The worker's web server, asked over its port."""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

import aiohttp
import orjson
import pytest
from aiohttp import web

from agents.metrics import Metrics
from agents.role import MisfitError, Readiness
from agents.web import Web
from tests.kafka.cluster import free_ports


class Answer(NamedTuple):
    """What a page gave."""

    status: int
    kind: str
    text: str


async def clusters(_request: web.Request) -> web.Response:
    """Give the clusters.

    More that is not shown.
    """
    return web.Response(text="none")


def page(path: str, wrong: str = "", roles: Mapping[str, Readiness] | None = None) -> Answer:
    """Ask a server for a page."""

    async def ask() -> Answer:
        metrics = Metrics()
        metrics.records.labels("logs.a").inc(3)
        listen = f"127.0.0.1:{free_ports(1)[0]}"
        server = Web(listen, metrics, lambda: wrong, lambda: roles or {})
        server.add([web.get("/api/clusters", clusters)])
        async with server, aiohttp.ClientSession() as client, client.get(f"http://{listen}{path}") as answer:
            return Answer(answer.status, answer.content_type, await answer.text())

    return asyncio.run(ask())


def test_the_index_names_each_page_those_of_roles_too() -> None:
    rows = [line.split("  ")[0].strip() for line in page("/").text.splitlines()]
    assert rows == ["/", "/metrics", "/healthz", "/readyz", "/api/clusters"]
    assert page("/").text.splitlines()[-1] == "/api/clusters  Give the clusters."


def test_pages_of_roles_are_served() -> None:
    assert page("/api/clusters") == (200, "text/plain", "none")


def test_metrics_are_as_prometheus_reads_them() -> None:
    status, kind, text = page("/metrics")
    assert (status, kind) == (200, "text/plain")
    assert 'panicstream_records_total{topic="logs.a"} 3.0' in text.splitlines()


def test_health_is_503_with_what_is_wrong() -> None:
    assert page("/healthz") == (200, "application/json", '{"healthy":true,"wrong":""}')
    assert page("/healthz", wrong="a fault") == (
        503,
        "application/json",
        '{"healthy":false,"wrong":"a fault"}',
    )


def test_readiness_is_503_as_long_as_something_is_in_the_way_of_a_role() -> None:
    fine, waiting = Readiness(facts={"lag": 0}), Readiness(["no broker answers"])
    assert page("/readyz", roles={"detect": fine}).status == 200
    status, _, text = page("/readyz", roles={"detect": fine, "track": waiting})
    assert (status, orjson.loads(text)) == (
        503,
        {
            "ready": False,
            "roles": [
                {"role": "detect", "ready": True, "in_the_way": [], "facts": {"lag": 0}},
                {"role": "track", "ready": False, "in_the_way": ["no broker answers"], "facts": {}},
            ],
        },
    )


@pytest.mark.parametrize(
    ("listen", "expected"),
    [
        ("192.0.2.1:8321", "http.listen = 192.0.2.1:8321: 192.0.2.1 is no address of this machine"),
        ("nowhere.invalid:8321", "http.listen = nowhere.invalid:8321: name or service not known"),
    ],
)
def test_an_address_that_cannot_be_had_is_a_misfit(listen: str, expected: str) -> None:
    async def enter() -> None:
        async with Web(listen, Metrics(), str, dict):
            pass

    with pytest.raises(MisfitError) as misfit:
        asyncio.run(enter())
    assert str(misfit.value) == expected


def test_it_listens_on_ipv6_too() -> None:
    async def enter() -> str:
        async with Web("[::1]:0", Metrics(), str, dict):
            return "listens"

    assert asyncio.run(enter()) == "listens"
