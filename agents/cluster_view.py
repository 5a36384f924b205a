"""`/api/clusters`: the bugs of all workers, from any of them; each asks the others for theirs."""

import asyncio
import logging
import re
import time
from collections.abc import Iterable
from typing import Any

import orjson
from aiohttp import web
from pydantic import ValidationError

from agents.cluster_pages import Part, lines, page, part, read
from agents.openapi import document
from agents.peers import Peers, Question, Told
from agents.table_app import TableApp
from agents.times import utc
from agents.tokens import refusal
from pipeline.clusters import Clusters
from pipeline.commands import BY_PEOPLE, OURS, VERSION, read_command
from pipeline.listing import Wanted
from pipeline.settings import Settings
from pipeline.step import BadRecordError, Effect, first_fault

LOG = logging.getLogger(__name__)

HERE = "here"  # asks for what this worker alone has
FINE, ACCEPTED, MOVED, BAD, STRANGER, UNKNOWN, BUSY = 200, 202, 308, 400, 403, 404, 503
READING = "it is reading its tables"
SILENT = "not all workers answer, and those that do have no {}"
SOMEBODY = "somebody with the token"
ID = re.compile("c-[0-9a-f]{16}")
PATIENCE_S = 5.0  # with Kafka, until it has a command


class ClusterView:
    """The pages of clusters; `app` is set as soon as there is one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._turn = asyncio.Lock()  # long lists are made one after the other
        self._peers = Peers()
        self.app: TableApp | None = None

    def routes(self) -> Iterable[web.RouteDef]:
        """Return what the worker's web server serves."""
        return [
            web.get("/api/clusters", self.clusters),
            web.get("/api/clusters/{id}", self.cluster),
            web.post("/api/clusters/{id}/{command}", self.command),
            web.get("/api/openapi.json", self.openapi),
        ]

    async def clusters(self, request: web.Request) -> web.StreamResponse:
        """Bugs of all workers; ?state= service= release= shard= search= sort= limit= offset=."""
        given = dict(request.query)
        is_here = given.pop(HERE, None) is not None
        try:
            wanted = Wanted.model_validate(given)
        except ValidationError as error:
            return _refused(first_fault(error)[1], BAD)
        app = self._ready()
        if app is None:
            return _refused(READING, BUSY)
        if is_here:
            return await self._part(request, app, wanted)
        own, others = await asyncio.gather(self._own(app, wanted), self._others(app, given))
        if own is None:
            return _refused(READING, BUSY)
        return _answered(await page(wanted, [own, *others], self._settings.topics.partitions))

    async def cluster(self, request: web.Request) -> web.Response:
        """One bug, by its id; an id that was merged is moved to the one that lives."""
        app, cluster_id = self._ready(), request.match_info["id"]
        if app is None:
            return _refused(READING, BUSY)
        now = utc(time.time_ns())
        for clusters in _partitions(app).values():
            lives = clusters.canonical(cluster_id)
            if value := clusters.record(lives, now):
                return _answered(orjson.dumps(value)) if lives == cluster_id else _moved(lives)
        return await self._elsewhere(app, request)

    async def command(self, request: web.Request) -> web.Response:
        """Resolve, reopen, mute, unmute, merge or split a bug; needs the token."""
        body, name = await request.read(), request.match_info["command"]
        if why := refusal(self._settings.http, request, "change clusters"):
            return _refused(why, STRANGER)
        if name not in BY_PEOPLE:
            return _refused(f"there is no command {name}, but {', '.join(BY_PEOPLE)}", UNKNOWN)
        app = self._ready()
        if app is None:
            return _refused(READING, BUSY)
        for number, clusters in _partitions(app).items():
            if shard := clusters.shard_of(request.match_info["id"]):
                try:
                    order = _order(request, shard, body)
                    clusters.check(read_command(orjson.dumps(order)))
                except BadRecordError as bad:
                    return _refused(bad.detail, BAD)
                return await _written(app, number, order)
        return await self._elsewhere(app, request)

    async def openapi(self, _request: web.Request) -> web.Response:
        """Describe these pages, as OpenAPI."""
        return _answered(orjson.dumps(document()))

    def _ready(self) -> TableApp | None:
        is_ready = (
            self.app and self.app.cluster and self.app.tables.actives_ready and not self.app.rebalancing
        )
        return self.app if is_ready else None

    async def _own(self, app: TableApp, wanted: Wanted) -> Part | None:
        """Return what this worker has; None where its partitions went meanwhile."""
        async with self._turn:
            partitions = _partitions(app)
            found = await part(partitions, wanted)
            return found if self._ready() and partitions is _partitions(app) else None

    async def _part(self, request: web.Request, app: TableApp, wanted: Wanted) -> web.StreamResponse:
        """Tell another worker what this one has; it begins at once, as who hangs does not."""
        answer = web.StreamResponse()
        answer.content_type = "application/x-ndjson"
        await answer.prepare(request)
        if own := await self._own(app, wanted):
            await answer.write(await lines(own))
        return answer

    async def _others(self, app: TableApp, query: dict[str, str]) -> list[Part]:
        """Return what the other workers have, of those that answer."""
        told = await self._peers.ask(app, Question("GET", "/api/clusters", {**query, HERE: "1"}))
        parts = [await read(one.body) for one in told if one and one.status == FINE]
        return [one for one in parts if one]

    async def _elsewhere(self, app: TableApp, request: web.Request) -> web.Response:
        """Let the worker answer that has the cluster."""
        cluster_id, told = request.match_info["id"], list[Told | None]()
        if HERE not in request.query and ID.fullmatch(cluster_id):
            token = request.headers.get("Authorization", "")
            question = Question(request.method, request.path, {HERE: "1"}, await request.read(), token)
            told = await self._peers.ask(app, question, _has_it)
        for one in told:
            if one and _has_it(one):
                return _answered(one.body, one.status, one.location)
        if all(one and one.status == UNKNOWN for one in told):
            return _refused(f"there is no cluster {cluster_id}", UNKNOWN)
        return _refused(SILENT.format(cluster_id), BUSY)


def _partitions(app: TableApp) -> dict[int, Clusters]:
    return app.cluster.partitions if app.cluster else {}


def _has_it(answer: Told) -> bool:
    return answer.status not in {UNKNOWN, BUSY}


async def _written(app: TableApp, partition: int, order: dict[str, Any]) -> web.Response:
    """Write a command down where all who have the cluster read it."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            await (await app.cause(Effect("commands", order["subject"], order, beside=True), partition))
    except TimeoutError:
        return _refused("Kafka does not take it", BUSY)
    LOG.info("%s of %s, asked for by %s", order["command"], order["subject"], order["by"])
    return _answered(orjson.dumps(order), ACCEPTED)


def _order(request: web.Request, shard: str, body: bytes) -> dict[str, Any]:
    """Return the command. Raises BadRecordError where the body holds no arguments."""
    try:
        arguments = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError:
        arguments = None
    if not isinstance(arguments, dict):
        raise BadRecordError("unreadable", "the body: a JSON object of arguments")
    by = arguments.pop("by", SOMEBODY)
    if not by or by == OURS:
        raise BadRecordError("bad_arguments", "by: the name of a person")
    return {
        "schema_version": VERSION,
        "command": request.match_info["command"],
        "subject": request.match_info["id"],
        "shard": shard,
        "arguments": arguments,
        "by": by,
        "time": utc(time.time_ns()),
    }


def _moved(cluster_id: str) -> web.Response:
    return _answered(orjson.dumps({"moved": cluster_id}), MOVED, f"/api/clusters/{cluster_id}")


def _refused(why: str, status: int) -> web.Response:
    return _answered(orjson.dumps({"error": why}), status)


def _answered(body: bytes, status: int = FINE, location: str | None = None) -> web.Response:
    headers = {"Location": location} if location else None
    return web.Response(body=body, status=status, content_type="application/json", headers=headers)
