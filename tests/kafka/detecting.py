"""DETECT in the tests: in a thread of its own, or turned by hand and left at any step."""

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from prometheus_client import CollectorRegistry

from agents import clients
from agents.detect import Loop
from agents.metrics import Metrics
from agents.patience import patiently
from agents.sources import TopicIds, begin
from agents.telling import Step
from pipeline.settings import Settings
from tests.kafka.topics import create, drain, until

OUTPUTS = ("panics", "sightings", "vitals", "deadletters", "checkpoints")
SIZES = {"panics": 1_000_000, "deadletters": 1_000_000, "checkpoints": 1_000_000}
APPENDED = {"message.timestamp.type": "LogAppendTime"}
PARTITIONS = 2
PATIENCE_S = 30
LOG = Path(__file__).parents[2] / "demo/logs/worker.log"
LINES, CRASHES = LOG.read_text().splitlines(), 2


class Pipeline:
    """Topics of one test and the workers that read them."""

    def __init__(self, bootstrap: str, prefix: str, **detect: Any) -> None:
        """`detect` are settings of that section; sources are `<prefix>logs.*`, read from their beginning."""
        self.bootstrap, self.prefix = bootstrap, prefix
        known = {
            "topics": [f"^{re.escape(prefix)}logs\\..*"],
            "start": "beginning",
            "session_timeout": 6.0,
            "commit_interval": 0.2,
        }
        self.settings = Settings.model_validate(
            {
                "kafka": {"bootstrap_servers": [bootstrap]},
                "topics": {"prefix": prefix, "partitions": PARTITIONS},
                "detect": known | detect,
            }
        )
        for name in OUTPUTS:
            create(bootstrap, prefix + name, PARTITIONS, APPENDED if name == "vitals" else {})

    def source(self, name: str = "logs.a", partitions: int = 1) -> str:
        """Make a topic of logs."""
        create(self.bootstrap, self.prefix + name, partitions)
        return self.prefix + name

    def loop(self) -> Loop:
        """Return a worker that nobody turns yet."""
        config = clients.client(self.settings.kafka)
        ids = TopicIds(config)
        patiently(lambda: begin(config, self.settings.detect_group, self.settings.detect, ids))
        return Loop(self.settings, Metrics(CollectorRegistry()), SIZES, ids)

    @contextmanager
    def worker(self) -> Iterator[Loop]:
        """Run a worker beside the test. Raises what went wrong in it."""
        loop, stopping, faults = self.loop(), threading.Event(), []

        def work() -> None:
            try:
                loop.run(stopping)
            except BaseException as fault:
                faults.append(fault)
                loop.abandon()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield loop
        finally:
            stopping.set()
            thread.join(PATIENCE_S)
        if faults:
            raise faults[0]

    def values(self, topic: str) -> list[dict[str, Any]]:
        """Return what stands in a topic of ours."""
        return [orjson.loads(record.value or b"") for record in drain(self.bootstrap, self.prefix + topic)]

    def crashes(self, number: int) -> list[dict[str, Any]]:
        """Wait for so many crashes, and return all that are there then."""
        until(lambda: len(self.values("panics")) >= number, PATIENCE_S, f"{number} crashes in panics")
        return self.values("panics")


def turned_until(loop: Loop, comes: Callable[[], object], what: str) -> None:
    """Turn a worker until something is so. Raises TimeoutError."""

    def has_come() -> object:
        loop.turn()
        return comes()

    until(has_come, PATIENCE_S, what)


def turn_until(loop: Loop, step: Step) -> None:
    """Turn a worker until it comes to that step of telling a block. Raises TimeoutError."""
    if loop.step is step:
        turned_until(loop, lambda: loop.step is not step, f"step other than {step.value}")
    turned_until(loop, lambda: loop.step is step, step.value)


def records(*containers: str, lines: list[str] = LINES) -> list[tuple[bytes, bytes]]:
    """Let each container write the lines, in turns."""
    return [(each.encode(), record(each, line)) for line in lines for each in containers]


def record(container: str, line: str) -> bytes:
    """Return what a shipper makes of a line."""
    kubernetes = {"pod_name": f"cart-{container}", "container_name": "cart", "docker_id": container * 64}
    time = "2026-11-21T00:20:45.120249605Z"
    return orjson.dumps({"log": f"{line}\n", "stream": "stderr", "time": time, "kubernetes": kubernetes})


def told(pipeline: Pipeline) -> Counter[str]:
    """Return how often each crash stands in `panics`."""
    return Counter(crash["id"] for crash in pipeline.values("panics"))


def speakers(pipeline: Pipeline) -> set[str]:
    """Return the containers whose crashes stand in `panics`."""
    return {crash["stream_id"][0] for crash in pipeline.values("panics")}


def counted(pipeline: Pipeline) -> tuple[int, int]:
    """Return the crashes that sightings and vitals count, each block once."""
    sightings = {_block(each, each["fingerprint"]): each["count"] for each in pipeline.values("sightings")}
    vitals = {
        _block(each, each["service_name"]): sum(second["crashes"] for second in each["seconds"])
        for each in pipeline.values("vitals")
        if each["source_topic"]
    }
    return sum(sightings.values()), sum(vitals.values())


def _block(value: dict[str, Any], of: str) -> tuple[Any, ...]:
    place = value["source_topic_id"], value["source_partition"]
    return (*place, value["through_offset"], value["step"], of)
