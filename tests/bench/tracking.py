"""TRACK beside a bare Faust agent with one table write, on the same sightings.

Either is one busy thread: sightings a CPU second are what it does on a core of its own, whatever else the
machine has to do.
"""

# ruff: noqa: T201  # a report on stdout is what this program is for

import subprocess
import sys
from pathlib import Path

import orjson

from tests.bench.readers import Spent
from tests.kafka.seen import records
from tests.kafka.topics import create, produce
from tests.kafka.tracking import PARTITIONS, make_topics, settings

PATIENCE_S = 600
BAR = 0.6


def measure(bootstrap: str, _folder: Path, sightings: int, rounds: int) -> bool:
    """Print what each takes, the best of so many rounds in turns; return whether the bar is reached."""
    spent: dict[str, list[Spent]] = {"ours": [], "bare": []}
    for round_ in range(rounds):
        for name, known in spent.items():
            known.append(_spent(bootstrap, f"{name}{round_}.", name, sightings))
            print(f"round {round_ + 1}: {name} {_rates(known[-1:], sightings)}", file=sys.stderr)
    least = {name: min(one.cpu for one in known) for name, known in spent.items()}
    share = least["bare"] / least["ours"]
    verdict = "ok" if share >= BAR else "BELOW"
    print(f"sightings of one process of TRACK              {_rates(spent['ours'], sightings)}")
    print(f"of a bare Faust agent with one table write     {_rates(spent['bare'], sightings)}")
    print(f"share {share:.2f}, bar {BAR:g}: {verdict}")
    return share >= BAR


def _rates(known: list[Spent], sightings: int) -> str:
    """Tell the best of some rounds."""
    cpu, wall = (sightings / min(times) for times in zip(*known, strict=True))
    return f"{cpu:7,.0f} a CPU second, {wall:7,.0f} a second"


def _spent(bootstrap: str, prefix: str, name: str, sightings: int) -> Spent:
    make_topics(settings(bootstrap, prefix))
    create(bootstrap, f"{prefix}track-naive-changelog", PARTITIONS, {"cleanup.policy": "compact"})
    produce(bootstrap, f"{prefix}sightings", records(0, sightings))
    words = [sys.executable, "-m", "tests.bench.trackers", name, bootstrap, prefix, str(sightings)]
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, timeout=PATIENCE_S)  # noqa: S603
    return Spent(*orjson.loads(done.stdout))
