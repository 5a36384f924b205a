"""One run: all is done to workers and brokers under load, the workers finish, what they told is judged."""

# ruff: noqa: T201  # says on stderr how far it is

import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from random import Random

from tests.chaos.actions import PAUSE_S, plan
from tests.chaos.scene import LOGS, SETTINGS, Scene, scene, watch
from tests.chaos.verdict import Clause, Evidence, clauses
from tests.kafka.load import load
from tests.kafka.shipping import planted
from tests.kafka.told import Progress, told, tracked
from tests.kafka.topics import until

FINISH_S = 120
LOAD = {"containers": 60, "rate": 1000.0, "crashes": 1 / 400, "storm": 5.0}
DETECT = SETTINGS.detect_group, LOGS
TRACK = SETTINGS.track_id, SETTINGS.topic("sightings")


def run(kills: int, seconds: float, seed: int, folder: Path) -> list[Clause]:
    """Return what must hold and what was found; logs of workers are put into the folder.

    Actions end after so many seconds. Raises TimeoutExpired where workers do not stop.
    """
    random = Random(seed)  # noqa: S311  # a run that can be had again
    with scene(folder, random) as there:
        bootstrap = there.cluster.bootstrap
        with load(bootstrap, LOGS, folder / "planted", seed=seed, **LOAD), watch(bootstrap) as seen:
            killed = _act(there, kills, time.monotonic() + seconds, seen.disturb)
        behind = [*_behind(bootstrap, *DETECT), *_behind(bootstrap, *TRACK)]
        codes = there.workers.stop()
        evidence = _gathered(there, folder / "planted")
        evidence.still, evidence.behind = seen.still, behind
    stopped = Clause("workers that SIGTERM ended with 0", len(codes), list(codes.values()).count(0))
    return [Clause("SIGKILLs of workers", kills, killed), *clauses(evidence), stopped]


def _act(there: Scene, kills: int, end: float, disturb: Callable[[], None]) -> int:
    """Do all actions while there is time; return how many workers were killed."""
    killed = 0
    for action in plan(kills, there.random):
        time.sleep(there.random.uniform(*PAUSE_S))
        if time.monotonic() > end:
            break
        killed += action.kills
        print(f"{killed:3} of {kills} killed; {action.name}", file=sys.stderr)
        disturb()
        action.do(there)
        disturb()
    time.sleep(PAUSE_S[1])
    return killed


def _gathered(there: Scene, path: Path) -> Evidence:
    """Gather what was written."""
    bootstrap = there.cluster.bootstrap
    return Evidence(
        planted(path),
        told(bootstrap, SETTINGS.topic("panics")),
        [one.value for one in told(bootstrap, SETTINGS.topic("sightings"))],
        [one.value for one in told(bootstrap, SETTINGS.topic("vitals"))],
        tracked(bootstrap, SETTINGS),
        suspended=there.suspended,
        outages=there.outages,
        ends=there.workers.ends,
    )


def _behind(bootstrap: str, group: str, topic: str) -> list[str]:
    """Wait until the group has read all of the topic; return what it has not."""
    print(f"waiting for {group}", file=sys.stderr)
    with closing(Progress(bootstrap, group, topic)) as progress:
        with suppress(TimeoutError):
            until(lambda: not progress.behind(), FINISH_S, "end")
        return [f"{topic}/{partition} by {records}" for partition, records in progress.behind().items()]
