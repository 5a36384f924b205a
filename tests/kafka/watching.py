"""WATCH in the tests: vitals as workers write them, and what was told of alerts."""

import time
from collections.abc import Iterable
from typing import Any

import orjson

from agents.times import SECOND_NS, utc
from pipeline.block import UNNAMED
from pipeline.cluster_told import ClusterTold
from pipeline.step import Told
from pipeline.ticks import tick
from pipeline.vitals import Service
from tests.kafka.topics import drain, produce

SERVICE = Service("shop", "cart", "live")
WORKER = "panicstream-1"
START = int(time.time()) - 700  # no tick is ahead of the brokers
Value = dict[str, Any]


def crashes(second: int, count: int, service: Service = SERVICE) -> Value:
    """Return what tells of crashes in a second from the start on, and of lines."""
    at = utc((START + second) * SECOND_NS)
    cell = {"time": at, "release": "v1.42", "crashes": count, "lines": 100, "covered_s": 1}
    return {
        "schema_version": 1,
        "kind": "counts",
        "service_name": service.name,
        "service_namespace": service.namespace,
        "environment": service.environment,
        **UNNAMED,
        "watermark": None,
        "seconds": [cell],
    }


def tick_at(second: int) -> Value:
    """Return the tick of a second: all before is told."""
    at, now = (utc((START + second + ahead) * SECOND_NS) for ahead in (0, 5))
    return tick(WORKER, now, at, 0.0)


class Stream:
    """Writes vitals to a Kafka, in partition 0, at their own time."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self._bootstrap, self._topic, self._bugs = bootstrap, f"{prefix}vitals", f"{prefix}clusters"

    def send(self, values: Iterable[Value]) -> None:
        """Write these in order."""
        records = [(b"", orjson.dumps(value)) for value in values]
        produce(self._bootstrap, self._topic, records, 0)

    def tell(self, bug: ClusterTold) -> None:
        """Write the record of a bug."""
        value = bug.model_dump_json(exclude=set(Told.model_fields)).encode()
        produce(self._bootstrap, self._bugs, [(bug.cluster_id.encode(), value)], 0)

    def play(self, seconds: Iterable[int], count: int) -> None:
        """Let the service crash so often in each of these seconds."""
        self.send(value for second in seconds for value in (crashes(second, count), tick_at(second)))


def events(bootstrap: str, prefix: str) -> list[Value]:
    """Return what stands in `alert-events`, without what clocks say."""
    found = [orjson.loads(one.value or b"") for one in drain(bootstrap, f"{prefix}alert-events")]
    return [{name: field for name, field in one.items() if name != "timing"} for one in found]
