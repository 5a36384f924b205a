"""WATCH: the alerts of this worker's partitions: the steps of the table `watched`, and their rules."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from agents.route_book import RouteBook
from agents.rows import Rows
from agents.rule_book import RuleBook
from agents.table_app import TableApp
from agents.times import utc
from agents.watch_report import WatchReport
from pipeline.alerting import Row
from pipeline.cluster_told import ClusterTold, Gone
from pipeline.deploy import Deploy
from pipeline.event_time import DAY
from pipeline.step import Arrival
from pipeline.storms import Limits, Tally
from pipeline.terms import Terms
from pipeline.ticks import TICK
from pipeline.vital import Vital, service_key
from pipeline.watched import Changed, Watched
from pipeline.watched_keys import bug_key

LOOK_S = 1.0  # between looks at the file of rules, and between reports


class Watch:
    """Keeps the time of each partition, and lets rules look at services."""

    def __init__(self, app: TableApp, rows: Rows) -> None:
        self._app, self._rows, self._settings = app, rows, app.settings.watch
        self.partitions: dict[int, Watched] = {}
        self.book = RuleBook(self._settings.rules, app.metrics)
        self.routes = RouteBook(app.settings.notify.routes, app.metrics)
        self._report = WatchReport(app.metrics)
        app.on_partitions_revoked.connect(self._forget)

    def key(self, vital: Vital, arrival: Arrival) -> str:
        """Return the row that a record of `vitals` changes."""
        return self.partitions[arrival.partition].key(vital)

    def others(self, vital: Vital, arrival: Arrival) -> list[str]:
        """Return the services that a tick lets be looked at."""
        watched = self.partitions[arrival.partition]
        if vital.kind == TICK:
            bugs = self._app.settings.topic("clusters")
            watched.is_behind = self._app.deliveries.is_behind(bugs, arrival.partition)
        return watched.others(vital, arrival.time)

    def take(self, row: Row | None, vital: Vital, arrival: Arrival) -> Changed:
        """Count what a record of `vitals` tells, or look at a service."""
        made = self.partitions[arrival.partition].take(row, vital, arrival.time, utc(time.time_ns()))
        self._report.took(vital, row, made[0])
        return self._guarded(made)

    def catches_up(self, partition: int) -> bool:
        """Return whether logs are behind; where that is not known yet, they are."""
        watched = self.partitions.get(partition)
        return watched is None or watched.clock.catching_up

    def before(self, told: ClusterTold | Gone, arrival: Arrival) -> list[str]:
        """Return the rows that a record of `clusters` changes before its own."""
        return self.partitions[arrival.partition].before(told, arrival.time)

    def bug(self, told: ClusterTold | Gone, _arrival: Arrival) -> str:
        """Return the row that a record of `clusters` changes."""
        return bug_key(told.cluster_id)

    def take_cluster(self, row: Row | None, told: ClusterTold | Gone, arrival: Arrival) -> Changed:
        """Look at a bug."""
        watched = self.partitions[arrival.partition]
        return self._guarded(watched.take_cluster(row, told, arrival.time, utc(time.time_ns())))

    def deployed(self, deploy: Deploy, _arrival: Arrival) -> str:
        """Return the row that a record of `deploys` changes."""
        return service_key(deploy.service)

    def take_deploy(self, row: Row | None, deploy: Deploy, arrival: Arrival) -> Changed:
        """Remember a deploy."""
        return self.partitions[arrival.partition].take_deploy(row, deploy, arrival.time)

    async def keep(self) -> None:
        """Read rules and routes again where their files changed, and report, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            are_new = await asyncio.to_thread(self.book.renew), await asyncio.to_thread(self.routes.renew)
            if any(are_new):
                async with self._rows.turn:  # no tick is under way
                    self._adopt(*are_new)
            self._report.tell(self.partitions)

    def _adopt(self, has_rules: bool, has_routes: bool) -> None:
        for watched in self.partitions.values():
            if has_rules:
                watched.adopt(self.book.rules)
            if has_routes:
                watched.route(self.routes.routes)

    async def load(self, partitions: Iterable[int]) -> None:
        """Take over what these partitions, which are all that we have, know."""
        held = self._rows.shelf.rows(partitions)
        self.partitions = await asyncio.to_thread(self._loaded, held)

    def _loaded(self, held: Mapping[int, Iterable[bytes]]) -> dict[int, Watched]:
        keep_s = self._settings.keep_days * DAY
        loaded = {number: Watched(number, self._terms(), keep_s) for number in held}
        for number, rows in held.items():
            loaded[number].load(orjson.loads(row)["value"] for row in rows)
        return loaded

    def _terms(self) -> Terms:
        chosen = self._settings
        limits = Limits(chosen.alerts_per_rule, chosen.alerts_per_minute, chosen.page_horizon)
        return Terms(self.book.rules, Tally(), limits, self.routes.routes)

    def _guarded(self, made: Changed) -> Changed:
        """Say of actions whether they are meant."""
        for effect in made[1]:
            if effect.topic == "actions" and effect.value:
                effect.value["guards"]["mode"] = self._settings.actions
        return made

    async def _forget(self, *_: Any, **__: Any) -> None:
        self.partitions = {}
        self._report.forget()
