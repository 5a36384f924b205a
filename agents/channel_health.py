"""How a channel fares: it takes what it is told, fails, or is stopped; and how others hear of that."""

import asyncio
import logging
from typing import Any, Protocol

from agents.table_app import TableApp
from agents.told_rows import ToldRows
from pipeline import failing
from pipeline.channels.answer import Outcome, Verdict
from pipeline.event_time import DAY
from pipeline.limits import AHEAD_S
from pipeline.routes import Routes
from pipeline.routing import explained, notification
from pipeline.sends import Ended
from pipeline.step import Effect

LOG = logging.getLogger(__name__)

WELL, FAILING, DISABLED, MISSING = "ok", "failing", "disabled", "missing"
STATES = (WELL, FAILING, DISABLED, MISSING)
SORT = "channel"
REFUSALS = 3  # groups that a channel refuses in a row; one alone may be an odd one


class Book(Protocol):
    """What the file of routes says now."""

    @property
    def routes(self) -> Routes:
        """All of it."""


class ChannelHealth:
    """That of one channel. What must be remembered stands in a row of the channel's own."""

    def __init__(
        self, app: TableApp, rows: ToldRows, channel: str, book: Book, failing_after_s: float
    ) -> None:
        self._app, self._rows, self._channel, self._book = app, rows, channel, book
        self._failing_after_s = failing_after_s
        self.state = WELL
        self._since, self._was_full = 0.0, False
        self._refused = set[str]()
        """The groups that it refused since it took something last."""
        self._alarm: int | None = None
        """When the alert began that fires now."""
        self._spent: list[float] = []
        """When something was sent in the last day, where a day has a limit."""

    @property
    def is_disabled(self) -> bool:
        """Whether it is not told anything before its settings change."""
        return self.state == DISABLED

    def is_spent(self, per_day: int | None, now: float) -> bool:
        """Return whether all was sent that may be sent in a day."""
        if per_day is None:
            return False
        is_full = sum(now - DAY < at < now + AHEAD_S for at in self._spent) >= per_day
        if is_full and not self._was_full:
            LOG.warning(
                "channel %s was told %d things in a day: the rest has to wait", self._channel, per_day
            )
        self._was_full = is_full
        return is_full

    async def spend(self, now: float) -> None:
        """Count what is about to be sent, where a day has a limit."""
        self._spent = [*(at for at in self._spent if at > now - DAY), now]
        await self._keep()

    def load(self, row: dict[str, Any]) -> None:
        """Go on where the row says that it was; what was stopped is tried once more."""
        self._alarm, self._since, self._spent = row["alarm"], row["since"], row["spent"]
        self.state = FAILING if self._alarm is not None else WELL

    def renew(self) -> None:
        """Try again: the settings changed."""
        if self.state == DISABLED:
            self.state = FAILING

    async def hear(self, outcome: Outcome, made: Ended, now: float) -> None:
        """Take what came of an attempt."""
        if outcome.verdict is Verdict.OK:
            await self._is_well(now)
            return
        is_refused = outcome.verdict is Verdict.REJECTED
        if self.state == WELL and not (is_refused and self._refused):
            self._since = now
        if is_refused and len(self._refused) < REFUSALS:
            self._refused.add(made.told["group_key"])
        if outcome.verdict is Verdict.DISABLED and self.state != DISABLED:
            LOG.error("channel %s is stopped until its settings change: %s", self._channel, outcome.said)
            self.state = DISABLED
        elif not is_refused and self.state == WELL:
            LOG.warning("channel %s fails, and is tried again: %s", self._channel, outcome.said)
            self.state = FAILING
        is_long = now - self._since >= self._failing_after_s
        is_dead = (made.is_dead and not is_refused) or len(self._refused) >= REFUSALS
        if self._alarm is None and (self.state == DISABLED or is_dead or is_long):
            await self._raise(int(now), outcome.said)

    async def _is_well(self, now: float) -> None:
        self._refused.clear()
        if self.state != WELL:
            LOG.warning("channel %s takes again what it is told", self._channel)
            self.state = WELL
        await self._calm(now, "")

    async def leave(self, now: float) -> None:
        """Take it that nobody is to tell it anything: that it fails is nothing to others any more."""
        if self._alarm is not None:
            LOG.warning("channel %s failed, and is not used any more", self._channel)
        self.state = WELL
        await self._calm(now, "is not used any more")

    async def _calm(self, now: float, said: str) -> None:
        if self._alarm is not None:
            await self._tell(failing.record(self._channel, self._alarm, said, int(now), is_over=True))
            self._alarm = None
            await self._keep()

    async def _raise(self, now: int, said: str) -> None:
        await self._tell(failing.record(self._channel, now, said, now, is_over=False))
        self._alarm = now
        await self._keep()

    async def _tell(self, record: dict[str, Any]) -> None:
        """Let another channel know."""
        routes, name = self._book.routes, record["fingerprint"]
        targets = [found.target for found in explained(routes, record["labels"])]
        works = {one: settings.enabled for one, settings in routes.channels.items()}
        ways = failing.others([target.channel for target in targets], works, self._channel)
        if not ways:
            LOG.error("no other channel can be told that channel %s fails", self._channel)
        effects = [Effect(topic, name, record) for topic in ("alerts", "alert-events")]
        by_channel = {target.channel: target for target in targets}
        for way in ways:
            target = by_channel.get(way) or targets[0]._replace(channel=way)
            effects.append(Effect("notifications", way, notification(target, record)))
        sent = [await self._app.cause(effect, 0) for effect in effects]
        await asyncio.gather(*sent)

    async def _keep(self) -> None:
        value: dict[str, Any] = {"sort": SORT, "channel": self._channel}
        value |= {"alarm": self._alarm, "since": self._since, "spent": self._spent}
        await (await self._rows.write(self._channel, value))
