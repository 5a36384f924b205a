"""From the last line of a crash until it can be read in `panics`, under load."""

# ruff: noqa: T201  # a report on stdout is what this program is for

from pathlib import Path

from pipeline.settings import Settings, TopicsSettings
from tests.bench.probes import percentile, probing
from tests.kafka.load import load
from tests.kafka.topics import create
from tests.kafka.worker import Worker, apply_topics, environment

PREFIX, LOGS, PARTITIONS = "latency.", "logs.latency", 4
RATE = 20_000.0
WARM_S, SECONDS, EVERY_S = 5.0, 60.0, 0.1
BAR_S = 0.6


def measure(bootstrap: str, folder: Path) -> bool:
    """Print the percentiles; return whether the bar is reached."""
    settings = Settings(topics=TopicsSettings(prefix=PREFIX))
    variables = environment(bootstrap, PREFIX, detect_topics=LOGS, detect_start="beginning")
    create(bootstrap, LOGS, PARTITIONS)
    apply_topics(variables)
    with (
        Worker("latency", "detect", variables, folder).running() as worker,
        load(bootstrap, LOGS, folder / "planted", rate=RATE),
        probing(bootstrap, LOGS, settings.topic("panics")) as probes,
    ):
        worker.wait_ready()
        probes.send_for(WARM_S, EVERY_S, PARTITIONS)
        probes.wait()
        probes.read.clear()
        probes.send_for(SECONDS, EVERY_S, PARTITIONS)
        probes.wait()
    p50, p99, most = (percentile(probes.read, share) for share in (0.5, 0.99, 1.0))
    reached = p99 < BAR_S and not probes.unread
    print(f"last line of a crash to its record in `panics`, {RATE:,.0f} records/s beside it, {SECONDS:g} s:")
    print(f"  of {len(probes.read)}, {probes.unread} unread: p50 {p50:.3f} s, most {most:.3f} s")
    print(f"  p99 {p99:.3f} s, bar {BAR_S:g} s: {'ok' if reached else 'ABOVE'}")
    return reached
