"""A second worker comes under load, and is stopped again: what partitions that stay and that move wait."""

# ruff: noqa: T201  # a report on stdout is what this program is for

import signal
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from confluent_kafka.admin import AdminClient

from pipeline.settings import Settings, TopicsSettings
from tests.bench.probes import Probe, Probes, percentile, probing
from tests.chaos.verdict import Clause, crashes, line, repeats
from tests.kafka.load import load
from tests.kafka.shipping import planted
from tests.kafka.told import Progress, told
from tests.kafka.topics import PATIENCE_S, create, until
from tests.kafka.worker import Worker, apply_topics, environment

PREFIX, LOGS, PARTITIONS = "scaling.", "logs.scaling", 4
RATE = 5_000.0
EVERY_S = 0.05  # so a partition has a probe each 0.2 s
BEFORE_S, AFTER_S = 10.0, 15.0
STAY_S, MOVE_S = 1.0, 5.0


class Scaling:
    """The topic, its workers' group, and what was measured so far."""

    def __init__(self, bootstrap: str, group: str, probes: Probes) -> None:
        self._admin, self._group = AdminClient({"bootstrap.servers": bootstrap}), group
        self._probes = probes
        self._usual = 0.0
        self.reached = True

    def before(self) -> None:
        """Take what a crash takes while nothing happens."""
        self._probes.send_for(BEFORE_S, EVERY_S, PARTITIONS)
        self._probes.wait()
        self._usual = percentile(self._probes.read, 0.5)

    def after(self, what: str, happens: Callable[[], object]) -> None:
        """Let it happen, and say how much longer crashes of each partition took, at most."""
        owners, began = self._owners(), time.monotonic()
        happens()
        self._probes.send_for(AFTER_S, EVERY_S, PARTITIONS)
        self._probes.wait()
        stay = {partition for partition, owner in self._owners().items() if owners[partition] == owner}
        since = [probe for probe in self._probes.read if probe.sent >= began]
        self._say(f"{what}: partitions that stay", [one for one in since if one.partition in stay], STAY_S)
        self._say(
            f"{what}: partitions that move", [one for one in since if one.partition not in stay], MOVE_S
        )

    def _say(self, what: str, since: list[Probe], bar: float) -> None:
        pause = max((one.seconds - self._usual for one in since), default=0.0)
        partitions = sorted({one.partition for one in since})
        verdict = "ok" if pause < bar else "ABOVE"
        print(f"{what:<48} {pause:6.2f} s, bar {bar:g} s: {verdict} (partitions {partitions})")
        self.reached &= pause < bar

    def _owners(self) -> dict[int, str]:
        (asked,) = self._admin.describe_consumer_groups([self._group]).values()
        return {
            place.partition: member.member_id
            for member in asked.result(PATIENCE_S).members
            for place in member.assignment.topic_partitions
        }


def measure(bootstrap: str, folder: Path) -> bool:
    """Print the pauses and whether anything was lost or repeated; return whether all is as it must be."""
    settings = Settings(topics=TopicsSettings(prefix=PREFIX))
    variables = environment(bootstrap, PREFIX, detect_topics=LOGS, detect_start="beginning")
    create(bootstrap, LOGS, PARTITIONS)
    apply_topics(variables)
    first, second = (Worker(name, "detect", variables, folder) for name in ("first", "second"))
    with (
        first.running(),
        probing(bootstrap, LOGS, settings.topic("panics")) as probes,
        closing(Progress(bootstrap, settings.detect_group, LOGS)) as progress,
    ):
        first.wait_ready()
        with load(bootstrap, LOGS, folder / "scaled", rate=RATE), closing(second):
            scaling = Scaling(bootstrap, settings.detect_group, probes)
            scaling.before()
            scaling.after("a second worker comes", second.start)
            scaling.after("it leaves", lambda: second.send(signal.SIGTERM))
            code = second.code
        with suppress(TimeoutError):
            until(lambda: not progress.behind(), PATIENCE_S, "end of reading")
        panics = told(bootstrap, settings.topic("panics"))
    loads = [one.value for one in panics if one.value["stream_id"] not in probes.known]
    found = [
        Clause("what SIGTERM ended the second worker with", 0, code),
        Clause("crashes that could not be read within the time", 0, probes.unread),
        *crashes(planted(folder / "scaled"), loads),
        *repeats(panics, []),
    ]
    for clause in found:
        print(line(clause))
    return scaling.reached and all(clause.ok for clause in found)
