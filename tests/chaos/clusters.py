"""TRACK and DETECT are killed while new bugs appear: all is counted and told, and ids stay."""

# ruff: noqa: T201  # says on stderr how far it is

import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from random import Random
from typing import NamedTuple

from pipeline.settings import Settings
from tests.chaos.cluster_verdict import Lives, Where, answers, lives, triples
from tests.chaos.people import People, obeyed
from tests.chaos.verdict import Clause, Evidence, clauses
from tests.chaos.workers import Workers
from tests.kafka.load import speaking
from tests.kafka.new_bugs import NewBugs
from tests.kafka.shipping import Clock, Shipper, paced, shipped
from tests.kafka.told import Progress, first_blocks, told, tracked
from tests.kafka.topics import create, until
from tests.kafka.tracking import PARTITIONS, naive_counts, settings
from tests.kafka.worker import Worker, apply_topics, environment

DETECT, TRACK = "detect", "track"
CONTAINERS, LOGS_PARTITIONS = range(40), 4
RATE, CRASHES = 400.0, 1 / 15
SESSION_S = 6
PAUSE_S = (0.0, 3.0)  # until a worker dies that has begun to work
WORKED = 30  # records of its output that show that it has
WORK_S, FINISH_S, TOLD_S, TICK_S = 90, 120, 30, 1


class Kills(NamedTuple):
    """How often who is killed: TRACK, DETECT, both at once."""

    track: int
    detect: int
    both: int

    def shuffled(self, random: Random) -> list[tuple[str, ...]]:
        """Return who is killed, one after the other."""
        each: dict[tuple[str, ...], int] = {(TRACK,): self.track, (DETECT,): self.detect}
        each[TRACK, DETECT] = self.both
        names = [one for one, number in each.items() for _ in range(number)]
        random.shuffle(names)
        return names


class Tracker(Worker):
    """TRACK, with a counter beside it that adds up whatever comes."""

    def __init__(self, bootstrap: str, prefix: str, folder: Path) -> None:
        super().__init__(TRACK, TRACK, {}, folder)
        self._words = [sys.executable, "-m", "tests.kafka.track_worker", bootstrap, prefix, "ours", "0"]


def clusters(bootstrap: str, prefix: str, kills: Kills, folder: Path) -> list[Clause]:
    """Return what must hold and what was found; logs of workers are put into the folder."""
    random = Random(1)  # noqa: S311  # a run that can be had again
    chosen, topic = settings(bootstrap, prefix), f"{prefix}logs"
    workers, over = Workers(_workers(bootstrap, prefix, topic, folder), random), threading.Event()
    fleet, people = NewBugs(random, CONTAINERS, Clock()), People(chosen, random)
    with workers.running():
        with shipped(bootstrap, topic, paced(speaking(fleet, CRASHES, 0, over), RATE)) as shipper:
            try:
                done = _kill(workers, chosen, kills, people, random)
            finally:
                over.set()
        _finish(chosen, topic)
        codes = workers.stop()
    seen = Lives.read(bootstrap, chosen)
    return [
        Clause("SIGKILLs of TRACK, of DETECT, of both", tuple(kills), tuple(done)),
        *_judged(chosen, shipper, workers),
        *lives(seen),
        triples(seen.rows, shipper.planted),
        *obeyed(people.said, seen),
        _answers(bootstrap, prefix, folder, seen),
        Clause("workers that SIGTERM ended with 0", len(codes), list(codes.values()).count(0)),
    ]


def _workers(bootstrap: str, prefix: str, topic: str, folder: Path) -> list[Worker]:
    """Make topics and workers."""
    variables = environment(
        bootstrap,
        prefix,
        topics_partitions=PARTITIONS,
        detect_topics=topic,
        detect_start="beginning",
        detect_session_timeout=SESSION_S,
        detect_instance="one",
    )
    create(bootstrap, topic, LOGS_PARTITIONS)
    create(bootstrap, f"{prefix}track-naive-changelog", PARTITIONS, {"cleanup.policy": "compact"})
    apply_topics(variables)
    return [Worker(DETECT, DETECT, variables, folder), Tracker(bootstrap, prefix, folder)]


def _kill(workers: Workers, chosen: Settings, kills: Kills, people: People, random: Random) -> Kills:
    """Kill workers that are at work, and let people speak meanwhile; return how often."""
    outputs = {DETECT: chosen.topic("panics"), TRACK: f"{chosen.track_id}-fingerprints-changelog"}
    done: Counter[tuple[str, ...]] = Counter()
    with ExitStack() as stack:
        progress = {
            name: stack.enter_context(closing(Progress(*_group(chosen, name), topic)))
            for name, topic in outputs.items()
        }
        since = dict.fromkeys(progress, 0)
        for names in kills.shuffled(random):
            _await_work(progress, since)
            time.sleep(random.uniform(*PAUSE_S))
            for name in names:
                workers.all[name].send(signal.SIGKILL)
            since |= {name: progress[name].end() for name in names}
            done[names] += 1
            people.speak()
            print(f"{done.total():3} of {sum(kills)}: killed {' and '.join(names)}", file=sys.stderr)
    return Kills(done[(TRACK,)], done[(DETECT,)], done[(TRACK, DETECT)])


def _await_work(progress: Mapping[str, Progress], since: Mapping[str, int]) -> None:
    for name, one in progress.items():
        until(lambda: one.end() >= since[name] + WORKED, WORK_S, f"work of {name}")  # noqa: B023  # done at once


def _group(chosen: Settings, name: str) -> tuple[str, str]:
    """Return the brokers and the group of a worker."""
    groups = {DETECT: chosen.detect_group, TRACK: chosen.track_id}
    return ",".join(chosen.kafka.bootstrap_servers), groups[name]


def _finish(chosen: Settings, logs: str) -> None:
    """Wait until all is read, and told."""
    for name, topic in (
        (DETECT, logs),
        (TRACK, chosen.topic("sightings")),
        (TRACK, chosen.topic("commands")),
    ):
        with closing(Progress(*_group(chosen, name), topic)) as progress:
            until(lambda: not progress.behind(), FINISH_S, f"end of {topic}")  # done at once
    with suppress(TimeoutError):  # after a restart, many are told again before it is the turn of the last
        until(lambda: _is_told(chosen), TOLD_S, "record of each cluster as it is")


def _is_told(chosen: Settings) -> bool:
    time.sleep(TICK_S)
    return all(clause.ok for clause in lives(Lives.read(_group(chosen, TRACK)[0], chosen)))


def _answers(bootstrap: str, prefix: str, folder: Path, seen: Lives) -> Clause:
    """Ask a worker that takes all over."""
    variables = environment(bootstrap, prefix, topics_partitions=PARTITIONS)
    with Worker("asked", TRACK, variables, folder).running() as worker:
        worker.wait_ready()
        return answers(Where(seen.rows), worker.get)


def _judged(chosen: Settings, shipper: Shipper, workers: Workers) -> list[Clause]:
    """Judge what was written."""
    bootstrap = ",".join(chosen.kafka.bootstrap_servers)
    sightings = [one.value for one in told(bootstrap, chosen.topic("sightings"))]
    evidence = Evidence(
        shipper.planted,
        told(bootstrap, chosen.topic("panics")),
        sightings,
        [one.value for one in told(bootstrap, chosen.topic("vitals"))],
        tracked(bootstrap, chosen),
        ends=workers.ends,
    )
    naive = naive_counts(bootstrap, chosen.topics.prefix)
    is_wrong = naive != Counter(one["fingerprint"] for one in first_blocks(sightings, "fingerprint"))
    return [
        *clauses(evidence),
        Clause("a naive counter beside it is wrong", True, is_wrong),
    ]
