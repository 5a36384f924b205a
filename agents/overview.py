"""What keeps alerts back all over the fleet: silences, other alerts, spans of time.

Every worker reads `commands` and `alerts` whole: what is said there holds for all channels.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import orjson
from confluent_kafka import Message

from agents.metrics import Metrics
from agents.route_book import RouteBook
from agents.tail import Tail
from pipeline.alert_fault import fault
from pipeline.commands import OF_SILENCES, read_command
from pipeline.digests import KEY
from pipeline.group import FIRING, Group, Waits
from pipeline.inhibition import Sources
from pipeline.plan import INHIBITED, SILENCED, heard
from pipeline.routes import Routes
from pipeline.settings import Settings
from pipeline.silence import Silences
from pipeline.step import BadRecordError
from pipeline.time_intervals import Hours, muted_by
from pipeline.wanted import Order, order

LOG = logging.getLogger(__name__)

Labels = Mapping[str, str]


class Standing(NamedTuple):
    """An alert as it stands in `alerts`."""

    order: Order
    is_firing: bool
    labels: Labels
    since: float
    """When we heard of it, in seconds since 1970."""
    written: bytes
    """The record, where it fires."""


class Overview:
    """Silences, and the alerts that there are."""

    def __init__(self, settings: Settings, book: RouteBook, metrics: Metrics) -> None:
        self._bad = metrics.bad_records.labels("alerts", "unreadable")
        self._book, self._routes = book, book.routes
        self._commands, self._alerts = settings.topic("commands"), settings.topic("alerts")
        self._tail = Tail(settings.kafka, (self._commands, self._alerts), self._take)
        self._silences, self._sources = Silences(), Sources(self._routes.inhibitions)
        self._standing: dict[str, Standing] = {}
        self._has_changed = False

    @property
    def is_known(self) -> bool:
        """Whether all that was said before is read."""
        return self._tail.is_at_end

    async def keep(self) -> None:
        """Read on until cancelled."""
        await self._tail.keep()

    def has_changed(self) -> bool:
        """Return whether something changed, since this was asked last, that may keep alerts back."""
        if self._book.routes is not self._routes:
            self._adopt(self._book.routes)
        changed, self._has_changed = self._has_changed, False
        return changed

    def hushed(self, group: Group) -> Callable[[Labels], str | None]:
        """Return what says why an alert of a group is kept back now.

        A group that comes whole was looked at by whoever sent it, but for silences.
        """
        if group.key == KEY:
            return heard
        return self._silenced if group.is_whole else self._hushed

    def is_muted(self, waits: Waits) -> bool:
        """Return whether the spans of time of a route keep it silent now."""
        hours, moment = Hours(waits.mute, waits.active), datetime.fromtimestamp(time.time(), UTC)
        return bool(muted_by(hours, self._routes.intervals, moment))

    @property
    def silences(self) -> Silences:
        """All that were said."""
        return self._silences

    def inhibitor(self, labels: Labels) -> Labels | None:
        """Return the labels of an alert that keeps one with these silent; None: there is none."""
        return self._sources.inhibits(labels)

    def standing(self, fingerprint: str) -> Standing | None:
        """Return how an alert stands; None: there is none, or none any more."""
        return self._standing.get(fingerprint)

    def firing(self, before: float) -> Iterator[tuple[str, Standing]]:
        """Yield those that fire, by their fingerprints, and that we heard of before a time."""
        return ((name, one) for name, one in self._standing.items() if one.is_firing and one.since < before)

    def _silenced(self, labels: Labels) -> str | None:
        return SILENCED if self._silences.on(labels, time.time()) else None

    def _hushed(self, labels: Labels) -> str | None:
        return self._silenced(labels) or (INHIBITED if self._sources.inhibits(labels) else None)

    def _adopt(self, routes: Routes) -> None:
        self._routes, self._sources = routes, Sources(routes.inhibitions)
        for name, one in self._standing.items():
            if one.is_firing:
                self._sources.note(name, one.labels)
        self._has_changed = True

    def _take(self, records: Sequence[Message]) -> None:
        for record in records:
            try:
                if record.topic() == self._commands:
                    self._command(record.value() or b"")
                else:
                    self._alert((record.key() or b"").decode(), record.value() or b"null")
            except ValueError as error:  # nobody is told less by it
                self._bad.inc()
                LOG.debug("%s: a record says nothing: %r", record.topic(), error)

    def _command(self, value: bytes) -> None:
        try:
            command = read_command(value)
        except BadRecordError:
            return  # TRACK puts it among the dead letters
        if command.command in OF_SILENCES:
            with contextlib.suppress(ValueError):  # of times and matchers that are none
                self._has_changed |= self._silences.take(command)
            self._silences.forget(time.time())

    def _alert(self, name: str, written: bytes) -> None:
        record = orjson.loads(written)
        if record is None:
            self._standing.pop(name, None)
            self._has_changed |= self._sources.drop(name)
            return
        if wrong := fault(record):
            raise BadRecordError("unreadable", wrong)
        one = Standing(order(record), record["status"] == FIRING, record["labels"], time.time(), b"")
        self._standing[name] = one = self._lasting(name, one, written) if one.is_firing else one
        changed = self._sources.note(name, one.labels) if one.is_firing else self._sources.drop(name)
        self._has_changed |= changed

    def _lasting(self, name: str, one: Standing, written: bytes) -> Standing:
        """Return an alert that fires, since it began to."""
        before = self._standing.get(name)
        is_same = before and before.is_firing and before.order.began == one.order.began
        return one._replace(since=before.since if before and is_same else one.since, written=written)
