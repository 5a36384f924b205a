"""`/api/silences` and `/api/routes`: what is silent, and who would be told of an alert."""

import asyncio
import logging
import re
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import orjson
from aiohttp import web

from agents import tokens
from agents.overview import Overview
from agents.table_app import TableApp
from agents.times import utc
from pipeline.commands import OURS
from pipeline.explanation import Hush, explanation, read_labels
from pipeline.settings import Settings
from pipeline.silence import State, expiry
from pipeline.silence_wish import read_wish, wished
from pipeline.step import Effect

LOG = logging.getLogger(__name__)

FINE, ACCEPTED, BAD, STRANGER, UNKNOWN, BUSY = 200, 202, 400, 403, 404, 503
READING = "it is reading what is silent"
NAME = re.compile("[a-zA-Z_][a-zA-Z0-9_]*")
ORDER = (State.ACTIVE, State.PENDING, State.EXPIRED)
PATIENCE_S = 5.0  # with Kafka, until it has a command


class SilenceView:
    """The pages of silences; `app` is set as soon as there is one. Every worker knows all silences."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.app: TableApp | None = None

    def routes(self) -> Iterable[web.RouteDef]:
        """Return what the worker's web server serves."""
        return [
            web.get("/api/silences", self.silences),
            web.post("/api/silences", self.silence),
            web.post("/api/silences/{id}/expire", self.expire),
            web.get("/api/routes", self.route),
        ]

    async def silences(self, _request: web.Request) -> web.Response:
        """Silences: those that are on, that begin, that are over."""
        overview, now = self._overview(), time.time()
        if overview is None:
            return _refused(READING, BUSY)
        listed = sorted(overview.silences.all(), key=lambda one: (ORDER.index(one.state(now)), one.ends_at))
        return _answered({"silences": [one.shown(now) for one in listed]})

    async def silence(self, request: web.Request) -> web.Response:
        """Silence some alerts for a while; needs the token."""
        body, now = await request.read(), time.time_ns()
        if why := tokens.refusal(self._settings.http, request, "silence alerts"):
            return _refused(why, STRANGER)
        try:
            wish = read_wish(body)
            found = wished(wish, now // 10**9)
        except ValueError as error:
            return _refused(" ".join(str(error).split()), BAD)
        if wish.by == OURS:
            return _refused("by: the name of a person", BAD)
        return await self._written(found.command(utc(now)), found.shown(now / 1e9))

    async def expire(self, request: web.Request) -> web.Response:
        """End a silence; needs the token."""
        body, name = await request.read(), request.match_info["id"]
        if why := tokens.refusal(self._settings.http, request, "end silences"):
            return _refused(why, STRANGER)
        overview, now = self._overview(), time.time_ns()
        if overview is None:
            return _refused(READING, BUSY)
        found = next((one for one in overview.silences.all() if one.id == name), None)
        if found is None:
            return _refused(f"there is no silence {name}", UNKNOWN)
        if found.state(now / 1e9) is State.EXPIRED:
            return _answered(found.shown(now / 1e9), ACCEPTED)
        by = _by(body)
        if by is None:
            return _refused("by: the name of a person", BAD)
        shown = found.shown(now / 1e9) | {"state": State.EXPIRED.value, "ends_at": utc(now)}
        return await self._written(expiry(name, by, utc(now)), shown)

    async def route(self, request: web.Request) -> web.Response:
        """Who would be told of an alert now, and why; its labels are the question: ?service=pay."""
        overview, labels = self._overview(), read_labels(request.query)
        if strange := [name for name in labels if not NAME.fullmatch(name)]:
            return _refused(f"{strange[0]}: it is no name of a label", BAD)
        app = self.app
        if overview is None or app is None or app.watch is None:
            return _refused(READING, BUSY)
        now = time.time()
        hush = Hush(lambda alert: overview.silences.on(alert, now), overview.inhibitor, now)
        moment = datetime.fromtimestamp(now, UTC)
        return _answered(explanation(app.watch.routes.routes, labels, moment, hush))

    def _overview(self) -> Overview | None:
        """Return what is known, once all that was said before is read."""
        notify = self.app.notify if self.app else None
        return notify.overview if notify and notify.overview.is_known else None

    async def _written(self, command: dict[str, Any], shown: dict[str, Any]) -> web.Response:
        """Write a command down where all workers read it."""
        if self.app is None:
            return _refused(READING, BUSY)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await (await self.app.cause(Effect("commands", command["subject"], command), 0))
        except TimeoutError:
            return _refused("Kafka does not take it", BUSY)
        LOG.info("%s of %s, asked for by %s", command["command"], command["subject"], command["by"])
        return _answered(shown, ACCEPTED)


def _by(body: bytes) -> str | None:
    """Return who asks; None where that is nobody."""
    try:
        by = orjson.loads(body or b"{}").get("by")
    except (orjson.JSONDecodeError, AttributeError):
        return None
    return by if isinstance(by, str) and by and by != OURS else None


def _refused(why: str, status: int) -> web.Response:
    return _answered({"error": why}, status)


def _answered(value: object, status: int = FINE) -> web.Response:
    return web.Response(body=orjson.dumps(value), status=status, content_type="application/json")
