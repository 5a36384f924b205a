"""Facts about services by event second: crashes of a block; lines and GC cycles that a worker gathered."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from pipeline.block import UNNAMED, Block
from pipeline.sightings import Crash, time_of

SECONDS = 1_000  # of event time in one record

Vital = tuple[str, dict[str, Any]]  # key and value of a record of `vitals`


class Service(NamedTuple):
    """Whose vitals these are."""

    namespace: str | None
    name: str | None
    environment: str | None

    @classmethod
    def of(cls, fact: dict[str, Any]) -> "Service":
        """Read it from a crash, a GC cycle or a row of lines."""
        return cls(fact["service_namespace"], fact["service_name"], fact["environment"])

    @property
    def key(self) -> str:
        """The key of its records."""
        return "/".join(part or "" for part in self)


class Cell(NamedTuple):
    """A second of event time of one release; None where it is not known."""

    time: str | None
    release: str | None

    @classmethod
    def of(cls, time: str | None, fact: dict[str, Any]) -> "Cell":
        """Find the cell of something that happened at `time`."""
        return cls(time and f"{time[:19]}.000000000Z", fact["service_version"])


def crash_counts(crashes: Iterable[Crash], block: Block) -> list[Vital]:
    """Return the crashes of a block: exact, one record a service."""
    services: dict[Service, Counter[Cell]] = {}
    for crash in crashes:
        services.setdefault(Service.of(crash), Counter())[Cell.of(time_of(crash), crash)] += 1
    named = block.named() | {"watermark": block.watermark}
    return [
        _vital("counts", service, named, map(_crashes, cells.items())) for service, cells in services.items()
    ]


def line_counts(rows: Iterable[tuple[str | None, dict[str, Any]]]) -> list[Vital]:
    """Return the lines of services, from pairs of a time and what the core counted in that second."""
    services: dict[Service, Counter[Cell]] = {}
    for time, row in rows:
        services.setdefault(Service.of(row), Counter())[Cell.of(time, row)] += row["lines"]
    return [
        vital
        for service, cells in services.items()
        for vital in _gathered("counts", service, map(_lines, cells.items()))
    ]


def gc_cycles(cycles: Iterable[dict[str, Any]]) -> list[Vital]:
    """Return the GC cycles of services, from the documents of the core."""
    services: dict[Service, dict[Cell, list[dict[str, Any]]]] = {}
    for cycle in cycles:
        cells = services.setdefault(Service.of(cycle), {})
        cells.setdefault(Cell.of(cycle["event_time"], cycle), []).append(cycle)
    return [
        vital
        for service, cells in services.items()
        for vital in _gathered("gc", service, map(_cycles, cells.items()))
    ]


def _crashes(counted: tuple[Cell, int]) -> dict[str, Any]:
    cell, crashes = counted
    return cell._asdict() | {"crashes": crashes, "lines": 0, "covered_s": 0}


def _lines(counted: tuple[Cell, int]) -> dict[str, Any]:
    cell, lines = counted
    return cell._asdict() | {"crashes": 0, "lines": lines, "covered_s": 1}


def _cycles(gathered: tuple[Cell, list[dict[str, Any]]]) -> dict[str, Any]:
    """Sum up one second; `covered_s` is the time over which the allocated bytes are known."""
    cell, cycles = gathered
    heaps = [heap for cycle in cycles if (heap := _heap(cycle))]
    known = [cycle for cycle in cycles if cycle["alloc_bytes"] is not None and cycle["interval_ns"]]
    return cell._asdict() | {
        "gc_cycles": len(cycles),
        "alloc_bytes": sum(cycle["alloc_bytes"] for cycle in known),
        "covered_s": sum(cycle["interval_ns"] for cycle in known) / 1e9,
        "pauses": [cycle["pause_ns"] for cycle in cycles if cycle["pause_ns"] is not None],
        "heap_goal_bytes": sum(goal for goal, _ in heaps),
        "heap_live_bytes": sum(live for _, live in heaps),
    }


def _heap(cycle: dict[str, Any]) -> tuple[int, int] | None:
    """Return the heap goal, and the heap in use from which Go set it: what the cycle before left.

    What this cycle finds in use is near its goal in every heap that grows, and nothing is wrong with that.
    """
    if cycle["heap_goal_bytes"] is None or cycle["alloc_bytes"] is None:
        return None
    return cycle["heap_goal_bytes"], cycle["heap_end_bytes"] - cycle["alloc_bytes"]


def _gathered(kind: str, service: Service, seconds: Iterable[dict[str, Any]]) -> Iterator[Vital]:
    """Yield as many records as it takes: a backlog has hours of event time."""
    named, left = UNNAMED | {"watermark": None}, iter(seconds)
    while part := list(islice(left, SECONDS)):
        yield _vital(kind, service, named, part)


def _vital(kind: str, service: Service, named: dict[str, Any], seconds: Iterable[dict[str, Any]]) -> Vital:
    return service.key, {
        "schema_version": 1,
        "kind": kind,
        "service_name": service.name,
        "service_namespace": service.namespace,
        "environment": service.environment,
        **named,
        "seconds": list(seconds),
    }
