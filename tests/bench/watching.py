"""WATCH beside a bare Faust agent with one table write, on the same vitals: 10,000 services, 100 rules.

Each round measures one after the other: the machine may be slower in the next.
"""

# ruff: noqa: T201  # a report on stdout is what this program is for

import subprocess
import sys
from pathlib import Path
from statistics import median

import orjson

from tests.bench import behind
from tests.bench.readers import Spent
from tests.bench.vitals import RULES, SERVICES, by_partition, many_rules
from tests.kafka.topics import create, produce
from tests.kafka.tracking import PARTITIONS, make_topics, settings

PATIENCE_S = 900
BAR = 0.5


def measure(bootstrap: str, folder: Path, vitals: int, rounds: int) -> bool:
    """Print what each takes, and how far evaluation is behind; return whether the bars are reached."""
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
    shares = [bare.cpu / ours.cpu for ours, bare in zip(*spent.values(), strict=True)]
    share = median(shares)
    print(f"{SERVICES:,} services, {RULES} rules:")
    print(f"vitals of one process of WATCH                 {_rates(spent['watch'], vitals)}")
    print(f"of a bare Faust agent with one table write     {_rates(spent['bare-watch'], vitals)}")
    print(f"memory of WATCH {memory / 1e6:,.0f} MB")
    print(f"share of each round {' '.join(f'{one:.2f}' for one in shares)}")
    print(f"their median {share:.2f}, bar {BAR:g}: {'ok' if share >= BAR else 'BELOW'}")
    return behind.measure(bootstrap, rules) and share >= BAR


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
