"""From the last line of a crash until it can be read in `panics`, under load."""

from pathlib import Path

from pipeline.settings import Settings, TopicsSettings
from tests.bench.probes import is_reached, probing
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
        probes.measure(WARM_S, SECONDS, EVERY_S, PARTITIONS)
    title = f"last line of a crash to its record in `panics`, {RATE:,.0f} records/s beside it"
    return is_reached(probes, f"{title}, {SECONDS:g} s", BAR_S)
