"""The workers of TRACK: which there are, and how to ask them."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, cast

import aiohttp
from faust.assignor.partition_assignor import PartitionAssignor

from agents.table_app import TableApp

BEGINS_S = {"GET": 1.0, "POST": 6.0}  # until an answer begins; a command waits for Kafka before
WHOLE_S = 3.0  # more, until it is whole
HUNG_S = 5.0  # for which who did not answer in time is not asked again


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


def others(app: TableApp) -> list[str]:
    """Return the URLs of the other workers: each tells its own to the group when it joins."""
    urls = {url.rstrip("/") for url in cast(PartitionAssignor, app.assignor).changelog_distribution}
    return sorted(urls - {str(app.conf.canonical_url).rstrip("/")})


class Peers:
    """The others as they answer: who hangs is waited for once, and then not asked for a while."""

    def __init__(self) -> None:
        self._hung: dict[str, float] = {}  # URL, and when it is asked again

    async def ask(
        self, app: TableApp, question: Question, is_enough: Callable[[Told], bool] = lambda _: False
    ) -> list[Told | None]:
        """Ask each of the others at once, until one answer is enough; None is one who does not answer."""
        self._hung = {url: at for url, at in self._hung.items() if at > time.monotonic()}
        urls = others(app)
        told: list[Told | None] = [None for url in urls if url in self._hung]
        headers = {"Authorization": question.token} if question.token else {}
        async with aiohttp.ClientSession(headers=headers) as session, asyncio.TaskGroup() as group:
            asked = [self._told(session, url, question) for url in urls if url not in self._hung]
            tasks = [group.create_task(one) for one in asked]
            for answer in asyncio.as_completed(tasks):
                told.append(one := await answer)
                if one and is_enough(one):
                    break
            for task in tasks:
                task.cancel()
        return told

    async def _told(self, session: aiohttp.ClientSession, url: str, question: Question) -> Told | None:
        method, path, query, body, _ = question
        begun = False
        try:
            async with (
                asyncio.timeout(BEGINS_S[method]) as end,
                session.request(
                    method, f"{url}{path}", params=query, data=body, allow_redirects=False
                ) as answer,
            ):
                begun = True
                end.reschedule(asyncio.get_running_loop().time() + WHOLE_S)
                return Told(answer.status, await answer.read(), answer.headers.get("Location"))
        except TimeoutError:
            if not begun:
                self._hung[url] = time.monotonic() + HUNG_S
        except (aiohttp.ClientError, ValueError):  # the last: what it advertises is no URL
            pass
        return None
