"""`make chaos-track`: workers of TRACK come, leave and are killed under load; with our cure, and without.

Prints what was counted. Ends with 1 where ours lost or repeated anything, or has not committed all.
"""

import argparse
import logging
import sys
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from tests.kafka.cluster import Cluster
from tests.kafka.rebalanced import CHANGES, Outcome, Pace, Site, rebalanced

LOG = logging.getLogger(__name__)

LOOKS = {"ours": "ours", "stock": "Faust alone"}


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, prog="make chaos-track ARGS=...")
    parser.add_argument("--rebalances", type=int, default=20, help="in turns: join, SIGTERM, join, SIGKILL")
    parser.add_argument("--rate", type=int, default=500, help="sightings a second")
    parser.add_argument("--slow", type=float, default=0.001, help="seconds that each sixth sighting takes")
    parser.add_argument("--only", choices=LOOKS, help="run one of the two")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with Cluster.start() as cluster:
        return max(_run(cluster.bootstrap, how, asked) for how in ([asked.only] if asked.only else LOOKS))


def _run(bootstrap: str, how: str, asked: argparse.Namespace) -> int:
    changes = list(islice(cycle(CHANGES), asked.rebalances))
    with TemporaryDirectory(prefix="panicstream-chaos-") as folder:
        site = Site(bootstrap, f"chaos{uuid4().hex[:6]}.", Path(folder) / "log")
        run = rebalanced(site, how, changes, Pace(asked.rate, asked.slow))
    LOG.info("%s", _told(how, run))
    is_exact = run.lost == run.repeated == 0 and run.is_committed
    return 1 if how == "ours" and not is_exact else 0


def _told(how: str, run: Outcome) -> str:
    seconds = sorted(run.seconds)
    return (
        f"{LOOKS[how]:<12} {run.sent:,} sightings, {len(seconds)} rebalances: {run.lost:,} lost, "
        f"{run.repeated:,} repeated, {'all' if run.is_committed else 'not all'} committed, "
        f"{run.faults} restarts after a fault; a naive counter: {run.naive:,}; "
        f"seconds a rebalance: {seconds[len(seconds) // 2]} (median), {seconds[-1]} (most)"
    )


if __name__ == "__main__":
    sys.exit(main())
