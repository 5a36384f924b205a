"""Sends what channels made, and says what came back: an answer, or in one line why there is none."""

import asyncio
import os
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from agents.mail_sender import sent_mail
from pipeline.channels.address import BROKEN, CONTROL, unusable
from pipeline.channels.answer import Answer
from pipeline.channels.plain import line, masked
from pipeline.channels.request import Mail, Request, Sendable
from pipeline.channels.settings import NO_PROXY, ChannelSettings

CHUNK = 1 << 14
SAID = 200  # bytes of what a library says
HEADERS = {"User-Agent": "panicstream", "Accept-Encoding": "identity"}


class Sender:
    """Sends requests and mails, each on a connection of its own: a kept one may be gone unseen.

    Certificates are checked, redirects are not followed: they would take our secrets along.
    """

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._trusted: dict[str, tuple[float, ssl.SSLContext]] = {}

    async def send(self, request: Sendable, settings: ChannelSettings) -> Answer:
        """Send once, within the seconds that the settings give. Raises nothing but what stops the task."""
        try:
            trusted = await asyncio.to_thread(self._trust, settings.ca_file)
        except (OSError, ValueError) as error:
            why = (
                "it holds no certificates"
                if isinstance(error, ssl.SSLError)
                else getattr(error, "strerror", None) or error
            )
            return Answer(fault=f"{settings.ca_file} cannot be used as ca_file: {why}", was_sent=False)
        if isinstance(request, Mail):
            return await sent_mail(request, settings.timeout_s, trusted)
        return await self._ask(request, settings, trusted)

    async def close(self) -> None:
        """Give connections back."""
        if self._session:
            await self._session.close()

    def _trust(self, path: str) -> ssl.SSLContext:
        """Return whom we trust; to read them takes 25 ms, so they are read again when their file changes."""
        changed = Path(path).stat().st_mtime if path else 0.0
        known = self._trusted.get(path)
        if known is None or known[0] != changed:
            known = self._trusted[path] = changed, ssl.create_default_context(cafile=path or None)
        return known[1]

    async def _ask(self, request: Request, settings: ChannelSettings, trusted: ssl.SSLContext) -> Answer:
        trace = SimpleNamespace(was_sent=False)
        if fault := _unsendable(request, settings):
            return Answer(fault=f"{request.where}: {fault}", was_sent=False)
        try:
            return await self._asked(request, settings, trusted, trace)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            said = masked(_fault(request, settings, error), request.secrets)
            return Answer(fault=line(said, 2 * SAID), was_sent=trace.was_sent)

    async def _asked(
        self, request: Request, settings: ChannelSettings, trusted: ssl.SSLContext, trace: SimpleNamespace
    ) -> Answer:
        asked = self._opened().request(
            request.method,
            request.url,
            data=request.body,
            headers=HEADERS | dict(request.headers),
            proxy=_proxy(request.url, settings.revealed("proxy")),
            ssl=trusted,
            timeout=aiohttp.ClientTimeout(total=settings.timeout_s),
            allow_redirects=False,
            trace_request_ctx=trace,
        )
        async with asked as response:
            headers = {name.lower(): text for name, text in response.headers.items()}
            body = await _read(response, request.answer_bytes)
            return Answer(response.status, headers, body)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            trace = aiohttp.TraceConfig()
            trace.on_request_headers_sent.append(_note)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(force_close=True, limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trace_configs=[trace],
            )
        return self._session


async def _note(_session: Any, context: SimpleNamespace, _told: Any) -> None:
    """Remember that from here on the other side may have it."""
    context.trace_request_ctx.was_sent = True


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    body = b""
    while len(body) < most and (chunk := await response.content.read(min(CHUNK, most - len(body)))):
        body += chunk
    return body


def _proxy(url: str, given: str) -> str | None:
    """Return the proxy for an address: that of the settings, or else of the environment."""
    if given:
        return None if given == NO_PROXY else given
    parts = urlsplit(url)
    return None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)


def _unsendable(request: Request, settings: ChannelSettings) -> str:
    """Say what in a request would never go over the line; empty where all of it would."""
    broken = next((name for name, text in request.headers.items() if CONTROL.search(text)), "")
    if broken:
        return f"the header {broken}: {BROKEN}"
    if fault := unusable(request.url):
        return f"its address: {fault}"
    proxy = _proxy(request.url, settings.revealed("proxy"))
    fault = unusable(proxy) if proxy else ""
    return f"the proxy: {fault}" if fault else ""


def _fault(request: Request, settings: ChannelSettings, error: Exception) -> str:
    """Say in one line what is wrong; addresses are told without their paths, which are secrets."""
    if isinstance(error, TimeoutError):
        return f"{request.where} did not answer within {settings.timeout_s:g} s"
    for kind, say in FAULTS.items():
        if isinstance(error, kind):
            return f"{request.where}: {say(error)}"
    return f"{request.where}: {type(error).__name__}"


def _certificate(error: Any) -> str:
    reason = getattr(error.certificate_error, "verify_message", "") or "it is not trusted"
    return f"its certificate cannot be trusted: {reason}; it has to renew it, or ca_file to name who signs it"


def _unreachable(error: Any) -> str:
    if isinstance(error.os_error, socket.gaierror):
        return f"there is no host of that name: {error.host}"
    number = error.os_error.errno
    return f"cannot be reached: {os.strerror(number) if number else error.os_error}"


FAULTS: Mapping[type[Exception], Any] = {  # the first that fits
    aiohttp.ClientConnectorCertificateError: _certificate,
    aiohttp.ClientConnectorSSLError: lambda error: f"no TLS: {getattr(error.os_error, 'reason', 'failed')}",
    aiohttp.ClientProxyConnectionError: lambda error: f"the proxy {_unreachable(error)}",
    aiohttp.ClientHttpProxyError: lambda error: f"the proxy refuses: {error.status} {error.message}",
    aiohttp.ClientConnectorError: _unreachable,
    aiohttp.InvalidURL: lambda _: "its address, or that of the proxy, is none",
    aiohttp.ServerDisconnectedError: lambda _: "closed the connection without an answer",
    aiohttp.ClientPayloadError: lambda _: "closed the connection within its answer",
    aiohttp.ClientResponseError: lambda error: f"its answer is no HTTP: {error.message}",
    OSError: lambda error: f"the connection broke: {error.strerror or error}",
    ValueError: lambda _: "it cannot be sent as it is: an address or a header is none",
}
