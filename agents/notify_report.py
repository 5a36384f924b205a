"""What NOTIFY says of itself: metrics, and a line where a channel is not set up."""

import logging
import time
from collections.abc import Mapping

from agents.channel_health import MISSING, STATES
from agents.desk import Desk
from agents.metrics import Metrics

LOG = logging.getLogger(__name__)
MISSES = "alerts wait for channel %s: the file of notify.routes has no [channels.%s] that is enabled"


class NotifyReport:
    """Tells how channels are."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._told: set[str] = set()
        self._missing: set[str] = set()

    def tell(self, desks: Mapping[str, Desk]) -> None:
        """Tell of the channels that this worker has."""
        for name in self._told - desks.keys():
            self._drop(name)
        self._told = set(desks)
        for name, desk in desks.items():
            state = desk.health.state if desk.settings else MISSING
            for one in STATES:
                self._metrics.channel_state.labels(name, one).set(one == state)
            waiting = desk.waiting
            age = time.time() - oldest if (oldest := desk.oldest) else 0.0
            self._metrics.channel_queue_age_seconds.labels(name).set(max(0.0, age))
            self._metrics.unroutable.labels(name).set(waiting if state == MISSING else 0)
            self._say(name, waiting, is_missing=state == MISSING)

    def _say(self, name: str, waiting: int, *, is_missing: bool) -> None:
        """Say once that something waits for a channel that is not there, and once that it is."""
        if is_missing and waiting and name not in self._missing:
            self._missing.add(name)
            LOG.warning(MISSES, name, name)
        elif not is_missing and name in self._missing:
            self._missing.discard(name)
            LOG.info("channel %s is set up now: it is told what waited for it", name)

    def _drop(self, name: str) -> None:
        for one in STATES:
            self._metrics.channel_state.remove(name, one)
        self._metrics.channel_queue_age_seconds.remove(name)
        self._metrics.unroutable.remove(name)
