"""The worker's web server: metrics, health, readiness, and the views of roles that have some."""

import errno
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, runtime_checkable

import orjson
from aiohttp import web

from agents.metrics import CONTENT_TYPE, Metrics
from agents.role import MisfitError, Readiness

CLOSE_S = 1.0  # for answers that are under way when the worker stops
BUSY = 503
WRONG = {  # why an address cannot be listened on
    errno.EADDRINUSE: "port {port} is taken",
    errno.EACCES: "port {port} needs rights that this user has not",
    errno.EADDRNOTAVAIL: "{host} is no address of this machine",
}


@runtime_checkable
class Views(Protocol):
    """A role with pages of its own, under `/api/`; `/` shows the first line of each handler's docstring."""

    def routes(self) -> Iterable[web.RouteDef]:
        """Give what `web.get("/api/...", handler)` gives."""


class Web:
    """`async with Web(...)`: it listens as long as the block lasts. Entering raises MisfitError."""

    def __init__(
        self,
        listen: str,
        metrics: Metrics,
        health: Callable[[], str],
        readiness: Callable[[], Mapping[str, Readiness]],
    ) -> None:
        """`listen` is HOST:PORT; `health` says what is wrong, empty for nothing; `readiness` is by role."""
        self._host, self._port = listen.rpartition(":")[0].strip("[]"), int(listen.rpartition(":")[2])
        self._metrics, self._health, self._readiness = metrics, health, readiness
        self._app = web.Application()
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=CLOSE_S)
        self.add(
            [
                web.get("/", self._index),
                web.get("/metrics", self._series),
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
            ]
        )

    def add(self, routes: Iterable[web.RouteDef]) -> None:
        """Take in more pages, before it listens."""
        self._app.add_routes(routes)

    async def __aenter__(self) -> "Web":
        """Listen. Raises MisfitError where the address cannot be had."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            await self._runner.cleanup()
            why = WRONG.get(error.errno or 0, str(error.strerror or error).lower())
            raise MisfitError(
                f"http.listen = {self._host}:{self._port}: {why.format(host=self._host, port=self._port)}",
                "stop what listens there, or set another (PANICSTREAM_HTTP_LISTEN)",
            ) from error
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close; answers that are under way get a second."""
        await self._runner.cleanup()

    async def _index(self, _request: web.Request) -> web.Response:
        """List what there is: this page."""
        rows = {
            route.resource.canonical: (route.handler.__doc__ or "").partition("\n")[0]
            for route in self._app.router.routes()
            if route.method == "GET" and route.resource
        }
        width = max(map(len, rows))
        return web.Response(text="".join(f"{path:<{width}}  {meaning}\n" for path, meaning in rows.items()))

    async def _series(self, _request: web.Request) -> web.Response:
        """Give the metrics, as Prometheus reads them."""
        return web.Response(body=self._metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    async def _healthz(self, _request: web.Request) -> web.Response:
        """Say whether the process works: 200, or 503 and what is wrong."""
        wrong = self._health()
        return _json({"healthy": not wrong, "wrong": wrong}, fine=not wrong)

    async def _readyz(self, _request: web.Request) -> web.Response:
        """Say whether each role does its work: 200, or 503 and what is in the way."""
        rows = [
            {"role": name, "ready": not one.in_the_way, "in_the_way": one.in_the_way, "facts": one.facts}
            for name, one in self._readiness().items()
        ]
        ready = all(row["ready"] for row in rows)
        return _json({"ready": ready, "roles": rows}, fine=ready)


def _json(document: object, *, fine: bool) -> web.Response:
    return web.Response(
        body=orjson.dumps(document), status=200 if fine else BUSY, content_type="application/json"
    )
