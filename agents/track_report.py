"""What TRACK says of itself: metrics and readiness."""

import asyncio
import logging
import time
from typing import Any

from faust.types import TP

from agents.metrics import Metrics
from agents.role import Readiness
from agents.table_app import TableApp

LOG = logging.getLogger(__name__)

REPORT_S = 1.0
SILENT_S = 5.0  # without a connection to any broker
STALE_S = 30.0  # a commit that is older while there is something to commit is in the way


class TrackReport:
    """Tells metrics, once a second, and keeps the readiness."""

    def __init__(self, app: TableApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics
        self._rebalances = 0
        self._known: set[TP] = set()
        self._committed: dict[TP, Any] = {}
        self._committed_at = self._heard_at = time.monotonic()
        self._is_down = False
        self.readiness = Readiness(["the tables are being read"])

    async def keep(self) -> None:
        """Report until cancelled."""
        while True:
            self._tell(time.monotonic())
            await asyncio.sleep(REPORT_S)

    def _tell(self, now: float) -> None:
        app, metrics = self._app, self._metrics
        is_ready = app.tables.actives_ready and not app.rebalancing
        lags = self._lags()
        for tp, lag in lags.items():
            metrics.lag.labels(tp.topic, str(tp.partition)).set(lag)
        for tp in self._known - lags.keys():
            metrics.forget(*tp)
        self._known = set(lags)
        for name, table in app.rows.items():
            metrics.table_rows.labels(name).set(table.shelf.count())
        metrics.recovering.set(not is_ready)
        metrics.rebalances.inc(app.deliveries.rebalances - self._rebalances)
        self._rebalances = app.deliveries.rebalances
        self._look_for_brokers(now)
        self._look_at_commits(now)
        self.readiness = self._made(now, sum(lags.values()), is_ready)

    def _lags(self) -> dict[TP, int]:
        """Return how many records of each partition are still to come."""
        positions = self._app.deliveries.positions
        if not positions:
            return {}
        return {tp: max(0, (self._end(tp) or position) - position) for tp, position in positions.items()}

    def _end(self, tp: TP) -> int | None:
        """Return where a partition ends, as far as is known; in a rebalance it may just have left."""
        try:
            return self._app.consumer.highwater(tp)
        except AssertionError:  # so the client says that it is not ours
            return None

    def _look_for_brokers(self, now: float) -> None:
        """Say once that no broker is there any more, and once that one is."""
        if self._app.has_connection():
            self._heard_at = now
        is_down = now - self._heard_at > SILENT_S
        if is_down != self._is_down:
            LOG.warning("track: no broker can be reached" if is_down else "track: brokers are reached again")
        self._is_down = is_down

    def _look_at_commits(self, now: float) -> None:
        committed = dict(self._app.monitor.tp_committed_offsets)
        if committed != self._committed:
            self._committed, self._committed_at = committed, now

    def _made(self, now: float, lag: int, is_ready: bool) -> Readiness:
        age = now - self._committed_at
        obstacles = {
            "the tables are being read": not is_ready,
            "no broker can be reached": self._is_down,
            "nothing was committed for too long": lag > 0 and age > STALE_S,
        }
        facts: dict[str, str | int | float] = {
            "partitions": len({tp.partition for tp in self._known}),
            "lag": lag,
            "rows": sum(table.shelf.count() for table in self._app.rows.values()),
        }
        if self._committed:
            facts["last_commit_age_s"] = round(age, 1)
        return Readiness([what for what, is_so in obstacles.items() if is_so], facts)
