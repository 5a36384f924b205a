"""Alerts told to Alertmanagers: at once, again and again while they fire, and for a while when they are over.

They know of each other at best, so every one is told everything, as Prometheus does it; an alert that one of
them has is told. One that is away gets all when it is back.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence

from agents.alertmanager_place import NOTHING, Means, Place, Posting
from pipeline.channels.alertmanager import AlertmanagerSettings, Record, alert, fault, joined
from pipeline.channels.answer import Outcome, Verdict

LOG = logging.getLogger(__name__)


class Alertmanagers:
    """The channels of this kind that are this worker's; to be made in an event loop."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._channels: dict[str, _Channel] = {}
        self._fault: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def adopt(self, name: str, settings: AlertmanagerSettings, told: Iterable[Record]) -> None:
        """Take a channel over, or its other settings, with what it was told."""
        channel = self._channel(name, settings)
        for record in told:
            if not self._wrong(name, settings, record):
                channel.posting.keep(record, self._means.clock())

    def leave(self, names: Iterable[str]) -> None:
        """Leave channels to whoever has them now."""
        for name in self._channels.keys() & set(names):
            self._channels.pop(name).close()

    async def tell(self, name: str, settings: AlertmanagerSettings, records: Sequence[Record]) -> Outcome:
        """Tell alerts; from then on they are told again by themselves, whatever came of it now."""
        wrong = [said for record in records if (said := self._wrong(name, settings, record))]
        if wrong or not records:
            return Outcome(Verdict.REJECTED, wrong[0]) if wrong else NOTHING
        channel = self._channel(name, settings)
        for record in records:
            channel.posting.keep(record, self._means.clock())
        return await _first(channel, [record["fingerprint"] for record in records])

    async def keep(self) -> None:
        """Tell all again and again, until cancelled. Raises whatever is a fault of ours."""
        try:
            await self._fault
        finally:
            self.leave(list(self._channels))

    def _wrong(self, name: str, settings: AlertmanagerSettings, record: Record) -> str:
        """Say why an alert cannot be told: one bad alert would take the others of its request with it."""
        try:
            wrong = fault(alert(settings, record, int(self._means.clock())))
        except Exception as error:  # it was written by others: it must not end the worker
            wrong = f"it cannot be made: {type(error).__name__}"
        if wrong:
            self._means.metrics.alertmanager_bad.labels(name).inc()
            LOG.warning("channel %s: alert %s is not told: %s", name, record["fingerprint"], wrong)
        return wrong

    def _channel(self, name: str, settings: AlertmanagerSettings) -> "_Channel":
        known = self._channels.get(name)
        if known and known.posting.settings == settings:
            return known
        posting = Posting(name, settings, known.posting.kept if known else {})
        if known:
            known.close()
        places = [Place(posting, url, self._means) for url in settings.urls]
        made = self._channels[name] = _Channel(posting, places)
        for task in made.tasks:
            task.add_done_callback(self._ended)
        return made

    def _ended(self, task: asyncio.Future[None]) -> None:
        if not task.cancelled() and (fault := task.exception()) and not self._fault.done():
            self._fault.set_exception(fault)


class _Channel:
    """The Alertmanagers of a channel, at work."""

    def __init__(self, posting: Posting, places: Sequence[Place]) -> None:
        self.posting, self.places = posting, places
        self.tasks = [asyncio.ensure_future(place.run()) for place in places]

    def close(self) -> None:
        """Tell no more."""
        for task in self.tasks:
            task.cancel()
        for place in self.places:
            place.close()


async def _first(channel: _Channel, names: Sequence[str]) -> Outcome:
    """Tell all Alertmanagers of a channel; wait until one of them has it, or until none has."""
    told = {place.url: place.tell(names) for place in channel.places}
    waiting = set(told.values())
    while waiting:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if any(one.result().verdict is Verdict.OK for one in done):
            break
    return joined({url: one.result() for url, one in told.items() if one.done()})
