"""TRACK in a crash storm: one bug that a thousand pods die of, again and again."""

# ruff: noqa: T201  # a report on stdout is what this program is for

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from confluent_kafka import OFFSET_END, Consumer, Producer, TopicPartition

from tests.kafka.seen import record, sighting
from tests.kafka.topics import PATIENCE_S, until
from tests.kafka.tracking import rows
from tests.kafka.worker import Worker, apply_topics, environment

PREFIX, PARTITIONS = "storm.", 4
SOURCES, EACH_S = 10, 5  # source partitions, and how often DETECT tells of each in a second
WRITERS = 1_000  # of a sighting, each with one crash
LOOK_S = 0.1
BEHIND = SOURCES * EACH_S  # sightings: those of a second

Produced = list[tuple[float, int]]
"""When a sighting was produced, and how many crashes there were with it."""


def measure(bootstrap: str, folder: Path, seconds: float) -> bool:
    """Print how soon crashes stand in `clusters`; return whether all are counted, with no lag."""
    variables = environment(bootstrap, PREFIX, topics_partitions=PARTITIONS)
    apply_topics(variables)
    with (
        Worker("storm", "track", variables, folder).running() as worker,
        closing(Totals(bootstrap)) as totals,
    ):
        worker.wait_ready()
        lags: list[int] = []
        produced = _produce(bootstrap, seconds, lambda: lags.append(_lag(worker)))
        crashes = produced[-1][1]
        until(lambda: totals.known[-1][1] >= crashes, PATIENCE_S, f"cluster of {crashes:,} crashes")
        counted = sum(row["crashes_total"] for row in rows(bootstrap, PREFIX).values())
    took = sorted(_end_to_end(produced, totals.known))
    p50, p99 = (took[int(len(took) * share)] for share in (0.5, 0.99))
    is_exact, is_near = counted == totals.known[-1][1] == crashes, max(lags) <= BEHIND
    lasted = produced[-1][0] - produced[0][0] + 1 / BEHIND
    print(f"{crashes:,} crashes in {len(produced):,} sightings, {crashes / lasted:,.0f} a second:")
    print(f"  counted {counted:,}: {'ok' if is_exact else 'WRONG'}")
    print(f"  most sightings behind {max(lags)}, bar {BEHIND}: {'ok' if is_near else 'ABOVE'}")
    print(
        f"  from a sighting until `clusters` has it: p50 {p50:.2f} s, p99 {p99:.2f} s, most {took[-1]:.2f} s"
    )
    return is_exact and is_near


class Totals:
    """The totals in `clusters` as they come, and when, in a thread of its own; close it."""

    def __init__(self, bootstrap: str) -> None:
        self.known: Produced = [(0.0, 0)]
        self._consumer = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": "storm", "fetch.wait.max.ms": 5}
        )
        self._consumer.assign(
            [TopicPartition(f"{PREFIX}clusters", number, OFFSET_END) for number in range(PARTITIONS)]
        )
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        while not self._over.is_set():
            got = self._consumer.poll(LOOK_S)
            if got and not got.error():
                self.known.append((time.monotonic(), orjson.loads(got.value() or b"")["crashes_total"]))

    def close(self) -> None:
        """Read no more."""
        self._over.set()
        self._thread.join()
        self._consumer.close()


def _produce(bootstrap: str, seconds: float, look: Any) -> Produced:
    """Send sightings at their pace, and look after each second's."""
    producer = Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2_random", "linger.ms": 5})
    produced: Produced = []
    begun = time.monotonic()
    for number in range(int(seconds * BEHIND)):
        time.sleep(max(0.0, begun + number / BEHIND - time.monotonic()))
        key, value = record(_sighting(number))
        producer.produce(f"{PREFIX}sightings", value, key)
        producer.poll(0)
        produced.append((time.monotonic(), (number + 1) * WRITERS))
        if number % SOURCES == 0:
            look()
    assert producer.flush(PATIENCE_S) == 0
    look()
    return produced


def _sighting(number: int) -> dict[str, Any]:
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}000Z"
    known = sighting(0)
    writer = known["by"][0] | {"first_time": now, "last_time": now}
    offset, again = number // SOURCES, number >= SOURCES
    return known | {
        "source_partition": number % SOURCES,
        "from_offset": offset,
        "through_offset": offset,
        "count": WRITERS,
        "by": [writer | {"stream_id": f"{pod:064x}"} for pod in range(WRITERS)],
        "sample_id": f"{number:032x}",
        "signature": None if again else known["signature"],
    }


def _lag(worker: Worker) -> int:
    roles = worker.readiness().get("roles") or [{"facts": {}}]
    return int(roles[0]["facts"].get("lag", 0))


def _end_to_end(produced: Produced, known: Produced) -> Iterator[float]:
    """Yield for each sighting how long it took until a total held it."""
    told = iter(known)
    at, total = next(told)
    for since, crashes in produced:
        while total < crashes:
            at, total = next(told)
        yield at - since
