"""One channel: its groups, and whose turn it is to be told."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from agents.attempts import Attempt, Attempts
from agents.channel_kind import Kind, kind
from agents.channel_secrets import unlocked
from agents.hush_count import HushCount
from agents.lane import Acknowledged
from agents.metrics import Metrics
from pipeline.channels import CHANNELS
from pipeline.channels.settings import ChannelSettings
from pipeline.digests import KEY, Digest
from pipeline.group import CRITICAL, Group, Waits
from pipeline.limits import ALONE_S, Bucket, Crowd, Doorkeeper
from pipeline.plan import NOTE, SENDING, TRIGGER, Plan, Send, Terms, Trait, plan
from pipeline.sends import folded, noted
from pipeline.settings import NotifySettings
from pipeline.wanted import Row, row_key

LOG = logging.getLogger(__name__)

LOOK_S = 1.0
UNACKNOWLEDGED = 500  # rows that are on their way at once
LARGE = 200  # alerts of a group; to look at all of a larger one for each that comes takes too long
RECENT_S = 60.0
CALM_S = 120.0  # after a digest grew, changes of groups are told no more often
TOLD_S = 900.0  # so long Alertmanagers are told again that an alert is over


class Surroundings(Protocol):
    """What keeps alerts back, all over the fleet."""

    def hushed(self, group: Group) -> Callable[[Mapping[str, str]], str | None]:
        """Return what says why an alert of a group is kept back now; None: it is not."""

    def is_muted(self, waits: Waits) -> bool:
        """Return whether the spans of time of a route keep it silent now."""

    @property
    def is_known(self) -> bool:
        """Whether silences and alerts are read to their ends."""


class Desk:
    """A channel that this worker has; `settings` is None where it is not set up, or not enabled."""

    def __init__(
        self, name: str, attempts: Attempts, around: Surroundings, metrics: Metrics, how: NotifySettings
    ) -> None:
        self.name, self.attempts = name, attempts
        self.rows, self.health = attempts.rows, attempts.health
        self.groups: dict[str, Group] = {}
        self.settings: ChannelSettings | None = None
        self.digest = Digest(name)
        self._around, self._metrics, self._how = around, metrics, how
        self._kind = Kind(Trait(), Crowd(), folds=True)
        self._turns = attempts.turns
        self._bucket = Bucket(60, 1, time.time())
        self._per_day: int | None = None
        self._door = Doorkeeper(self._kind.crowd)
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._unacknowledged: list[Acknowledged] = []
        self._hushed = HushCount(name, metrics)
        self._wake = asyncio.Event()

    def group(self, key: str) -> Group:
        """Return a group, or begin it."""
        if key == KEY:
            return self.digest.group
        if key not in self.groups:
            self.groups[key] = Group(self.name, key)
        return self.groups[key]

    def drop(self, key: str) -> None:
        """Forget a group that is over for long."""
        self.groups.pop(key, None)
        self._turns.plan(key, None)
        self._hushed.drop(key)

    def want(self, row: Row) -> None:
        """Take a row of what is wanted."""
        group = self.group(row["group_key"])
        group.want(row)
        if len(group.members) > LARGE:
            is_critical = row["group_labels"].get("severity") == CRITICAL
            self._turns.soon(group.key, time.time() + LOOK_S, is_critical=is_critical)
            self._wake.set()
        else:
            self.look(group)

    def load(self) -> None:
        """Go on where the rows say that it was."""
        for group in self.groups.values():
            if mark := group.now().get("summed"):
                self.digest.recall(mark)
        for group in self.groups.values():
            if group.told and group.told["folded"]:
                self.digest.note(group.told, 0, time.time(), is_critical=group.is_critical)
        self.digest.show()  # all of it may be over by now, and the channel never heard of it

    def adopt(self, settings: ChannelSettings | None) -> None:
        """Go by other settings: what was refused is tried again."""
        usable = settings if settings and settings.enabled else None
        if usable == self.settings:
            return
        self.settings = usable
        self.health.renew()
        if self.settings:
            self._kind, now = kind(self.settings, self._how), time.time()
            quota = CHANNELS[self.settings.type].takes(self.settings)
            self._bucket, self._per_day = Bucket(quota.per_minute, quota.burst, now), quota.per_day
            self._bucket.spent(self._told_since(now - RECENT_S))
            self._door = self._doorkeeper(now)
        for group in self._all():
            if group.told and (pending := group.told["pending"]) and pending["state"] == "rejected":
                group.told = group.told | {"pending": None}
        self.look_at_all()

    async def knock(self) -> None:
        """Try again where the channel refused us, and what stands in the files of secrets is another now."""
        if not self.settings and not self._busy:
            await self.health.leave(time.time())
        if not (self.settings and self.health.is_disabled):
            return
        with contextlib.suppress(ValueError):
            if await asyncio.to_thread(unlocked, self.settings) != self.attempts.used:
                self.health.renew()
                self._wake.set()

    def _doorkeeper(self, now: float) -> Doorkeeper:
        """Return one that knows of those that were told by themselves lately."""
        door = Doorkeeper(self._kind.crowd)
        recent = [one for one in self.groups.values() if one.told and one.told["at"] > now - ALONE_S]
        alone = [one for one in recent if one.now()["known"] and not one.now()["folded"]]
        for group in sorted(alone, key=lambda one: float(one.now()["at"])):
            door.enter(group.now()["at"], is_critical=group.is_critical)
        return door

    def records(self) -> Iterator[Mapping[str, Any]]:
        """Give the alerts that the channel was told of, and those that were over a while ago at most."""
        now = time.time()
        for group in self.groups.values():
            known, over = group.now()["known"], group.now()["over"]
            recent = [
                name for name in over if name in group.members and now - group.members[name].came < TOLD_S
            ]
            for name in [*known, *recent]:
                row = self.rows.wanted(row_key(self.name, group.key, name))
                if row and row["alerts"]:
                    yield row["alerts"][0]

    def _told_since(self, begin: float) -> int:
        return sum(bool(group.told and group.told["at"] > begin) for group in self._all())

    def _all(self) -> list[Group]:
        return [*self.groups.values(), self.digest.group]

    def look_at_all(self) -> None:
        """Look at every group again: what keeps alerts back may be another."""
        for group in self._all():
            self.look(group)

    def look(self, group: Group) -> None:
        """Find when it is the turn of a group."""
        found = self._plan(group)
        self._hushed.count(group, found.hushed)
        send = found.send
        # What need not be told goes first: it does not wait for a channel that takes nothing now.
        is_first = bool(send and (send.is_critical or send.is_silent))
        self._turns.plan(group.key, found.due if send else None, is_critical=is_first)
        self._wake.set()

    def _plan(self, group: Group) -> Plan:
        around = self._around
        now = time.time()
        calm_s = CALM_S if 0 <= now - self.digest.grew_at < CALM_S and group.key != KEY else 0.0
        terms = Terms(self._kind.trait, around.hushed(group), around.is_muted(group.waits), calm_s)
        return plan(group, now, terms)

    @property
    def waiting(self) -> int:
        """How many groups are to be told, now or later."""
        return len(self._turns)

    @property
    def oldest(self) -> float | None:
        """Since when the group waits that waits for longest, in seconds since 1970."""
        return self._turns.oldest()

    async def run(self) -> None:
        """Tell until cancelled."""
        for group in self._all():
            if group.told and (pending := group.told["pending"]) and pending["state"] == SENDING:
                await self.attempts.recover(group)
        self.look_at_all()
        while True:
            self._wake.clear()
            wait_s = await self._step()
            if wait_s:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), wait_s)

    async def rest(self, grace_s: float) -> None:
        """End what is under way, within so many seconds; then leave it to whoever has the channel next."""
        if self._busy:
            await asyncio.wait(self._busy.values(), timeout=grace_s)
        for task in self._busy.values():
            task.cancel()

    async def _step(self) -> float:
        """Do one thing; return how long there is nothing else to do."""
        if not (self.settings and self._around.is_known and self.attempts.is_open):
            return LOOK_S
        now = time.time()
        key = self._turns.first(now)
        if key is None:
            due = self._turns.next_due()
            return LOOK_S if due is None else min(LOOK_S, max(0.001, due - now))
        group = self.group(key)
        found = self._plan(group)
        if found.send is None or found.due is None or found.due > now:
            self.look(group)
            return 0
        if found.send.is_silent or self._is_folded(group, found.send, now):
            await self._enter(group, found.send, now)
            return 0
        return await self._begin(group, found.send, self.settings)

    async def _begin(self, group: Group, send: Send, settings: ChannelSettings) -> float:
        now = time.time()
        if group.key == KEY and self._unacknowledged:
            await self._settle(0)  # what it sums up; it may be more now
            return 0
        if len(self._busy) >= (self._kind.lanes if self.attempts.is_keyed else 1):
            return LOOK_S  # one that ends wakes us
        if self.health.is_spent(self._per_day, now):
            return LOOK_S
        if not self._bucket.take(now):
            return self._bucket.ready_at(now) - now
        if self._is_new(group, send):
            self._door.enter(now, is_critical=send.is_critical)
        names = self.digest.folded if group.key == KEY else []
        attempt = self.attempts.begin(group, send, [self.groups[name] for name in names], now)
        self._turns.plan(group.key, None)
        self._busy[group.key] = asyncio.ensure_future(self._tell(attempt, settings))
        return 0

    async def _tell(self, attempt: Attempt, settings: ChannelSettings) -> None:
        try:
            until = await self.attempts.make(attempt, settings)
            if until:
                self._bucket.hold(until)
        except Exception as fault:
            await self.attempts.halt(fault)
        finally:
            self._busy.pop(attempt.group.key, None)
            self.look(attempt.group)

    def _is_new(self, group: Group, send: Send) -> bool:
        """Return whether a group is told for the first time, and would be by itself."""
        is_first = send.attempt == 1 and send.action in {TRIGGER, NOTE}
        return is_first and group.key != KEY and group.kind == "alerts"

    def _is_folded(self, group: Group, send: Send, now: float) -> bool:
        if not (self._kind.folds and self._is_new(group, send)):
            return False
        return not self._door.may_enter(now, is_critical=send.is_critical)

    async def _enter(self, group: Group, send: Send, now: float) -> None:
        """Let the ledger say that a group needs no telling of its own."""
        before = group.now()
        is_folding = not send.is_silent or before["folded"]
        group.told = folded(before, send, now) if is_folding else noted(before, send)
        fresh = _fresh(before, group.told)
        reason = "folded" if is_folding else "past"
        self._metrics.suppressed.labels(self.name, reason).inc(fresh)
        if is_folding:
            self.digest.note(group.told, fresh, now, is_critical=send.is_critical)
            group.told = group.told | {"summed": self.digest.mark}
            self.look(self.digest.group)
        self._unacknowledged.append(await self.attempts.enter(group, send, is_folding=is_folding))
        self.look(group)
        await self._settle(UNACKNOWLEDGED)

    async def _settle(self, most: int) -> None:
        """Wait until Kafka has the rows of groups that are not told by themselves."""
        if len(self._unacknowledged) > most:
            waiting, self._unacknowledged = self._unacknowledged, []
            await asyncio.gather(*waiting)


def _fresh(before: Row, after: Row) -> int:
    """Return how many alerts a row knows of that it did not know before."""
    known = after["known"].items() - before["known"].items()
    over = after["over"].items() - before["over"].items() - before["known"].items()
    return len(known) + len(over)
