"""What WATCH says of itself and of services: metrics, of few series however many services there are."""

import time
from collections import Counter
from collections.abc import Mapping

from agents.metrics import Metrics
from pipeline import sketch
from pipeline.alerting import Row
from pipeline.event_time import MINUTE
from pipeline.ticks import LATENESS_S
from pipeline.vital import Vital
from pipeline.watched import Watched
from pipeline.windows import SPAN_S

SHOWN = 200  # services that have series of their own, the first
OTHER = ("", "other", "")
QUANTILES = (0.5, 0.99)
NS = 1e9
SILENT_S = 300.0  # after which what a collector said last is no news

Whose = tuple[str, str, str]


class WatchReport:
    """Keeps the series."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._services: set[Whose] = set()
        self._collectors: dict[Whose, float] = {}  # when each was heard of last
        self._alerts: set[tuple[str, str]] = set()

    def took(self, vital: Vital, before: Row | None, made: Row | None) -> None:
        """Take note of a record of `vitals`, and of the row of its service that it made."""
        if made is None or made is before or not vital.seconds:
            return
        whose = self._whose(vital)
        if skewed := made["skewed"] - (before["skewed"] if before else 0):
            self._metrics.skewed.inc(skewed)
        if vital.kind != "gc":
            if crashes := sum([second.get("crashes", 0) for second in vital.seconds]):
                self._metrics.panics.labels(*whose).inc(crashes)
        elif whose != OTHER:
            self._collector(whose, made["windows"])

    def forget(self) -> None:
        """Tell no more of the collectors of services: others may have them now."""
        for whose in list(self._collectors):
            self._drop(whose)

    def tell(self, partitions: Mapping[int, Watched]) -> None:
        """Tell which alerts there are, and how far time is."""
        found: Counter[tuple[str, str]] = Counter()
        for watched in partitions.values():
            for alerts in watched.alerts.values():
                found.update((entry["labels"]["alertname"], entry["state"][0]) for entry in alerts.values())
        for rule, state in self._alerts | found.keys():
            self._metrics.alerts.labels(rule, state).set(found[rule, state])
        self._alerts |= found.keys()
        times = [watched.clock.watermark for watched in partitions.values()]
        behind = [time.time() - LATENESS_S - reached for reached in times if reached is not None]
        self._metrics.watch_behind_seconds.set(max(0.0, *behind) if behind else 0)
        for whose in [one for one, at in self._collectors.items() if time.monotonic() - at > SILENT_S]:
            self._drop(whose)

    def _whose(self, vital: Vital) -> Whose:
        namespace, name, environment = (part or "" for part in vital.service)
        whose = namespace, name, environment
        if whose not in self._services:
            if len(self._services) >= SHOWN:
                return OTHER
            self._services.add(whose)
            self._metrics.panics.labels(*whose)  # so that its first crash is an increase, too
        return whose

    def _collector(self, whose: Whose, windows: Row) -> None:
        """Tell of a garbage collector what is kept of its last minutes."""
        self._collectors[whose] = time.monotonic()
        sketches = [one for minutes in windows.get("pauses", {}).values() for _, one in minutes[-2:]]
        for quantile in QUANTILES:
            pause = sketch.quantile(sketches, quantile)
            if pause is not None:
                self._metrics.gc_pause_seconds.labels(*whose, str(quantile)).set(pause / NS)
        cells = [cell for spans in windows.get("gc", {}).values() for cell in spans]
        newest = max((cell[0] for cell in cells), default=0)
        last = [cell for cell in cells if cell[0] > newest - MINUTE // SPAN_S]
        if covered := sum(cell[3] for cell in last):
            self._metrics.alloc_rate.labels(*whose).set(sum(cell[2] for cell in last) / covered)

    def _drop(self, whose: Whose) -> None:
        del self._collectors[whose]
        self._metrics.alloc_rate.remove(*whose)
        for quantile in QUANTILES:
            self._metrics.gc_pause_seconds.remove(*whose, str(quantile))
