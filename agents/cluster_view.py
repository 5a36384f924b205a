"""`GET /api/clusters`: the rows that this worker holds, most frequent first."""

import asyncio
import heapq
from collections.abc import Iterable
from typing import Any

import orjson
from aiohttp import web

from agents.table_app import TableApp

LIMIT, MOST = 20, 10_000
BAD, BUSY = 400, 503


class ClusterView:
    """Pages of the table of fingerprints; `app` is set as soon as there is one."""

    def __init__(self) -> None:
        self.app: TableApp | None = None

    def routes(self) -> Iterable[web.RouteDef]:
        """Return what the worker's web server serves."""
        return [web.get("/api/clusters", self.clusters)]

    async def clusters(self, request: web.Request) -> web.Response:
        """Bugs in the partitions of this worker, most frequent first; `?limit=20`."""
        limit = request.query.get("limit", str(LIMIT))
        if not (limit.isdecimal() and int(limit) <= MOST):
            return _json({"error": f"limit is a number up to {MOST}"}, BAD)
        if not self.app or not self.app.tables.actives_ready:
            return _json({"error": "it is reading its tables, ask again in a moment"}, BUSY)
        rows = self.app.rows["fingerprints"].held()
        partitions = sorted(tp.partition for tp in self.app.deliveries.positions)
        # A hundred thousand rows take half a second, in which the loop has other things to do.
        clusters = await asyncio.to_thread(_ranked, rows, int(limit))
        everywhere = self.app.settings.topics.partitions
        return _json({"known": len(rows), "partitions": partitions, "of": everywhere, "clusters": clusters})


def _ranked(rows: list[bytes], limit: int) -> list[dict[str, Any]]:
    values = (orjson.loads(row)["value"] for row in rows)
    most = heapq.nsmallest(limit, values, key=lambda row: (-row["crashes_total"], row["fingerprint"]))
    return [_shown(row) for row in most]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as the view gives it: lists of uniform objects, most frequent first."""
    return row | {
        "releases": _counted("release", row["releases"]),
        "services": _counted("service", row["services"]),
    }


def _counted(name: str, counts: dict[str, int]) -> list[dict[str, str | int]]:
    ranked = sorted(counts.items(), key=lambda count: -count[1])
    return [{name: known, "crashes": number} for known, number in ranked]


def _json(document: object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(document), status=status, content_type="application/json")
