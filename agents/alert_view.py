"""`/api/alerts`: the alerts of all workers, from any of them; each asks the others for theirs."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson
from aiohttp import web

from agents.openapi import ASKED
from agents.peers import Peers, Question
from agents.rows import Place
from agents.table_app import TableApp
from agents.watch import Watch
from pipeline.alert_state import SHOWN
from pipeline.settings import Settings

HERE = "here"  # asks for what this worker alone has
FINE, BAD, UNKNOWN, BUSY = 200, 400, 404, 503
READING = "it is reading its tables"

Alert = dict[str, Any]


class AlertView:
    """The pages of alerts; `app` is set as soon as there is one."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._peers = settings, Peers()
        self.app: TableApp | None = None

    def routes(self) -> Iterable[web.RouteDef]:
        """Return what the worker's web server serves."""
        return [web.get("/api/alerts", self.alerts), web.get("/api/alerts/{fingerprint}", self.alert)]

    async def alerts(self, request: web.Request) -> web.Response:
        """Alerts of all workers; ?rule= state= service=."""
        asked = {name: value for name, value in request.query.items() if name != HERE}
        if strange := asked.keys() - ASKED.keys():
            return _refused(f"{min(strange)}: there is no such question, but {', '.join(ASKED)}", BAD)
        if self._ready() is None:
            return _refused(READING, BUSY)
        return _answered(await self._page(asked, is_here=HERE in request.query))

    async def alert(self, request: web.Request) -> web.Response:
        """One alert, by its fingerprint."""
        if self._ready() is None:
            return _refused(READING, BUSY)
        page, name = await self._page({}, is_here=False), request.match_info["fingerprint"]
        for alert in page["alerts"]:
            if alert["fingerprint"] == name:
                return _answered(alert)
        if len(page["partitions"]) < page["of"]:
            return _refused(f"not all workers answer, and those that do have no {name}", BUSY)
        return _refused(f"there is no alert {name}", UNKNOWN)

    async def _page(self, asked: Mapping[str, str], *, is_here: bool) -> dict[str, Any]:
        app, watch = self._ready() or (None, None)
        parts = [_part(app, watch)] if app and watch else []
        if app and not is_here:
            told = await self._peers.ask(app, Question("GET", "/api/alerts", {HERE: "1"}))
            parts += [orjson.loads(one.body) for one in told if one and one.status == FINE]
        wanted = [one for part in parts for one in part["alerts"] if _is_wanted(one, asked)]
        return {
            "partitions": sorted({number for part in parts for number in part["partitions"]}),
            "of": self._settings.topics.partitions,
            "alerts": sorted(wanted, key=_order),
        }

    def _ready(self) -> tuple[TableApp, Watch] | None:
        app = self.app
        if app is None or app.watch is None or app.rebalancing or not app.tables.actives_ready:
            return None
        return app, app.watch


def _part(app: TableApp, watch: Watch) -> dict[str, Any]:
    return {"partitions": sorted(watch.partitions), "alerts": list(_alerts(app, watch))}


def _alerts(app: TableApp, watch: Watch) -> Iterator[Alert]:
    for number, watched in watch.partitions.items():
        for key in list(watched.alerts):
            if row := app.rows["watched"].latest(Place(number, key.encode())):
                yield from watched.shown(row.value)


def _is_wanted(alert: Alert, asked: Mapping[str, str]) -> bool:
    labels = alert["labels"]
    known = {"rule": labels["alertname"], "state": alert["phase"], "service": labels.get("service", "")}
    return all(known[name] == value for name, value in asked.items())


def _order(alert: Alert) -> tuple[int, str, str]:
    return SHOWN.index(alert["phase"]), alert["time"], alert["fingerprint"]


def _refused(why: str, status: int) -> web.Response:
    return _answered({"error": why}, status)


def _answered(value: Mapping[str, Any], status: int = FINE) -> web.Response:
    return web.Response(body=orjson.dumps(value), status=status, content_type="application/json")
