"""TRACK and DETECT are killed while new bugs appear: all is counted and told, and ids stay."""

import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random

from pipeline.settings import Settings
from tests.chaos.cluster_verdict import Lives, Where, answers, lives, triples
from tests.chaos.killing import DETECT, SESSION_S, TRACK, Kills, await_end, group, kill
from tests.chaos.people import People, obeyed
from tests.chaos.verdict import Clause, Evidence, clauses
from tests.chaos.workers import Workers
from tests.kafka.load import speaking
from tests.kafka.new_bugs import NewBugs
from tests.kafka.shipping import Clock, Shipper, paced, shipped
from tests.kafka.told import first_blocks, told, tracked
from tests.kafka.topics import create, until
from tests.kafka.tracking import PARTITIONS, naive_counts, settings
from tests.kafka.worker import Worker, apply_topics, environment

CONTAINERS, LOGS_PARTITIONS = range(40), 4
RATE, CRASHES = 400.0, 1 / 15
TOLD_S, TICK_S = 30, 1


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
                done = kill(workers, chosen, kills, people.speak, random)
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


def _finish(chosen: Settings, logs: str) -> None:
    """Wait until all is read, and told."""
    await_end(chosen, DETECT, logs)
    await_end(chosen, TRACK, chosen.topic("sightings"), chosen.topic("commands"))
    with suppress(TimeoutError):  # after a restart, many are told again before it is the turn of the last
        until(lambda: _is_told(chosen), TOLD_S, "record of each cluster as it is")


def _is_told(chosen: Settings) -> bool:
    time.sleep(TICK_S)
    return all(clause.ok for clause in lives(Lives.read(group(chosen, TRACK)[0], chosen)))


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
