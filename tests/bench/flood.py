"""`python -m tests.bench.flood BOOTSTRAP TOPIC`: as many records as one process can send, until stdin ends.

They are one block of a fleet's records over and over, each time a second later.
"""

import itertools
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from tests.kafka.fleet import SECOND, Fleet, Shipped, second
from tests.kafka.load import ended, sending
from tests.kafka.shipping import Shipper

CONTAINERS, EVERY = range(350), 2000
LINES = 60_000  # of a block
STEP = SECOND // (LINES * 2)  # so that a block is of one second


@contextmanager
def flood(bootstrap: str, topic: str) -> Iterator[None]:
    """Send as long as the block lasts. Raises RuntimeError where it fails."""
    with sending([sys.executable, "-m", "tests.bench.flood", bootstrap, topic]):
        yield


def blocks() -> Iterator[list[Shipped]]:
    """Yield the block again and again."""
    began = time.time_ns() // SECOND
    times = itertools.count(began * SECOND + 1, STEP | 1)
    fleet = Fleet(Random(1), CONTAINERS, lambda: next(times))  # noqa: S311  # records that can be had again
    block, written = list(fleet.mixed(LINES, EVERY)), second(began).encode()
    for number in itertools.count():
        later = second(began + number).encode()
        yield [one._replace(value=one.value.replace(written, later)) for one in block]


def main() -> None:
    """Send until stdin ends."""
    bootstrap, topic = sys.argv[1:]
    over = ended(sys.stdin)
    with Shipper(bootstrap, topic) as shipper:
        for block in blocks():
            if over.is_set():
                break
            shipper.send(block)
        shipper.finish()


if __name__ == "__main__":
    main()
