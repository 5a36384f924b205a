"""Attempts to tell a channel something.

Of each, in this order: the row that says so stands in Kafka; the request is made; how it went stands in
`deliveries`; the row that says that stands in Kafka. A worker that ends in between leaves the first row: then
nobody knows whether the channel was told, and it is told again, marked.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, cast

import orjson

from agents.channel_health import ChannelHealth
from agents.channel_secrets import unlocked
from agents.lane import Acknowledged
from agents.table_app import TableApp
from agents.tables import DETAIL_LENGTH
from agents.tellings import WHOLE_ALERTS, Alert, chosen, digested, light, telling
from agents.times import utc
from agents.told_rows import ToldRows
from pipeline.channels import CHANNELS
from pipeline.channels.alertmanager import AlertmanagerSettings
from pipeline.channels.answer import Answer, Outcome, Verdict
from pipeline.channels.request import Sendable
from pipeline.channels.settings import ChannelSettings
from pipeline.delivery import UNDELIVERABLE, delivery, letter
from pipeline.digests import KEY
from pipeline.group import RESOLVED, Group
from pipeline.plan import Send
from pipeline.retries import Deadlines
from pipeline.sends import DIGESTED, DROPPED, Care, Ended, Heard, begun, ended, recovered
from pipeline.step import Effect
from pipeline.turns import Turns
from pipeline.wanted import WHOLE, Row, row_key

LOG = logging.getLogger(__name__)


class Sends(Protocol):
    """What sends a request."""

    def send(self, request: Sendable, settings: ChannelSettings) -> Awaitable[Answer]:
        """Send once."""


class Attempt(NamedTuple):
    """One attempt, with the alerts as they were when it was decided on: others may come while it is made."""

    group: Group
    send: Send
    alerts: list[Alert]
    deploy: Alert | None


class Attempts:
    """Those at one channel."""

    def __init__(
        self, app: TableApp, rows: ToldRows, sender: Sends, health: ChannelHealth, deadlines: Deadlines
    ) -> None:
        self._app, self.rows, self._sender, self.health = app, rows, sender, health
        self._deadlines = deadlines
        self.turns = Turns()
        self._keyed: bool | None = None
        self.used: ChannelSettings | None = None
        """What was sent with last, secrets included."""

    @property
    def is_keyed(self) -> bool:
        """Whether all that was sent so far could be sent again without harm."""
        return self._keyed is True

    @property
    def is_open(self) -> bool:
        """Whether the channel may be told anything."""
        return not self.health.is_disabled

    async def halt(self, fault: Exception) -> None:
        """Let the fault end the process: it does not return."""
        await self._app.halt(fault)

    def begin(self, group: Group, send: Send, folded: Sequence[Group], now: float) -> Attempt:
        """Begin an attempt, with what is so at this moment."""
        self._app.presence.check()
        alerts, deploy = self._alerts(group, send, folded)
        group.told = begun(group.now(), send, now)
        return Attempt(group, send, alerts, deploy)

    async def make(self, attempt: Attempt, settings: ChannelSettings) -> float | None:
        """Make it; return until when the channel wants to be left alone, if it does."""
        group, send = attempt.group, attempt.send
        await (await self._write(group))
        outcome = await self._asked(attempt, settings)
        heard = Heard(outcome.verdict.value, outcome.said, outcome.after_s, _plain(outcome.ref))
        now = time.time()
        care = Care(self.is_keyed, send.is_critical, self._deadlines.of(send.is_critical))
        made = ended(group.now(), heard, now, care)
        await self._end(attempt, made, heard)
        await self.health.hear(outcome, made, now)
        return now + outcome.after_s if outcome.after_s else None

    async def recover(self, group: Group) -> None:
        """Take what was under way when its worker ended for told perhaps."""
        told = recovered(group.now(), time.time())
        await (await self._cause(delivery(told, told["pending"], told["pending"]["state"], None, _now())))
        group.told = told
        await (await self._write(group))

    async def enter(self, group: Group, send: Send, *, is_folding: bool) -> Acknowledged:
        """Write that a group is not told by itself; what is returned ends when that stands in Kafka."""
        said = "a digest tells of it" if is_folding else "it was over before it was told"
        pending = send._asdict() | {"answer": said}
        state = DIGESTED if is_folding else DROPPED
        caused = await self._cause(delivery(group.now(), pending, state, None, _now()))
        return asyncio.gather(caused, await self._write(group))

    async def _end(self, attempt: Attempt, made: Ended, heard: Heard) -> None:
        group = attempt.group
        pending = group.now()["pending"] | {"answer": heard.said}
        sent = [await self._cause(delivery(made.told, pending, made.state, heard.ref, _now()))]
        if made.is_dead:
            sent.append(await self._bury(attempt, pending))
        self._app.metrics.deliveries.labels(group.channel, made.state).inc()
        await asyncio.gather(*sent)
        group.told = made.told
        await (await self._write(group))

    async def _asked(self, attempt: Attempt, settings: ChannelSettings) -> Outcome:
        """Make the requests, one after the other, as long as they are taken."""
        name = attempt.group.channel
        try:
            self.used = await asyncio.to_thread(unlocked, settings)
        except ValueError as error:
            return Outcome(Verdict.RETRY, str(error))
        if isinstance(settings, AlertmanagerSettings) and self._app.alertmanagers:
            self._keyed = True
            # Digests and releases are nothing to them: an alert of theirs ends.
            records = attempt.alerts if attempt.group.kind == "alerts" else []
            return await self._app.alertmanagers.tell(name, settings, records)
        settings = self.used
        try:
            built = await asyncio.to_thread(_built, attempt, settings)
        except Exception as error:  # what is told was written by others: it must not end the worker
            LOG.exception("%s: what is to be told cannot be made: %s", name, type(error).__name__)
            return Outcome(Verdict.REJECTED, f"it cannot be made: {type(error).__name__}")
        self._keyed = self._keyed is not False and all(one.is_keyed or one.optional for one in built)
        if built and CHANNELS[settings.type].takes(settings).per_day:
            await self.health.spend(time.time())
        return await self._sent(built, settings)

    async def _sent(self, built: Sequence[Sendable], settings: ChannelSettings) -> Outcome:
        outcome = Outcome(Verdict.OK, "it is not told such things")
        for request in built:
            answer = await self._sender.send(request, settings)
            heard = CHANNELS[settings.type].classify(settings, request, answer)
            if not request.optional:
                outcome = heard
            if outcome.verdict is not Verdict.OK:
                break
        return outcome

    def _alerts(self, group: Group, send: Send, folded: Sequence[Group]) -> tuple[list[Alert], Alert | None]:
        """Return the records of a group, those that fire first; and the deploy, where it is one."""
        if group.key == KEY:
            return _summed(send, folded), None
        whole = self.rows.wanted(row_key(group.channel, group.key, WHOLE))
        if whole:
            alerts = digested(whole["digest"]) if whole["digest"] else list(whole["alerts"])
            return alerts, whole["deploy"]
        names, others = chosen(group, send)
        found = [self.rows.wanted(row_key(group.channel, group.key, name)) for name in names]
        return [*(row["alerts"][0] for row in found if row), *(light(name, group) for name in others)], None

    async def _write(self, group: Group) -> Acknowledged:
        return await self.rows.write(row_key(group.channel, group.key), group.told)

    async def _cause(self, value: dict[str, Any]) -> Acknowledged:
        return await self._app.cause(Effect("deliveries", value["channel"], value), 0)

    async def _bury(self, attempt: Attempt, pending: Row) -> Acknowledged:
        """Put what a channel was not told among the dead letters, with its last answer."""
        group = attempt.group
        LOG.warning("%s: group %s is not told: %s", group.channel, group.key, pending["answer"])
        names = [*(one.get("fingerprint", "") for one in attempt.alerts), WHOLE]
        found = (self.rows.wanted(row_key(group.channel, group.key, name)) for name in names)
        partition, offset = next((row["place"] for row in found if row), (0, 0))
        value = letter(group, pending, attempt.alerts[:WHOLE_ALERTS], attempt.deploy)
        told = {
            "reason": UNDELIVERABLE,
            "detail": f"{group.channel}: {pending['answer']}"[:DETAIL_LENGTH],
            "source_topic": self._app.settings.topic("notifications"),
            "source_partition": partition,
            "source_offset": offset,
            "time": _now(),
        }
        headers = [(f"panicstream.{name}", str(text).encode()) for name, text in told.items()]
        topic, key = self._app.settings.topic("deadletters"), group.channel.encode()
        sent = await self._app.producer.send(topic, key, orjson.dumps(value), None, None, headers)
        return cast(Acknowledged, sent)


def _built(attempt: Attempt, settings: ChannelSettings) -> Sequence[Sendable]:
    told = telling(attempt.group, attempt.send, attempt.alerts, attempt.deploy)
    return CHANNELS[settings.type].build(settings, told, time.time())


def _summed(send: Send, folded: Sequence[Group]) -> list[Alert]:
    """Return an alert for each that a digest counts."""
    firing = [
        light(name, group) for group in folded for name in group.now()["known"] if name in group.members
    ]
    marks = [*send.known.values(), *send.over.values()]
    total = max((int(mark.rpartition("-")[2]) for mark in marks), default=len(firing))
    over = {"status": RESOLVED, "labels": {"alertname": "Digest", "severity": "info"}, "episode": ""}
    if not send.known:
        firing = []
    return [*firing, *({**over, "fingerprint": str(number)} for number in range(total - len(firing)))]


def _plain(ref: Mapping[str, str] | None) -> dict[str, str] | None:
    return None if ref is None else dict(ref)


def _now() -> str:
    return utc(time.time_ns())
