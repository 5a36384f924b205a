"""A worker that knows silences, without Kafka: `silent` runs it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import orjson
from aiohttp import web

from agents.silence_view import SilenceView
from agents.table_app import TableApp
from pipeline.commands import read_command
from pipeline.inhibition import Sources
from pipeline.routes import Routes
from pipeline.settings import Settings
from pipeline.silence import Silences
from pipeline.step import Effect
from tests.kafka.cluster import free_ports
from tests.views import TOKEN


class Silent:
    """The worker; `written` are the values of `commands` that it wrote, which it takes at once."""

    def __init__(self, routes: Routes, token: str = TOKEN) -> None:
        (port,) = free_ports(1)
        self.url, self.token = f"http://127.0.0.1:{port}", token
        self.written = list[dict[str, Any]]()
        self.silences, self.sources = Silences(), Sources(routes.inhibitions)
        self.overview = SimpleNamespace(
            is_known=True, silences=self.silences, inhibitor=self.sources.inhibits
        )
        app = SimpleNamespace(
            notify=SimpleNamespace(overview=self.overview),
            watch=SimpleNamespace(routes=SimpleNamespace(routes=routes)),
            cause=self._cause,
        )
        self._view = SilenceView(Settings.model_validate({"http": {"token": token}}))
        self._view.app = cast(TableApp, app)

    async def _cause(self, effect: Effect, _here: int) -> "asyncio.Future[None]":
        assert (effect.topic, effect.beside) == ("commands", False)
        self.written.append(effect.value or {})
        self.silences.take(read_command(orjson.dumps(effect.value)))
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    @contextmanager
    def serving(self) -> Iterator["Silent"]:
        """Listen, in a thread of its own."""
        begun, loop = threading.Event(), asyncio.new_event_loop()
        thread = threading.Thread(target=self._serve, args=[loop, begun])
        thread.start()
        begun.wait()
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()

    def _serve(self, loop: asyncio.AbstractEventLoop, begun: threading.Event) -> None:
        pages = web.Application()
        pages.add_routes(self._view.routes())
        runner = web.AppRunner(pages, access_log=None)
        loop.run_until_complete(runner.setup())
        port = int(self.url.rpartition(":")[2])
        loop.run_until_complete(web.TCPSite(runner, "127.0.0.1", port).start())
        begun.set()
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()
