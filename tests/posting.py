"""Our agent of Alertmanagers in a thread of its own, and alerts for it."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from agents.alertmanager import Alertmanagers
from agents.alertmanager_place import Means, Pace
from agents.metrics import Metrics
from agents.sender import Sender
from pipeline.alert import fingerprint
from pipeline.channels.alertmanager import AlertmanagerSettings
from pipeline.channels.answer import Outcome
from pipeline.event_time import seconds, written

CHANNEL = "am"
PATIENCE_S = 30.0
Found = TypeVar("Found")


class Telling:
    """Tells Alertmanagers; make one with `telling`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, urls: Sequence[str], pace: Pace) -> None:
        self._loop = loop
        self.settings, self.metrics = AlertmanagerSettings(urls=list(urls), timeout_s=5), Metrics()
        self._sender = Sender()
        self._agent = self._called(self._made(pace))

    async def _made(self, pace: Pace) -> Alertmanagers:
        return Alertmanagers(Means(self._sender.send, self.metrics, pace))

    def tell(self, record: dict[str, Any]) -> Outcome:
        """Tell an alert; return what came of it."""
        return self._called(self._agent.tell(CHANNEL, self.settings, [record]))

    def adopt(self, *records: dict[str, Any]) -> None:
        """Take the channel over, with what it was told before."""

        async def adopted() -> None:
            self._agent.adopt(CHANNEL, self.settings, records)

        self._called(adopted())

    def value(self, series: str, **labels: str) -> float:
        """Return a value of `/metrics`."""
        return self.metrics.registry.get_sample_value(f"panicstream_{series}", labels) or 0.0

    async def close(self) -> None:
        """Tell no more."""
        self._agent.leave([CHANNEL])
        await self._sender.close()

    def _called(self, asked: Coroutine[Any, Any, Found]) -> Found:
        return asyncio.run_coroutine_threadsafe(asked, self._loop).result(PATIENCE_S)


@contextmanager
def telling(urls: Sequence[str], **pace: float) -> Iterator[Telling]:
    """Work as long as the block lasts."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        made = Telling(loop, urls, Pace(**pace))
        try:
            yield made
        finally:
            asyncio.run_coroutine_threadsafe(made.close(), loop).result(PATIENCE_S)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def firing(name: str, began: int, **labels: str) -> dict[str, Any]:
    """Return a record of an alert that fires."""
    named = {
        "alertname": name,
        "service": "cart",
        "env": "prod",
        "severity": "critical",
        "source": "panicstream",
    }
    told = {**named, **labels}
    return {
        "schema_version": 1,
        "fingerprint": fingerprint(told),
        "episode": f"{fingerprint(told)}-{began}",
        "seq": 1,
        "status": "firing",
        "startsAt": written(began),
        "endsAt": None,
        "generatorURL": None,
        "labels": told,
        "annotations": {"summary": f"{name} in cart", "runbook": "look"},
    }


def resolved(record: dict[str, Any], after_s: int = 1) -> dict[str, Any]:
    """Return the same when it is over."""
    ends = written(seconds(record["startsAt"]) + after_s)
    return {**record, "seq": record["seq"] + 1, "status": "resolved", "endsAt": ends}


def renewed(record: dict[str, Any], change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """Return the same after another transition."""
    return {**record, "seq": record["seq"] + 1, **change(record)}
