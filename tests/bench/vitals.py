"""Vitals of a fleet, and rules to watch it by: 10,000 services, 100 rules."""

from collections.abc import Iterator

import orjson
from aiokafka.partitioner import murmur2  # type: ignore[import-untyped]  # the library has no types

from agents.times import SECOND_NS, utc
from pipeline.ticks import LATENESS_S, tick
from pipeline.vitals import line_counts
from tests.kafka.tracking import PARTITIONS

SERVICES, RULES, GATHERED_S = 10_000, 100, 10
CRASHING = 100  # each so-many-th service crashes once a second
START = 1_795_219_200

Record = tuple[bytes, bytes]


def many_rules() -> str:
    """Return a file with which there are a hundred rules or so, of each kind that looks at a service."""
    kinds = (
        'kind = "rate"\nfact = "crashes"\nwindow = "{window}s"\nfire = "> {number}/min"\nconfidence = 0.95\n',
        'kind = "rate"\nfact = "lines"\nwindow = "{window}s"\nfire = "> {number}000000/min"\n',
        'kind = "ratio"\nfact = "crash_ratio"\nwindow = "{window}s"\nfire = "> 0.{number}"\n',
        'kind = "rate"\nfact = "alloc_rate"\nwindow = "{window}s"\nfire = "> {number} GB/s"\n',
    )
    more = 'for = "1m"\nseverity = "info"\nsummary = "{{service}}"\n'
    rules = (kinds[number % len(kinds)] + more for number in range(RULES - 16))
    return "\n".join(
        f"[Bench{number}]\n" + one.format(window=60 * (1 + number % 5), number=number + 10)
        for number, one in enumerate(rules)
    )


def by_partition(vitals: int) -> Iterator[tuple[int, list[Record]]]:
    """Yield what a fleet tells, ten seconds at a time, with a tick a second, as workers write it."""
    for begin in range(START, START + vitals * GATHERED_S // SERVICES, GATHERED_S):
        records: dict[int, list[Record]] = {number: [] for number in range(PARTITIONS)}
        for number in range(SERVICES):
            key, value = told(number, begin)
            records[(murmur2(key) & 0x7FFFFFFF) % PARTITIONS].append((key, value))
        for number, one in records.items():
            yield number, list(_ticked(one, begin))


def told(number: int, begin: int) -> Record:
    """Return what is told of a service, ten seconds from the second `begin` on."""
    service = {"service_namespace": "shop", "service_name": f"svc-{number}", "environment": "live"}
    row = service | {"service_version": "v1.42", "lines": 100}
    times = [utc((begin + second) * SECOND_NS) for second in range(GATHERED_S)]
    ((key, value),) = line_counts((time, row) for time in times)
    for second in value["seconds"]:
        second["crashes"] = int(number % CRASHING == 0)
    return key.encode(), orjson.dumps(value)


def _ticked(records: list[Record], begin: int) -> Iterator[Record]:
    """Put a tick behind each tenth of the records."""
    for second in range(GATHERED_S):
        yield from records[second::GATHERED_S]
        yield b"", ticked(begin + second)


def ticked(at: int) -> bytes:
    """Return the tick of a second."""
    return orjson.dumps(tick("a", utc(at * SECOND_NS), utc((at - LATENESS_S) * SECOND_NS), 0.0))
