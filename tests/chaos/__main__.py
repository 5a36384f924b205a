"""`python -m tests.chaos [--only PART] [--kills 50] [--seconds 900] [--seed 1] [-v]`: a line a clause."""

# ruff: noqa: T201  # a report on stdout is what this program is for

import argparse
import sys
import tempfile
from pathlib import Path

from agents.exits import stop_on_sigterm
from tests.chaos.alerts import watching
from tests.chaos.clusters import clusters
from tests.chaos.killing import Kills
from tests.chaos.mixed import FULL, mixed
from tests.chaos.notify import Scale, notified
from tests.chaos.run import run
from tests.chaos.storms import Storm, storms
from tests.chaos.verdict import Clause, line
from tests.kafka.cluster import Cluster

SHOWN = 5


def kills(asked: argparse.Namespace, folder: Path) -> list[Clause]:
    """Kill workers and brokers under load."""
    return run(asked.kills, asked.seconds, asked.seed, folder)


def among_many(_: argparse.Namespace, folder: Path) -> list[Clause]:
    """Let workers come and go while many containers write."""
    with Cluster.start() as cluster:
        return mixed(cluster.bootstrap, "mixed.", FULL, folder)


def of_clusters(asked: argparse.Namespace, folder: Path) -> list[Clause]:
    """Kill TRACK, DETECT, and both at once, while new bugs appear."""
    with Cluster.start() as cluster:
        return clusters(cluster.bootstrap, "clusters.", Kills.of(asked.kills), folder)


def of_watch(asked: argparse.Namespace, folder: Path) -> list[Clause]:
    """Do the same while services are in trouble."""
    with Cluster.start() as cluster:
        return watching(cluster.bootstrap, "watch.", Kills.of(asked.kills), folder)


def of_channels(asked: argparse.Namespace, folder: Path) -> list[Clause]:
    """Kill workers while they tell channels of six states for each kill."""
    with Cluster.start() as cluster:
        return notified(cluster.bootstrap, "notify.", Scale(6 * asked.kills, 6, asked.kills), folder)


def of_alerts(_: argparse.Namespace, folder: Path) -> list[Clause]:
    """Let 10,000 alerts come in a minute."""
    with Cluster.start() as cluster:
        return storms(cluster.bootstrap, "storms.", Storm(10_000, 60), folder)


PARTS = {
    "mixed": among_many,
    "kills": kills,
    "clusters": of_clusters,
    "watch": of_watch,
    "notify": of_channels,
    "storms": of_alerts,
}


def main() -> int:
    """0: all clauses hold; 1: one does not."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--only", choices=PARTS, help="one part")
    parser.add_argument("--kills", type=int, default=50, help="SIGKILLs of workers")
    parser.add_argument("--seconds", type=float, default=900, help="after which no more is done to them")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--logs", type=Path, help="a folder for what the workers write")
    parser.add_argument("-v", "--verbose", action="store_true", help="name every miss")
    asked = parser.parse_args()
    stop_on_sigterm()  # and leave nothing running
    found = []
    for name in [asked.only] if asked.only else PARTS:
        with tempfile.TemporaryDirectory(prefix="panicstream-chaos-") as own:
            folder = asked.logs / name if asked.logs else Path(own)
            folder.mkdir(parents=True, exist_ok=True)
            found += told(name, PARTS[name](asked, folder), SHOWN if not asked.verbose else None)
    return 0 if all(clause.ok for clause in found) else 1


def told(name: str, found: list[Clause], shown: int | None) -> list[Clause]:
    """Print a line a clause, and what each misses; `shown`: so many of that, None: all."""
    print(f"{name:<66} expected measured")
    for clause in found:
        print(line(clause))
        for miss in clause.misses[:shown]:
            print(f"    {miss}")
    return found


if __name__ == "__main__":
    sys.exit(main())
