"""The workers of TRACK: which there are, and how to ask them."""

import asyncio
import socket
from collections.abc import Mapping
from typing import NamedTuple, cast

import aiohttp
from faust.assignor.partition_assignor import PartitionAssignor

from agents.table_app import TableApp
from pipeline.settings import HttpSettings

PATIENCE = aiohttp.ClientTimeout(total=4, sock_connect=2)
EVERYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104  # what a worker listens on, not what reaches it


class Question(NamedTuple):
    """What is asked; `token` is the header by which whoever asks may."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes = b""
    token: str = ""


class Told(NamedTuple):
    """What a worker answers; `location` is where it moves whoever asks to."""

    status: int
    body: bytes
    location: str | None


def advertised(http: HttpSettings) -> str:
    """Return the URL at which others reach this worker."""
    host, _, port = (http.advertise or http.listen).rpartition(":")
    if not http.advertise and host.strip("[]") in EVERYWHERE:
        host = socket.gethostname()
    return f"http://{host}:{port}"


def others(app: TableApp) -> list[str]:
    """Return the URLs of the other workers: each tells its own to the group when it joins."""
    urls = {url.rstrip("/") for url in cast(PartitionAssignor, app.assignor).changelog_distribution}
    return sorted(urls - {str(app.conf.canonical_url).rstrip("/")})


async def ask(app: TableApp, question: Question) -> list[Told | None]:
    """Ask each of the others at once; None is one who does not answer."""
    headers = {"Authorization": question.token} if question.token else {}
    async with aiohttp.ClientSession(timeout=PATIENCE, headers=headers) as session:
        return await asyncio.gather(*(_told(session, url, question) for url in others(app)))


async def _told(session: aiohttp.ClientSession, url: str, question: Question) -> Told | None:
    method, path, query, body, _ = question
    try:
        async with session.request(
            method, f"{url}{path}", params=query, data=body, allow_redirects=False
        ) as answer:
            return Told(answer.status, await answer.read(), answer.headers.get("Location"))
    except (aiohttp.ClientError, TimeoutError, ValueError):  # the last: what it advertises is no URL
        return None
