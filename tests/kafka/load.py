"""`python -m tests.kafka.load …`: a fleet that writes until its stdin ends, and then names its crashes.

`load` runs it beside a block.
"""

import argparse
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import IO

from tests.kafka.fleet import Fleet, Shipped
from tests.kafka.shipping import FLUSH_S, Clock, Shipper, paced

CYCLE_S = 20.0


@contextmanager
def load(bootstrap: str, topic: str, planted: Path, **options: float) -> Iterator[None]:
    """Run a load as long as the block lasts; then its crashes end, and are named in `planted`.

    `options` are those of the command, without their dashes. Raises RuntimeError where it fails.
    """
    words = [sys.executable, "-m", "tests.kafka.load", bootstrap, topic, str(planted)]
    words += [f"--{name}={value}" for name, value in options.items()]
    with sending(words):
        yield


@contextmanager
def sending(words: Sequence[str]) -> Iterator[None]:
    """Run what sends until its stdin ends as long as the block lasts. Raises RuntimeError where it fails."""
    process = subprocess.Popen(words, stdin=subprocess.PIPE)  # noqa: S603
    try:
        yield
        process.communicate(timeout=2 * FLUSH_S)
    finally:
        process.kill()
        process.wait()
    if process.returncode:
        raise RuntimeError(f"what sends ended with {process.returncode}")


def speaking(fleet: Fleet, crashes: float, storm_s: float, over: threading.Event) -> Iterator[Shipped]:
    """Yield records until it is over; then let all crashes end.

    Silent containers crash as often as `crashes` says when they speak, and always in the storm at the end of
    each cycle.
    """
    began = time.monotonic()
    while not over.is_set():
        since = (time.monotonic() - began) % CYCLE_S
        yield from fleet.turn(1.0 if since > CYCLE_S - storm_s else crashes)
    yield from fleet.settle()


def ended(stream: IO[str]) -> threading.Event:
    """Return what is set when the stream ends."""
    over = threading.Event()

    def wait() -> None:
        stream.read()
        over.set()

    threading.Thread(target=wait, daemon=True).start()
    return over


def main() -> None:
    """Send until stdin ends, and write what was planted."""
    parser = argparse.ArgumentParser(prog="python -m tests.kafka.load", description=__doc__)
    parser.add_argument("bootstrap")
    parser.add_argument("topic")
    parser.add_argument("planted", type=Path, help="where the crashes are named, as JSON lines")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--containers", type=int, default=350)
    parser.add_argument("--rate", type=float, default=1000, help="records a second")
    parser.add_argument(
        "--crashes", type=float, default=1 / 2000, help="of so many records one begins a crash"
    )
    parser.add_argument(
        "--storm", type=float, default=0, help=f"seconds of each {CYCLE_S:g} with nothing else"
    )
    asked = parser.parse_args()
    fleet = Fleet(Random(asked.seed), range(asked.containers), Clock())  # noqa: S311  # a load that can be had again
    records = speaking(fleet, asked.crashes, asked.storm, ended(sys.stdin))
    with Shipper(asked.bootstrap, asked.topic) as shipper:
        for batch in paced(records, asked.rate):
            shipper.send(batch)
        shipper.finish()
    shipper.write_planted(asked.planted)


if __name__ == "__main__":
    main()
