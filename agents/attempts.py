"""Attempts to tell a channel something.

Of each, in this order: the row that says so stands in Kafka; the request is made; how it went stands in
`deliveries`; the row that says that stands in Kafka. A worker that ends in between leaves the first row: then
nobody knows whether the channel was told, and it is told again, marked.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Protocol

import orjson

from agents.channel_health import ChannelHealth
from agents.channel_secrets import unlocked
from agents.lane import Acknowledged
from agents.table_app import TableApp
from agents.tellings import Alert, chosen, digested, light, telling
from agents.times import utc
from agents.told_rows import ToldRows
from pipeline.channels import CHANNELS
from pipeline.channels.alertmanager import AlertmanagerSettings
from pipeline.channels.answer import Answer, Outcome, Verdict
from pipeline.channels.channel import Telling
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


class Attempts:
    """Those at one channel."""

    def __init__(
        self, app: TableApp, rows: ToldRows, sender: Sends, health: ChannelHealth, deadlines: Deadlines
    ) -> None:
        self._app, self.rows, self._sender, self.health = app, rows, sender, health
        self._deadlines = deadlines
        self.turns = Turns()
        self._keyed: bool | None = None

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

    async def tell(
        self, group: Group, send: Send, settings: ChannelSettings, folded: Sequence[Group]
    ) -> float | None:
        """Make one attempt; return until when the channel wants to be left alone, if it does."""
        self._app.presence.check()
        group.told = begun(group.now(), send, time.time())
        await (await self._write(group))
        outcome = await self._asked(group, send, settings, folded)
        heard = Heard(outcome.verdict.value, outcome.said, outcome.after_s, _plain(outcome.ref))
        now = time.time()
        care = Care(self.is_keyed, send.is_critical, self._deadlines.of(send.is_critical))
        made = ended(group.told, heard, now, care)
        await self._end(group, made, heard)
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

    async def _end(self, group: Group, made: Ended, heard: Heard) -> None:
        pending = group.now()["pending"] | {"answer": heard.said}
        sent = [await self._cause(delivery(made.told, pending, made.state, heard.ref, _now()))]
        if made.is_dead:
            sent.append(await self._bury(group, pending))
        self._app.metrics.deliveries.labels(group.channel, made.state).inc()
        await asyncio.gather(*sent)
        group.told = made.told
        await (await self._write(group))

    async def _asked(
        self, group: Group, send: Send, settings: ChannelSettings, folded: Sequence[Group]
    ) -> Outcome:
        """Make the requests, one after the other, as long as they are taken."""
        if isinstance(settings, AlertmanagerSettings) and self._app.alertmanagers:
            self._keyed = True
            # Digests and releases are nothing to them: an alert of theirs ends.
            records = self._alerts(group, send, folded, None) if group.kind == "alerts" else []
            return await self._app.alertmanagers.tell(group.channel, settings, records)
        channel = CHANNELS[settings.type]
        try:
            settings = await asyncio.to_thread(unlocked, settings)
        except ValueError as error:
            return Outcome(Verdict.RETRY, str(error))
        try:
            built = await asyncio.to_thread(
                lambda: channel.build(settings, self._telling(group, send, folded), time.time())
            )
        except Exception as error:  # what is told was written by others: it must not end the worker
            LOG.exception("%s: what is to be told cannot be made: %s", group.channel, type(error).__name__)
            return Outcome(Verdict.REJECTED, f"it cannot be made: {type(error).__name__}")
        outcome = Outcome(Verdict.OK, "it is not told such things")
        self._keyed = self._keyed is not False and all(one.is_keyed or one.optional for one in built)
        for request in built:
            heard = channel.classify(settings, request, await self._sender.send(request, settings))
            if not request.optional:
                outcome = heard
            if outcome.verdict is not Verdict.OK:
                break
        return outcome

    def _telling(self, group: Group, send: Send, folded: Sequence[Group]) -> Telling:
        whole = self.rows.wanted(row_key(group.channel, group.key, WHOLE))
        return telling(group, send, self._alerts(group, send, folded, whole), whole and whole["deploy"])

    def _alerts(self, group: Group, send: Send, folded: Sequence[Group], whole: Row | None) -> list[Alert]:
        """Return the records of a group, those that fire first."""
        if group.key == KEY:
            return _summed(send, folded)
        if whole and whole["digest"]:
            return digested(whole["digest"])
        if whole:
            return list(whole["alerts"])
        names, others = chosen(group, send)
        found = [self.rows.wanted(row_key(group.channel, group.key, name)) for name in names]
        return [*(row["alerts"][0] for row in found if row), *(light(name, group) for name in others)]

    async def _write(self, group: Group) -> Acknowledged:
        return await self.rows.write(row_key(group.channel, group.key), group.told)

    async def _cause(self, value: dict[str, Any]) -> Acknowledged:
        return await self._app.cause(Effect("deliveries", value["channel"], value), 0)

    async def _bury(self, group: Group, pending: Row) -> Acknowledged:
        """Put what a channel was not told among the dead letters, with its last answer."""
        names = [*pending["known"], *pending["over"]]
        found = [self.rows.wanted(row_key(group.channel, group.key, name)) for name in names[:20]]
        rows = [row for row in found if row]
        whole = self.rows.wanted(row_key(group.channel, group.key, WHOLE))
        partition, offset = ([*rows, whole, None][0] or {"place": [0, 0]})["place"]
        value = letter(
            group.now(),
            pending,
            [row["alerts"][0] for row in rows if row["alerts"]],
            whole and whole["deploy"],
        )
        told = {
            "reason": UNDELIVERABLE,
            "detail": f"{group.channel}: {pending['answer']}"[:500],
            "source_topic": self._app.settings.topic("notifications"),
            "source_partition": partition,
            "source_offset": offset,
            "time": _now(),
        }
        headers = [(f"panicstream.{name}", str(text).encode()) for name, text in told.items()]
        LOG.warning("%s: group %s is not told: %s", group.channel, group.key, pending["answer"])
        topic = self._app.settings.topic("deadletters")
        sent = await self._app.producer.send(
            topic, group.channel.encode(), orjson.dumps(value), None, None, headers
        )
        return cast(Acknowledged, sent)


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
