"""`panicstream clusters`, from a worker that runs `track` on a real broker."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.command import panicstream
from tests.kafka.seen import fingerprint_of, records
from tests.kafka.topics import produce, until
from tests.kafka.worker import Worker, apply_topics, environment

PATIENCE_S = 60


@pytest.fixture
def worker(kafka: str, prefix: str, tmp_path: Path) -> Iterator[Worker]:
    """Give a worker that tracks, and is ready."""
    variables = environment(kafka, prefix, topics_partitions=2)
    apply_topics(variables)
    with Worker("tracker", "track", variables, tmp_path).running() as tracker:
        tracker.wait_ready()
        yield tracker


def test_a_worker_tells_its_bugs_most_frequent_first_and_stops_in_order(
    kafka: str, prefix: str, worker: Worker
) -> None:
    produce(kafka, f"{prefix}sightings", [*records(0, 10), *records(200, 1)])
    until(lambda: worker.readiness()["roles"][0]["facts"]["rows"] == 10, PATIENCE_S, "10 rows")
    until(lambda: b'"crashes_total":2' in worker.get("/api/clusters"), PATIENCE_S, "a bug seen twice")
    url = f"http://{worker.address}"
    shown = panicstream("clusters", "--url", url, "--limit", "1")
    assert shown.code == 0
    assert shown.output.splitlines()[-1] == "the 1 most frequent of 10 bugs"
    bugs = panicstream("clusters", "--url", url, "--json").output.splitlines()
    counted = [(bug["fingerprint"], bug["crashes_total"]) for bug in map(orjson.loads, bugs)]
    others = sorted(fingerprint_of(number) for number in range(1, 10))
    assert counted == [(fingerprint_of(0), 2), *((fingerprint, 1) for fingerprint in others)]
    assert worker.stop() == 0
