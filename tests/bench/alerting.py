"""From the last line of the first crash of a bug until its alert can be read in `alerts`, under load."""

import re
import time
from pathlib import Path

import orjson

from pipeline.settings import Settings, TopicsSettings
from tests.bench.probes import FIRST, Probes, is_reached, probing
from tests.kafka.fleet import Container
from tests.kafka.load import load
from tests.kafka.new_bugs import bug
from tests.kafka.topics import create
from tests.kafka.worker import Worker, apply_topics, environment

PREFIX, LOGS, PARTITIONS = "alerting.", "logs.alerting", 4
RATE = 20_000.0
WARM_S, SECONDS, EVERY_S = 5.0, 60.0, 0.5
BAR_S = 1.0
NUMBER = re.compile(r"\(\*Cart(\d+)\)")  # of the bug, in its title


class NewBugs(Probes):
    """Crashes of bugs that nobody knows."""

    def send(self, partition: int) -> None:
        """Let a container crash, each of another bug."""
        self._number += 2  # the records of even ones name their container
        container = Container(self._number)
        for line in bug(self._number - FIRST, 0).lines:
            value = container.value(line, self._clock())
            self._sent[str(self._number - FIRST)] = partition, time.monotonic()
            self._producer.produce(self._topic, value, container.key, partition)
        self._producer.poll(0)

    def take(self, value: bytes) -> None:
        """Take a record of `alerts`."""
        now, alert = time.monotonic(), orjson.loads(value)
        named = NUMBER.search(str(alert.get("evidence")))
        if named and named[1] in self._sent:
            self._note(named[1], now)


def measure(bootstrap: str, folder: Path) -> bool:
    """Print the percentiles; return whether the bar is reached."""
    settings = Settings(topics=TopicsSettings(prefix=PREFIX))
    variables = environment(bootstrap, PREFIX, detect_topics=LOGS, detect_start="beginning")
    create(bootstrap, LOGS, PARTITIONS)
    apply_topics(variables)
    with (
        Worker("detect", "detect", variables, folder).running() as detect,
        Worker("track", "track", variables, folder).running() as track,
        load(bootstrap, LOGS, folder / "planted", rate=RATE),
        probing(bootstrap, LOGS, settings.topic("alerts"), NewBugs) as probes,
    ):
        detect.wait_ready()
        track.wait_ready()
        probes.measure(WARM_S, SECONDS, EVERY_S, PARTITIONS)
    title = (
        f"last line of a new bug to its record in `alerts`, {RATE:,.0f} records/s beside it, {SECONDS:g} s"
    )
    return is_reached(probes, title, BAR_S)
