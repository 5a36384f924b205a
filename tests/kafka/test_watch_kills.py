"""WATCH whose worker is killed on the spot again and again, under load."""

import random
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from pipeline.vitals import Service
from tests.kafka.topics import drain, produce, until
from tests.kafka.tracking import SESSION_S, make_topics, settings, working
from tests.kafka.watching import Stream, crashes, events, tick_at
from tests.kafka.worker import Worker, environment

KILLS, SERVICES, SECONDS, PATIENCE_S = 4, 30, 600, 180
PLAYED_S = 40.0  # in which these seconds are sent
SENT = 20  # seconds at once


def fleet(second: int) -> list[dict[str, Any]]:
    """Return a second of a fleet: each service crashes for two and a half minutes, one after the other."""
    at_work = [number for number in range(SERVICES) if 0 <= second - number * 12 < 150]
    names = [Service("shop", f"svc-{number}", "live") for number in at_work]
    return [*(crashes(second, 1, name) for name in names), tick_at(second)]


def distinct(kafka: str, prefix: str) -> Counter[tuple[str, int, str, str]]:
    """Return each transition, however often it was told."""
    told = events(kafka, prefix)
    return Counter({(one["episode"], one["seq"], one["phase"], one["time"]) for one in told})


def test_kills_lose_no_alert_and_begin_no_episode_anew(kafka: str, prefix: str, tmp_path: Path) -> None:
    chosen, clean = settings(kafka, prefix, 2), settings(kafka, f"{prefix}clean.", 2)
    make_topics(chosen)
    make_topics(clean)
    stream = Stream(kafka, prefix)

    def send() -> None:
        for first in range(0, SECONDS, SENT):
            stream.send(value for second in range(first, first + SENT) for value in fleet(second))
            time.sleep(PLAYED_S * SENT / SECONDS)

    sending = threading.Thread(target=send)
    variables = environment(kafka, prefix, topics_partitions=2, track_session_timeout=SESSION_S)
    pauses = random.Random(7)  # noqa: S311  # a run that can be had again
    with Worker("watch", "track", variables, tmp_path).running() as worker:
        worker.wait_ready()
        sending.start()
        for _ in range(KILLS):
            time.sleep(pauses.uniform(1, 3))
            worker.kill()
            worker.start()
            worker.wait_ready()
        sending.join()
        with working(clean):
            vitals = [(one.key, one.value) for one in drain(kafka, f"{prefix}vitals")]
            produce(kafka, clean.topic("vitals"), vitals, 0)
            until(lambda: _is_over(distinct(kafka, clean.topics.prefix)), PATIENCE_S, "whole clean run")
        wanted = distinct(kafka, clean.topics.prefix)
        until(lambda: len(distinct(kafka, prefix)) >= len(wanted), PATIENCE_S, "all transitions")
    assert distinct(kafka, prefix) == wanted


def _is_over(found: Counter[tuple[str, int, str, str]]) -> bool:
    """Return whether all services fired and were resolved, by both rules of rates."""
    return sum(phase == "resolved" for _, _, phase, _ in found) >= SERVICES
