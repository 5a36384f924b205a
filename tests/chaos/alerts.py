"""TRACK and DETECT are killed while services are in trouble: no alert is lost, none is told anew."""

import threading
import time
from pathlib import Path
from random import Random

import orjson

from agents.times import utc
from pipeline.settings import Settings
from tests.chaos.alert_verdict import Alerts, alerts, news, stretches
from tests.chaos.calm import READ, replay
from tests.chaos.killing import DETECT, SESSION_S, TRACK, Kills, await_end, kill
from tests.chaos.people import People
from tests.chaos.troubles import CYCLE_S, SERVICES, Troubled
from tests.chaos.verdict import Clause, Evidence, clauses
from tests.chaos.workers import Workers
from tests.kafka.load import speaking
from tests.kafka.shipping import Clock, Shipper, paced, shipped
from tests.kafka.told import told, tracked
from tests.kafka.topics import create, produce
from tests.kafka.tracking import settings
from tests.kafka.worker import Worker, apply_topics, environment

RULES = Path(__file__).with_name("rules.toml")
PARTITIONS, LOGS_PARTITIONS = 3, 4
ALERTS_PER_RULE, ALERTS_PER_MINUTE = 3, 4  # so few that some are folded
PAGE_HORIZON_S = 86_400  # so that what a calm run sees later is a page, too
RATE, CRASHES = 300.0, 0.1
SHORTEST_S = 2.0 * CYCLE_S  # in which services were in trouble, and well, and in trouble again


def watching(bootstrap: str, prefix: str, kills: Kills, folder: Path) -> list[Clause]:
    """Return what must hold and what was found; logs of workers are put into the folder."""
    random = Random(1)  # noqa: S311  # a run that can be had again
    chosen, calm, topic = (
        settings(bootstrap, prefix, PARTITIONS),
        settings(bootstrap, f"{prefix}calm.", PARTITIONS),
        f"{prefix}logs",
    )
    workers, over = Workers(_workers(chosen, topic, folder), random), threading.Event()
    fleet, people = Troubled(random, Clock()), People(chosen, random)
    begun = time.monotonic()

    def meanwhile() -> None:
        people.speak()
        _deploy(chosen, random)

    with workers.running():
        with shipped(bootstrap, topic, paced(speaking(fleet, CRASHES, 0, over), RATE)) as shipper:
            try:
                done = kill(workers, chosen, kills, meanwhile, random)
                time.sleep(max(0.0, SHORTEST_S - (time.monotonic() - begun)))
            finally:
                over.set()
        codes = _finish(workers, chosen, topic)
    replay(_worker("calm", TRACK, calm, folder), chosen, calm)
    return [
        Clause("SIGKILLs of TRACK, of DETECT, of both", tuple(kills), tuple(done)),
        *_judged(chosen, calm, shipper, workers),
        Clause("workers that SIGTERM ended with 0", len(codes), list(codes.values()).count(0)),
    ]


def _workers(chosen: Settings, topic: str, folder: Path) -> list[Worker]:
    """Make topics and workers."""
    create(",".join(chosen.kafka.bootstrap_servers), topic, LOGS_PARTITIONS)
    options = {
        "detect_topics": topic,
        "detect_start": "beginning",
        "detect_session_timeout": SESSION_S,
        "detect_instance": "one",
    }
    return [
        _worker(DETECT, DETECT, chosen, folder, **options),
        _worker(TRACK, TRACK, chosen, folder),
    ]


def _worker(name: str, role: str, chosen: Settings, folder: Path, **options: object) -> Worker:
    variables = environment(
        ",".join(chosen.kafka.bootstrap_servers),
        chosen.topics.prefix,
        topics_partitions=PARTITIONS,
        track_session_timeout=SESSION_S,
        watch_rules=RULES,
        watch_page_horizon=PAGE_HORIZON_S,
        watch_alerts_per_rule=ALERTS_PER_RULE,
        watch_alerts_per_minute=ALERTS_PER_MINUTE,
        **options,
    )
    apply_topics(variables)
    return Worker(name, role, variables, folder)


def _deploy(chosen: Settings, random: Random) -> None:
    """Tell of a deploy."""
    service, now = f"service-{random.randrange(SERVICES)}", time.time_ns()
    value = {
        "schema_version": 1,
        "service_name": service,
        "service_namespace": "prod",
        "environment": None,
        "release": f"v{now}",
        "finished_at": utc(now),
    }
    bootstrap = ",".join(chosen.kafka.bootstrap_servers)
    produce(bootstrap, chosen.topic("deploys"), [(f"prod/{service}/".encode(), orjson.dumps(value))])


def _finish(workers: Workers, chosen: Settings, logs: str) -> dict[str, int]:
    """Let DETECT read all and stop, so that no tick comes any more; then TRACK."""
    await_end(chosen, DETECT, logs)
    await_end(chosen, TRACK, chosen.topic("sightings"), chosen.topic("commands"))
    workers.leave_alone()
    code = workers.all[DETECT].stop()
    await_end(chosen, TRACK, chosen.topic("sightings"), chosen.topic("commands"), *map(chosen.topic, READ))
    return {DETECT: code, TRACK: workers.all[TRACK].stop()}


def _judged(chosen: Settings, calm: Settings, shipper: Shipper, workers: Workers) -> list[Clause]:
    """Judge what was written."""
    bootstrap = ",".join(chosen.kafka.bootstrap_servers)
    panics = told(bootstrap, chosen.topic("panics"))
    vitals = [one.value for one in told(bootstrap, chosen.topic("vitals"))]
    sightings = [one.value for one in told(bootstrap, chosen.topic("sightings"))]
    tracks = tracked(bootstrap, chosen)
    evidence = Evidence(shipper.planted, panics, sightings, vitals, tracks, ends=workers.ends)
    seen = Alerts.read(bootstrap, chosen)
    return [
        *clauses(evidence),
        *alerts(seen, Alerts.read(bootstrap, calm)),
        *news(seen, vitals),
        stretches(seen, [one.value for one in panics]),
    ]
