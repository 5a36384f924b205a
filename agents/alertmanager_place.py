"""One Alertmanager: told what changes at once, and all that is up again and again.

It gets one request after the other, so that nothing older comes after what is newer.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from agents.channel_secrets import unlocked
from agents.metrics import Metrics
from pipeline.channels.alertmanager import (
    OVER,
    TAKEN,
    AlertmanagerSettings,
    Record,
    alert,
    classify,
    lost,
    posts,
    question,
    up,
)
from pipeline.channels.answer import Answer, Outcome, Verdict
from pipeline.channels.request import Request
from pipeline.wanted import order

LOG = logging.getLogger(__name__)

ANSWERED = (Verdict.OK, Verdict.REJECTED)
NOTHING = Outcome(Verdict.OK, "nothing to tell")
CLOSED = Outcome(Verdict.RETRY, "this worker tells it no more")

Send = Callable[[Request, AlertmanagerSettings], Awaitable[Answer]]
"""Sends a request as the settings say; raises nothing."""


class Pace(NamedTuple):
    """Seconds: in which changes are gathered, between tellings of all, between questions; of what is over."""

    gather: float = 0.02
    resend: float = 30.0
    reconcile: float = 60.0
    told: float = 900.0


PACE = Pace()


@dataclass(frozen=True)
class Means:
    """What all of a worker share."""

    send: Send
    metrics: Metrics
    pace: Pace = PACE
    clock: Callable[[], float] = time.time


class Kept(NamedTuple):
    """An alert as it was last told, and since when it stands so (seconds since 1970)."""

    record: Record
    since: float


@dataclass
class Posting:
    """One channel: its alerts, by fingerprint."""

    name: str
    settings: AlertmanagerSettings
    kept: dict[str, Kept] = field(default_factory=dict)

    def keep(self, record: Record, now: float) -> None:
        """Take an alert; an older state of one that is known changes nothing."""
        known = self.kept.get(record["fingerprint"])
        if known is None or order(record) > order(known.record):
            self.kept[record["fingerprint"]] = Kept(record, now)

    def forget(self, before: float) -> None:
        """Let go of what was over before that."""
        for name, (record, since) in list(self.kept.items()):
            if record["status"] == OVER and since < before:
                del self.kept[name]

    def records(self, names: Iterable[str] | None = None) -> dict[str, Record]:
        """Return those alerts, as far as they are known, or all."""
        wanted = self.kept if names is None else names
        return {name: self.kept[name].record for name in wanted if name in self.kept}


class Place:
    """One of the Alertmanagers of a channel."""

    def __init__(self, posting: Posting, url: str, means: Means) -> None:
        self._posting, self.url, self._means = posting, url, means
        self._due = set[str]()
        self._next: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._wake = asyncio.Event()
        self._said: str | None = None  # why it did not take what it was told last
        self._is_away = False
        self._labels = posting.name, url

    def close(self) -> None:
        """Answer who waits: this worker tells it no more."""
        if not self._next.done():
            self._next.set_result(CLOSED)
        with contextlib.suppress(KeyError):
            self._means.metrics.alertmanager_up.remove(*self._labels)

    def tell(self, names: Iterable[str]) -> asyncio.Future[Outcome]:
        """Tell alerts soon; what is returned ends with what came of it."""
        self._due.update(names)
        self._wake.set()
        return self._next

    async def run(self) -> None:
        """Tell until cancelled."""
        loop, pace = asyncio.get_running_loop(), self._means.pace
        resend_at, reconcile_at = loop.time(), loop.time() + pace.reconcile
        while True:
            await self._woken(min(resend_at, reconcile_at) - loop.time())
            if loop.time() >= reconcile_at:
                reconcile_at = loop.time() + pace.reconcile
                await self._reconcile()
            if loop.time() >= resend_at:
                resend_at = loop.time() + pace.resend
                await self._tell_all()
            elif self._due:
                await self._tell_due()

    async def _woken(self, within: float) -> None:
        try:
            async with asyncio.timeout(max(0.0, within)):
                await self._wake.wait()
            await asyncio.sleep(self._means.pace.gather)
        except TimeoutError:
            pass
        self._wake.clear()

    async def _tell_due(self) -> None:
        names, waiting = self._due, self._next
        self._due, self._next = set(), asyncio.get_running_loop().create_future()
        told = CLOSED
        try:
            told = await self._post(self._posting.records(None if self._is_away else names))
        finally:
            waiting.set_result(told)

    async def _tell_all(self) -> None:
        self._posting.forget(self._means.clock() - self._means.pace.told)
        self._due.update(self._posting.kept)
        await self._tell_due()

    async def _reconcile(self) -> None:
        """Ask what is up, and tell again what it lost. That it does not answer is told by what is posted."""
        try:
            settings = await self._settings()
            answer = await self._means.send(question(settings, self.url), settings)
            if answer.status != TAKEN:
                return
            names = lost(self._posting.records(), up(answer.body))
        except ValueError:
            return
        for name in set(names) - self._due:
            self._means.metrics.alertmanager_lost.labels(*self._labels).inc()
            self._due.add(name)

    async def _post(self, records: dict[str, Record]) -> Outcome:
        try:
            settings, now = await self._settings(), int(self._means.clock())
        except ValueError as error:
            told = Outcome(Verdict.RETRY, str(error))
            self._note(told, 0)
            return told
        alerts = [alert(settings, record, now) for record in records.values()]
        outcomes = list[Outcome]()
        for request in posts(settings, self.url, alerts):
            answer = await self._means.send(request, settings)
            outcomes.append(classify(settings, request, answer))
            if outcomes[-1].verdict not in ANSWERED:
                break
        if not outcomes:
            return NOTHING
        told = next((one for one in outcomes if one.verdict is not Verdict.OK), outcomes[0])
        self._note(told, len(alerts))
        return told

    async def _settings(self) -> AlertmanagerSettings:
        """Return the settings with their secrets of now. Raises ValueError, which says what is wrong."""
        return await asyncio.to_thread(unlocked, self._posting.settings)

    def _note(self, told: Outcome, count: int) -> None:
        """Say once that it does not take alerts, and once that it does again."""
        said = None if told.verdict is Verdict.OK else told.said
        self._means.metrics.alertmanager_up.labels(*self._labels).set(said is None)
        where = f"channel {self._posting.name}: Alertmanager at {self.url}"
        if said is None and self._said is not None:
            LOG.info("%s takes alerts again, and has all %d of them", where, count)
        elif said is not None and self._said is None:
            LOG.warning("%s does not take alerts: %s; it is told again until it does", where, said)
        self._said, self._is_away = said, told.verdict not in ANSWERED
