"""TRACK in the tests: its topics, a worker in a thread, and the rows as they stand in Kafka."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson

from agents import topics
from agents.admin import Admin
from agents.app import create_app
from agents.metrics import Metrics
from agents.table_app import TableApp
from agents.track import Track
from pipeline.fingerprint_row import FINGERPRINT
from pipeline.settings import Settings
from tests.kafka.topics import drain, until

PARTITIONS = 12
SESSION_S = 4.0
PATIENCE_S = 60
Make = Callable[[Settings, Metrics], TableApp]


def settings(bootstrap: str, prefix: str, partitions: int = PARTITIONS) -> Settings:
    """Return the settings of a worker."""
    return Settings.model_validate(
        {
            "kafka": {"bootstrap_servers": bootstrap},
            "topics": {"prefix": prefix, "partitions": partitions},
            "track": {"session_timeout": SESSION_S, "commit_interval": 1.0},
        }
    )


def make_topics(chosen: Settings) -> None:
    """Make the topics of panicstream."""
    topics.apply(Admin(chosen.kafka), topics.wanted(chosen), chosen, is_update=False)


@contextmanager
def working(chosen: Settings, make: Make = create_app) -> Iterator[Track]:
    """Run TRACK beside the test, from when it is ready. Raises what went wrong in it."""
    track, faults = Track(chosen, Metrics(), make), list[Exception]()

    def work() -> None:
        try:
            asyncio.run(track.run())
        except Exception as fault:
            faults.append(fault)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        until(lambda: faults or not track.readiness().in_the_way, PATIENCE_S, "worker that is ready")
        yield track
    finally:
        track.stop()
        thread.join(PATIENCE_S)
    if faults:
        raise faults[0]


def rows(bootstrap: str, prefix: str) -> dict[str, dict[str, Any]]:
    """Return the rows by fingerprint, as they stand in Kafka."""
    values = (row["value"] for row in _table(bootstrap, prefix, "fingerprints").values() if row)
    return {value["fingerprint"]: value for value in values if value["sort"] == FINGERPRINT}


def counts(bootstrap: str, prefix: str) -> Counter[str]:
    """Return what the rows count."""
    return Counter({key: row["crashes_total"] for key, row in rows(bootstrap, prefix).items()})


def naive_counts(bootstrap: str, prefix: str) -> Counter[str]:
    """Return what the naive counter of `tests.kafka.track_worker` says."""
    found = _table(bootstrap, prefix, "naive")
    return Counter({orjson.loads(key): row for key, row in found.items()})


def _table(bootstrap: str, prefix: str, name: str) -> dict[bytes, Any]:
    records = drain(bootstrap, f"{prefix}track-{name}-changelog")
    return {record.key or b"": orjson.loads(record.value or b"null") for record in records}
