"""`/v1/alertmanager/CHANNEL`: what Alertmanager tells goes to a channel of ours, by way of Kafka.

It answers 200 when Kafka has it, and 503 where Kafka does not take it: Alertmanager tries again within
seconds then, and after anything else only when it would tell again anyway.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping

import orjson
from aiohttp import web

from agents.lane import Acknowledged
from agents.metrics import Metrics
from agents.times import utc
from agents.tokens import refusal
from pipeline.bridged import Bridged, bridged, read_webhook
from pipeline.channels.settings import ChannelSettings
from pipeline.settings import HttpSettings
from pipeline.step import BadRecordError, Effect
from pipeline.units import span

LOG = logging.getLogger(__name__)

PATH = "/v1/alertmanager/{channel}"
FINE, BAD, STRANGER, UNKNOWN, LARGE, BUSY = 200, 400, 403, 404, 413, 503
MOST_BYTES = 4 << 20  # of a call; 200 alerts, as the shipped settings let it tell, have far less
CHUNK = 1 << 16
PATIENCE_S = 5.0  # with Kafka; Alertmanager's own ends after 10
REPEAT = "4h"  # Alertmanager's own, where the address has none
SLACK = 0.9  # of the interval: what comes again after it may come a moment early
ITSELF = "alertmanager"  # the type of channel that is one
OTHERS = "other"  # among metrics, a channel that there is not


Cause = Callable[[Effect, int], Awaitable[Acknowledged]]
Channels = Callable[[], Mapping[str, ChannelSettings]]


class RefusedError(Exception):
    """A call that is not taken; the text says why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Bridge:
    """The page; closed until `open` says where records go, and which channels there are."""

    def __init__(self, http: HttpSettings, metrics: Metrics) -> None:
        self._http, self._metrics = http, metrics
        self._cause: Cause | None = None
        self._channels: Channels = dict

    def open(self, cause: Cause, channels: Channels) -> None:
        """Take calls from now on."""
        self._cause, self._channels = cause, channels

    def routes(self) -> Iterable[web.RouteDef]:
        """Return what the worker's web server serves."""
        return [web.post(PATH, self.take)]

    async def take(self, request: web.Request) -> web.Response:
        """Take a webhook of Alertmanager for a channel of ours; ?repeat_interval=; needs the token."""
        channel = request.match_info["channel"]
        try:
            told = await self._told(request, channel)
            await _write(self._opened(), told)
        except RefusedError as refused:
            known = channel if channel in self._channels() else OTHERS
            self._metrics.bridge_refused.labels(known, str(refused.status)).inc()
            LOG.warning("bridge: a webhook for %r is refused: HTTP %d: %s", channel, refused.status, refused)
            return _answered({"error": str(refused)}, refused.status)
        self._metrics.bridged.labels(channel).inc()
        self._metrics.bridge_left_out.labels(channel).inc(told.left_out)
        return _answered({"channel": channel, "group_key": told.value["group_key"]}, FINE)

    async def _told(self, request: web.Request, channel: str) -> Bridged:
        """Return what a call tells. Raises RefusedError."""
        if why := refusal(self._http, request, "tell channels anything"):
            raise RefusedError(STRANGER, why)
        self._opened()
        self._check(channel)
        try:
            repeat_s = span(request.query.get("repeat_interval", REPEAT)) * SLACK
        except ValueError as error:
            raise RefusedError(BAD, f"repeat_interval: {error}") from None
        try:
            webhook = await asyncio.to_thread(read_webhook, await _body(request))
            return await asyncio.to_thread(bridged, webhook, channel, repeat_s, utc(time.time_ns()))
        except BadRecordError as bad:
            raise RefusedError(BAD, f"it is no webhook of Alertmanager, version 4: {bad.detail}") from None

    def _opened(self) -> Cause:
        if self._cause is None:
            raise RefusedError(BUSY, "it waits for Kafka")
        return self._cause

    def _check(self, channel: str) -> None:
        settings = self._channels().get(channel)
        if settings is None:
            known = ", ".join(sorted(self._channels())) or "none"
            raise RefusedError(UNKNOWN, f"there is no channel {channel}; there are: {known}")
        if settings.type == ITSELF:
            raise RefusedError(BAD, f"{channel} is an Alertmanager: that would go round and round")


async def _write(cause: Cause, told: Bridged) -> None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            await (await cause(Effect("notifications", told.value["channel"], told.value), 0))
    except Exception as error:
        LOG.debug("bridge: %r", error)
        raise RefusedError(BUSY, "Kafka does not take it") from error


async def _body(request: web.Request) -> bytes:
    """Read the body, as far as it may go."""
    body = bytearray()
    async for chunk in request.content.iter_chunked(CHUNK):
        body += chunk
        if len(body) > MOST_BYTES:
            raise RefusedError(
                LARGE, f"it is longer than {MOST_BYTES} bytes: set max_alerts in webhook_configs"
            )
    return bytes(body)


def _answered(value: Mapping[str, str], status: int) -> web.Response:
    return web.Response(body=orjson.dumps(value), status=status, content_type="application/json")
