"""Workers that show their clusters and ask each other, without Kafka: `serving` runs them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeVar, cast

import aiohttp
import orjson
from aiohttp import web

from agents.cluster_view import ClusterView
from agents.table_app import TableApp
from pipeline.clusters import Clusters
from pipeline.settings import Settings
from pipeline.step import Effect
from tests.kafka.cluster import free_ports
from tests.timeline import HOUR, Timeline, cluster, sighting, stack

OTHER = "github.com/acme/pay"
Given = TypeVar("Given")
TOKEN = "the token of the tests"  # noqa: S105  # it opens nothing


class Answer(NamedTuple):
    """What a worker answered; `value` is None where that is no JSON."""

    status: int
    value: Any
    location: str | None = None


class Shown:
    """A worker; `written` are the partitions and values of `commands` that it wrote."""

    def __init__(self, url: str, partitions: Mapping[int, Clusters], token: str = TOKEN) -> None:
        self.url, self.written = url, list[tuple[int, dict[str, Any]]]()
        self._asked: aiohttp.ClientSession | None = None
        self.app = SimpleNamespace(
            cluster=SimpleNamespace(partitions=dict(partitions)),
            tables=SimpleNamespace(actives_ready=True),
            rebalancing=False,
            assignor=SimpleNamespace(changelog_distribution={}),
            conf=SimpleNamespace(canonical_url=url),
            cause=self._cause,
        )
        http = {"token": token, "advertise": url.removeprefix("http://")}
        settings = Settings.model_validate({"http": http, "topics": {"partitions": 2}})
        self.view = ClusterView(settings)
        self.view.app = cast(TableApp, self.app)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Listen."""
        pages = web.Application()
        pages.add_routes(self.view.routes())
        runner = web.AppRunner(pages, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", int(self.url.rpartition(":")[2])).start()
        async with aiohttp.ClientSession() as self._asked:
            yield
        await runner.cleanup()

    async def get(self, path: str) -> Answer:
        """Ask for a page."""
        return await self._ask("GET", path)

    async def post(
        self, path: str, body: bytes | Mapping[str, Any] = b"", shown: str = f"Bearer {TOKEN}"
    ) -> Answer:
        """Give a command."""
        headers = {"Authorization": shown} if shown else {}
        return await self._ask(
            "POST", path, data=body if isinstance(body, bytes) else orjson.dumps(body), headers=headers
        )

    async def _ask(self, method: str, path: str, **given: Any) -> Answer:
        assert self._asked
        async with self._asked.request(method, f"{self.url}{path}", allow_redirects=False, **given) as answer:
            is_json = answer.content_type == "application/json"
            value = orjson.loads(await answer.read()) if is_json else None
            return Answer(answer.status, value, answer.headers.get("Location"))

    async def _cause(self, effect: Effect, here: int) -> "asyncio.Future[None]":
        assert (effect.topic, effect.beside) == ("commands", True)
        self.written.append((here, effect.value or {}))
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


@asynccontextmanager
async def serving(
    *held: Mapping[int, Clusters], silent: int = 0, others: Sequence[str] = ()
) -> AsyncIterator[Sequence[Shown]]:
    """Run workers that have these partitions, and know each other, and so many that nobody runs."""
    urls = [f"http://127.0.0.1:{port}" for port in free_ports(len(held) + silent)]
    workers = [Shown(url, partitions) for url, partitions in zip(urls, held, strict=False)]
    async with AsyncExitStack() as running:
        for worker in workers:
            worker.app.assignor.changelog_distribution = {f"{url}/": {} for url in (*urls, *others)}
            await running.enter_async_context(worker.serving())
        yield workers


class Hanging:
    """A worker that takes questions and never answers; `asked` counts them."""

    def __init__(self) -> None:
        self.asked, self.url = 0, ""

    @asynccontextmanager
    async def hanging(self) -> AsyncIterator["Hanging"]:
        """Listen."""
        server = await asyncio.start_server(self._take, "127.0.0.1")
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server:
            yield self

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        await reader.read()  # until who asks gives up
        writer.close()


@cache
def carts() -> Timeline:
    """Return a partition of three bugs; a fourth was merged into the first."""
    timeline = Timeline()
    for number, name in enumerate(("total", "wrapped", "stock", "user")):
        frames = stack(f"{name}.Do{name}", route=name)
        timeline.sees(name, frames, HOUR * number, count=9 - number, release=f"v{number}")
    timeline.says("merge", cluster("wrapped"), 4 * HOUR, into=cluster("total"))
    timeline.says("resolve", cluster("stock"), 4 * HOUR)
    return timeline


@cache
def payments() -> Timeline:
    """Return another partition, of two bugs."""
    timeline = Timeline()
    for count, name in ((8, "charge"), (1, "refund")):
        frames = [f"{OTHER}/pay.{name}", *stack(route=name)]
        writer = {"shard": OTHER, "service_name": "pay", "count": count}
        timeline.takes(sighting(name, frames, 5 * HOUR + count, **writer), 5 * HOUR)
    return timeline


def asked(question: Callable[..., Awaitable[Given]], **how: Any) -> Given:
    """Ask two workers: the first has partition 0, the carts, the second has 1, the payments."""

    async def ask() -> Given:
        held = {0: carts().clusters}, {1: payments().clusters}
        async with serving(*held, **how) as workers:
            return await question(*workers)

    return asyncio.run(ask())
