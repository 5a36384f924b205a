"""How late the event loop is, in which Faust runs, while a thread beside it reads at all speed."""

# ruff: noqa: T201  # a report on stdout is what this program is for

import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

from pipeline.settings import Settings, TopicsSettings
from tests.bench.flood import flood
from tests.kafka.told import Progress
from tests.kafka.topics import PATIENCE_S, create, until
from tests.kafka.worker import Worker, apply_topics, environment

PREFIX, LOGS, PARTITIONS = "loop.", "logs.loop", 4
BACKLOG_S = 60.0  # for which records are gathered that the worker then has to catch up with
EVERY_S = 0.01
LEFT = 200_000  # records; with fewer the end is near
LOOK = 50  # answers from look to look whether it is
BAR_S = 0.03


def measure(bootstrap: str, folder: Path) -> bool:
    """Print how long the loop takes to answer `/healthz`; return whether the bar is reached."""
    settings = Settings(topics=TopicsSettings(prefix=PREFIX))
    variables = environment(bootstrap, PREFIX, detect_topics=LOGS, detect_start="beginning")
    create(bootstrap, LOGS, PARTITIONS)
    apply_topics(variables)
    with flood(bootstrap, LOGS):
        time.sleep(BACKLOG_S)
    with (
        Worker("loop", "", variables, folder).running() as worker,
        closing(Progress(bootstrap, settings.detect_group, LOGS)) as progress,
    ):
        until(lambda: max(progress.offsets().values()) > 0, PATIENCE_S, "record that is read")
        took = sorted(_answers(worker.address, progress))
    p50, p99 = (took[int(len(took) * share)] for share in (0.5, 0.99))
    verdict = "ok" if p99 < BAR_S else "ABOVE"
    print(f"the event loop answers beside a reader at all speed, {len(took)} times:")
    print(f"  p50 {p50:.3f} s, most {took[-1]:.3f} s, p99 {p99:.3f} s, bar {BAR_S:g} s: {verdict}")
    return p99 < BAR_S


def _answers(address: str, progress: Progress) -> Iterator[float]:
    """Yield how long each answer takes while there is much to read."""
    with closing(HTTPConnection(address)) as connection:
        while sum(progress.behind().values()) > LEFT:
            for _ in range(LOOK):
                time.sleep(EVERY_S)
                began = time.monotonic()
                connection.request("GET", "/healthz")
                connection.getresponse().read()
                yield time.monotonic() - began
