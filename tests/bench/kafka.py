"""`python -m tests.bench.kafka [--only PART] [--records 3000000] [--rounds 3]`: DETECT and TRACK on Kafka.

Each part is measured on a broker of its own. Memory and restart take minutes, and are measured where named.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from agents.exits import stop_on_sigterm
from tests.bench import (
    against,
    alerting,
    latency,
    loop,
    memory,
    notifying,
    restart,
    scaling,
    storm,
    tracking,
    watching,
    whole,
)
from tests.kafka.cluster import Cluster

SIGHTINGS, VITALS = 40_000, 100_000
NAMED = {"memory", "restart"}
Part = Callable[[str, Path], bool]


def parts(asked: argparse.Namespace) -> dict[str, Part]:
    """Return what is measured, by its name: it takes a broker and a folder, and says whether all is well."""
    return {
        "against": partial(against.measure, records=asked.records, rounds=asked.rounds),
        "alerting": alerting.measure,
        "latency": latency.measure,
        "loop": loop.measure,
        "notifying": notifying.measure,
        "scaling": scaling.measure,
        "storm": partial(storm.measure, seconds=asked.seconds),
        "tracking": partial(tracking.measure, sightings=SIGHTINGS, rounds=asked.rounds),
        "watching": partial(watching.measure, vitals=VITALS, rounds=asked.rounds),
        "whole": whole.measure,
        "memory": partial(memory.measure, minutes=asked.minutes),
        "restart": partial(restart.measure, from_kafka=asked.rows // 10, on_disk=asked.rows),
    }


def measured(part: Part) -> bool:
    """Measure on a broker that is there for that alone."""
    with tempfile.TemporaryDirectory(prefix="panicstream-bench-") as name, Cluster.start() as cluster:
        return part(cluster.bootstrap, Path(name))


def main() -> int:
    """0: the bars are reached; 1: one is not."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.kafka", description=__doc__)
    parser.add_argument("--only", metavar="PART", help="one part")
    parser.add_argument("--records", type=int, default=3_000_000, help="that are read against others")
    parser.add_argument("--rounds", type=int, default=3, help="of which the best counts")
    parser.add_argument("--minutes", type=float, default=10, help="of load over which memory is measured")
    parser.add_argument("--seconds", type=float, default=20, help="of the storm")
    parser.add_argument(
        "--rows", type=int, default=1_000_000, help="on disk; a tenth of them from Kafka alone"
    )
    asked = parser.parse_args()
    stop_on_sigterm()  # and leave nothing running
    known = parts(asked)
    if asked.only and asked.only not in known:
        parser.error(f"--only takes one of {', '.join(known)}")
    chosen = [asked.only] if asked.only else [name for name in known if name not in NAMED]
    reached = [measured(known[name]) for name in chosen]
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
