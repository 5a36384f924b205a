"""A desk of NOTIFY without Kafka: rows and records are kept here, and a channel answers as it is told to."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import orjson

from agents.alertmanager import Alertmanagers
from agents.alertmanager_place import Means
from agents.attempts import Attempts
from agents.channel_health import ChannelHealth
from agents.desk import Desk
from agents.metrics import Metrics
from pipeline.channels import read_channel
from pipeline.channels.answer import Answer
from pipeline.channels.request import Sendable
from pipeline.channels.settings import ChannelSettings
from pipeline.digests import KEY
from pipeline.event_time import written
from pipeline.group import Group, Waits
from pipeline.plan import SILENCED
from pipeline.retries import Deadlines
from pipeline.settings import NotifySettings
from pipeline.step import Arrival, Effect
from pipeline.wanted import Notification, Row, take
from tests.notified import START

WEBHOOK = read_channel({"type": "webhook", "url": "http://127.0.0.1:1/", "per_minute": 1_000})
TAKEN = Answer(200)
Found = TypeVar("Found")


def done() -> asyncio.Future[None]:
    """Return what ended already."""
    ended = asyncio.get_running_loop().create_future()
    ended.set_result(None)
    return ended


class Kept:
    """Rows, each as it was written last."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    def know(self, _key: str, _row: object) -> None:
        """Take note of a row that is there."""

    def wanted(self, key: str) -> Row | None:
        """Return a row of what is wanted."""
        return self.rows.get(key)

    async def write(self, key: str, value: Row | None) -> asyncio.Future[None]:
        """Write one; it stands at once."""
        self.rows.pop(key, None)
        if value is not None:
            self.rows[key] = value
        return done()


class Surroundings:
    """What keeps alerts back: a silence of everything, or nothing."""

    def __init__(self) -> None:
        self.is_silenced, self.is_known = False, True

    def hushed(self, _group: Group) -> Callable[[Mapping[str, str]], str | None]:
        """Return what says why an alert is kept back."""
        return lambda _: SILENCED if self.is_silenced else None

    def is_muted(self, _waits: Waits) -> bool:
        """Return whether it is kept silent."""
        return False


class Office:
    """A channel's desk, all that it writes, and the requests that its channel got; made in an event loop."""

    def __init__(self, settings: ChannelSettings = WEBHOOK, answer: Answer = TAKEN) -> None:
        self.metrics, self.kept, self.around = Metrics(), Kept(), Surroundings()
        self.caused: list[Effect] = []
        self.asked: list[Sendable] = []
        self.faults: list[Exception] = []
        self.answer = answer
        self.settings = settings
        self.routes = SimpleNamespace(channels={"chat": settings}, root=None)
        self.made()

    def made(self) -> Desk:
        """Make the desk, which knows of nothing."""
        app = cast(Any, self._app())
        health = ChannelHealth(app, cast(Any, self.kept), "chat", cast(Any, self), 600.0)
        health._tell = self._told  # type: ignore[method-assign]  # routes are nothing to it
        attempts = Attempts(app, cast(Any, self.kept), cast(Any, self), health, Deadlines(1e9, 1e9))
        self.desk = Desk("chat", attempts, self.around, self.metrics, NotifySettings())
        self.desk.adopt(self.settings)
        return self.desk

    def restart(self) -> None:
        """Take the channel over from its rows alone, as they stand in Kafka."""
        self.kept.rows = orjson.loads(orjson.dumps(self.kept.rows))
        desk = self.made()
        for key, row in self.kept.rows.items():
            if row["sort"] == "channel":
                desk.health.load(row)
            elif row["sort"] == "wanted":
                desk.group(row["group_key"]).want(row)
            elif key == f"chat/{KEY}":
                desk.digest.load(row)
            else:
                desk.group(row["group_key"]).told = row
        desk.load()
        desk.look_at_all()

    def _app(self) -> SimpleNamespace:
        async def halt(fault: Exception) -> None:
            self.faults.append(fault)

        async def produce(*_: object) -> asyncio.Future[None]:
            return done()

        return SimpleNamespace(
            presence=SimpleNamespace(check=lambda: None),
            metrics=self.metrics,
            alertmanagers=Alertmanagers(Means(cast(Any, self.send), self.metrics)),
            settings=SimpleNamespace(topic=lambda name: name),
            producer=SimpleNamespace(send=produce),
            cause=self.cause,
            halt=halt,
        )

    async def _told(self, record: Row) -> None:
        await self.cause(Effect("alerts", "chat", record), 0)

    async def cause(self, effect: Effect, _: int) -> asyncio.Future[None]:
        """Take a record that is written."""
        self.caused.append(effect)
        return done()

    async def send(self, request: Sendable, _settings: ChannelSettings) -> Answer:
        """Answer as the channel does."""
        self.asked.append(request)
        return self.answer

    def take(self, told: Notification, now: float = START) -> None:
        """Take a notification, as the agent does."""
        key = told.row_key
        before = self.kept.rows.get(key)
        made = take(before, told, Arrival(0, written(int(now))))
        if made is not before:
            self.kept.rows[key] = made
            self.desk.want(made)

    async def work(self, steps: int = 20) -> None:
        """Tell what is due."""
        for _ in range(steps):
            wait_s = await self.desk._step()
            while self.desk._busy:
                await asyncio.sleep(0)
            if wait_s:
                return

    @property
    def raised(self) -> list[str]:
        """How the alerts stand, in order, that the channel fails."""
        return [(one.value or {})["status"] for one in self.caused if one.topic == "alerts"]

    @property
    def states(self) -> list[str]:
        """What came of the attempts."""
        return [(one.value or {})["state"] for one in self.caused if one.topic == "deliveries"]


def played(play: Callable[[], Coroutine[Any, Any, Found]]) -> Found:
    """Run it in an event loop of its own."""
    return asyncio.run(play())
