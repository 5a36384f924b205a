"""Services and bugs that are watched, second by second, without Kafka."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from pipeline import watching
from pipeline.alert import Timing
from pipeline.alerting import Row
from pipeline.event_time import written
from pipeline.rules import Rule
from pipeline.step import Effect
from pipeline.storms import Limits, Tally
from pipeline.terms import Terms
from pipeline.vital import Vital, read_vital

BEGIN = 1_795_219_200  # 2026-11-21T00:00:00Z
LATENESS_S = 5


def vital(kind: str, seconds: Sequence[dict[str, Any]] = (), **fields: object) -> Vital:
    """Return a record of `vitals`, as it is read."""
    value = {
        "schema_version": 1,
        "kind": kind,
        "service_name": "cart",
        "service_namespace": "shop",
        "environment": "live",
        "watermark": None,
        "seconds": list(seconds),
    }
    return read_vital(orjson.dumps(value | fields))


def crashes(at: int, count: int = 1, release: str | None = "v1") -> Vital:
    """Return the record of crashes so many seconds after the beginning."""
    cell = {"time": written(BEGIN + at), "release": release, "crashes": count, "lines": 0, "covered_s": 0}
    return vital("counts", [cell])


def lines(at: int, count: int, release: str | None = "v1") -> Vital:
    """Return the record of lines of one second."""
    cell = {"time": written(BEGIN + at), "release": release, "crashes": 0, "lines": count, "covered_s": 1}
    return vital("counts", [cell])


def cycle(at: int, **fields: object) -> Vital:
    """Return the record of GC cycles that ended in one second."""
    cell = {"time": written(BEGIN + at), "release": "v1", "gc_cycles": 1, "alloc_bytes": 0, "covered_s": 0}
    return vital("gc", [cell | {"pauses": []} | fields])


def bug(at: int, kind: str = "cluster_new", number: int = 1, **fields: object) -> Vital:
    """Return the record of a bug that is new, or is back."""
    told: dict[str, Any] = {
        "cluster_id": f"c-{number:016x}",
        "time": written(BEGIN + at),
        "title": "nil map in cart.Put",
    }
    return vital(kind, **(told | {"release": "v2", "sample_id": f"{number:032x}"} | fields))


class Watched:
    """One service: its row, what was told of it at which second, and how often its rules looked at it."""

    def __init__(self, rules: Iterable[Rule], limits: Limits | None = None) -> None:
        self.tally = Tally()
        self.terms = Terms(tuple(rules), self.tally, limits or Limits())
        self.row: Row | None = None
        self.told: list[tuple[int, Effect]] = []
        self.looks = 0
        self.due: int | None = None
        self.behind_s = 0
        self._is_changed = False

    def timing(self, at: int) -> Timing:
        """Return what is known of time at a second after the beginning."""
        watermark = BEGIN + at - LATENESS_S - self.behind_s
        return Timing(watermark, written(BEGIN + at), self.behind_s > 30)

    def take(self, at: int, record: Vital) -> None:
        """Let a record come at a second."""
        row, effects = watching.arrived(self.row, record, self.terms, self.timing(at))
        self.keep(at, row, effects)
        self._is_changed = True

    def tick(self, at: int) -> None:
        """Let a second pass: the rules look where there is something to see."""
        timing = self.timing(at)
        is_due = self.due is not None and timing.watermark is not None and self.due <= timing.watermark
        if self.row and (self._is_changed or is_due):
            row, effects, self.due = watching.evaluate(self.row, self.terms, timing)
            self.keep(at, row, effects)
            self._is_changed, self.looks = False, self.looks + 1

    def play(self, records: dict[int, list[Vital]], until: int, begin: int = 0) -> None:
        """Let records come at their seconds, and all seconds pass."""
        for at in range(begin, until):
            for record in records.get(at, ()):
                self.take(at, record)
            self.tick(at)

    def phases(self, rule: str) -> list[tuple[int, str]]:
        """Return the transitions of a rule's alerts, at the second at which they were told."""
        return [
            (at, effect.value["phase"])
            for at, effect in self.told
            if effect.topic == "alert-events" and effect.value and effect.value["rule"]["name"] == rule
        ]

    def of(self, topic: str) -> list[dict[str, Any]]:
        """Return the values that a topic was told."""
        return [effect.value for _, effect in self.told if effect.topic == topic and effect.value is not None]

    def keep(self, at: int, row: Row, effects: list[Effect]) -> None:
        """Write the row, and take note of what is told."""
        self.row = orjson.loads(orjson.dumps(row))
        self.tally.note("service", self.row)
        self.told += [(at, effect) for effect in effects]
