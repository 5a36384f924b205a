"""WATCH beside a bare Faust agent with one table write, on the same vitals: 10,000 services, 100 rules."""

# ruff: noqa: T201  # a report on stdout is what this program is for

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
from aiokafka.partitioner import murmur2  # type: ignore[import-untyped]  # the library has no types

from agents.times import SECOND_NS, utc
from pipeline.ticks import tick
from pipeline.vitals import line_counts
from tests.bench.readers import Spent
from tests.kafka.topics import create, produce
from tests.kafka.tracking import PARTITIONS, make_topics, settings

SERVICES, RULES, GATHERED_S = 10_000, 100, 10
CRASHING = 100  # each so-many-th service crashes once a second
START = 1_795_219_200
PATIENCE_S = 900
BAR = 0.5

Record = tuple[bytes, bytes]


def measure(bootstrap: str, folder: Path, vitals: int, rounds: int) -> bool:
    """Print what each takes, the best of so many rounds in turns; return whether the bar is reached."""
    rules = folder / "rules.toml"
    rules.write_text(many_rules())
    spent: dict[str, list[Spent]] = {"watch": [], "bare-watch": []}
    memory = 0.0
    for round_ in range(rounds):
        for name, known in spent.items():
            told = _told(bootstrap, f"{name}{round_}.", name, vitals, rules)
            known.append(Spent(*told[:2]))
            memory = max(memory, told[2] if name == "watch" else 0)
            print(f"round {round_ + 1}: {name} {_rates(known[-1:], vitals)}", file=sys.stderr)
    least = {name: min(one.cpu for one in known) for name, known in spent.items()}
    share = least["bare-watch"] / least["watch"]
    print(f"{SERVICES:,} services, {RULES} rules:")
    print(f"vitals of one process of WATCH                 {_rates(spent['watch'], vitals)}")
    print(f"of a bare Faust agent with one table write     {_rates(spent['bare-watch'], vitals)}")
    print(f"memory of WATCH {memory / 1e6:,.0f} MB")
    print(f"share {share:.2f}, bar {BAR:g}: {'ok' if share >= BAR else 'BELOW'}")
    return share >= BAR


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
    for begin in range(0, vitals * GATHERED_S // SERVICES, GATHERED_S):
        told: dict[int, list[Record]] = {number: [] for number in range(PARTITIONS)}
        for number in range(SERVICES):
            key, value = _lines(number, begin)
            told[(murmur2(key) & 0x7FFFFFFF) % PARTITIONS].append((key, value))
        for number, records in told.items():
            yield number, list(_ticked(records, begin))


def _lines(number: int, begin: int) -> Record:
    service = {"service_namespace": "shop", "service_name": f"svc-{number}", "environment": "live"}
    row = service | {"service_version": "v1.42", "lines": 100}
    times = [utc((START + begin + second) * SECOND_NS) for second in range(GATHERED_S)]
    ((key, value),) = line_counts((time, row) for time in times)
    for second in value["seconds"]:
        second["crashes"] = int(number % CRASHING == 0)
    return key.encode(), orjson.dumps(value)


def _ticked(records: list[Record], begin: int) -> Iterator[Record]:
    """Put a tick behind each tenth of the records."""
    for second in range(GATHERED_S):
        at = (START + begin + second) * SECOND_NS
        yield from records[second::GATHERED_S]
        yield b"", orjson.dumps(tick("a", utc(at), utc(at - 5 * SECOND_NS), 0.0))


def _rates(known: list[Spent], vitals: int) -> str:
    """Tell the best of some rounds."""
    cpu, wall = (vitals / min(times) for times in zip(*known, strict=True))
    return f"{cpu:7,.0f} a CPU second, {wall:7,.0f} a second"


def _told(bootstrap: str, prefix: str, name: str, vitals: int, rules: Path) -> list[float]:
    chosen = settings(bootstrap, prefix)
    make_topics(chosen)
    create(bootstrap, f"{prefix}track-naive-changelog", PARTITIONS, {"cleanup.policy": "compact"})
    total = 0
    for number, records in by_partition(vitals):
        produce(bootstrap, chosen.topic("vitals"), records, number)
        total += len(records)
    words = [sys.executable, "-m", "tests.bench.trackers", name, bootstrap, prefix, str(total), str(rules)]
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, timeout=PATIENCE_S)  # noqa: S603
    return [float(one) for one in orjson.loads(done.stdout)]
