"""Vitals of a fleet, and rules to watch it by: 10,000 services, 100 rules."""

from collections.abc import Iterator

import orjson
from aiokafka.partitioner import murmur2  # type: ignore[import-untyped]  # the library has no types

from agents.times import SECOND_NS, utc
from pipeline.block import Block
from pipeline.marks import Mark
from pipeline.ticks import LATENESS_S, tick
from pipeline.vitals import crash_counts, line_counts
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
        gathered: dict[int, list[Record]] = {number: [] for number in range(PARTITIONS)}
        for record in (told(number, begin) for number in range(SERVICES)):
            gathered[_partition(record)].append(record)
        crashing: dict[int, list[int]] = {number: [] for number in range(PARTITIONS)}
        for number in range(0, SERVICES, CRASHING):
            crashing[_partition(crashed(number, begin))].append(number)
        for number, records in gathered.items():
            yield number, list(_ticked(records, crashing[number], begin))


def told(number: int, begin: int) -> Record:
    """Return what is gathered of a service, ten seconds from the second `begin` on."""
    times = [utc((begin + second) * SECOND_NS) for second in range(GATHERED_S)]
    ((key, value),) = line_counts((time, _service(number) | {"lines": 100}) for time in times)
    return key.encode(), orjson.dumps(value)


def crashed(number: int, at: int) -> Record:
    """Return what is told at once of a service that crashed in a second."""
    time, offset = utc(at * SECOND_NS), at - START
    block = Block("logs.live", "logs", 0, Mark(offset), Mark(offset + 1), time)
    ((key, value),) = crash_counts([_service(number) | {"event_time": time}], block)
    return key.encode(), orjson.dumps(value)


def _service(number: int) -> dict[str, str]:
    named = {"service_namespace": "shop", "service_name": f"svc-{number}", "environment": "live"}
    return named | {"service_version": "v1.42"}


def _partition(record: Record) -> int:
    return int((murmur2(record[0]) & 0x7FFFFFFF) % PARTITIONS)


def _ticked(gathered: list[Record], crashing: list[int], begin: int) -> Iterator[Record]:
    """Put behind each tenth of what is gathered who crashed in that second, and a tick."""
    for second in range(GATHERED_S):
        yield from gathered[second::GATHERED_S]
        yield from (crashed(number, begin + second) for number in crashing)
        yield b"", ticked(begin + second)


def ticked(at: int) -> bytes:
    """Return the tick of a second."""
    return orjson.dumps(tick("a", utc(at * SECOND_NS), utc((at - LATENESS_S) * SECOND_NS), 0.0))
