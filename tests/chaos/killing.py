"""TRACK, DETECT and both at once are killed while they are at work."""

# ruff: noqa: T201  # says on stderr how far it is

import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from random import Random
from typing import NamedTuple

from pipeline.settings import Settings
from tests.chaos.workers import Workers
from tests.kafka.told import Progress
from tests.kafka.topics import until

DETECT, TRACK = "detect", "track"
SESSION_S = 6
PAUSE_S = (0.0, 3.0)  # until a worker dies that has begun to work
WORKED = 30  # records of its output that show that it has
WORK_S, FINISH_S = 90, 120


class Kills(NamedTuple):
    """How often who is killed: TRACK, DETECT, both at once."""

    track: int
    detect: int
    both: int

    @classmethod
    def of(cls, number: int) -> "Kills":
        """Share out so many SIGKILLs; both at once are two."""
        each, both = number * 2 // 5, number // 5
        return cls(each, each, both)

    def shuffled(self, random: Random) -> list[tuple[str, ...]]:
        """Return who is killed, one after the other."""
        each: dict[tuple[str, ...], int] = {(TRACK,): self.track, (DETECT,): self.detect}
        each[TRACK, DETECT] = self.both
        names = [one for one, number in each.items() for _ in range(number)]
        random.shuffle(names)
        return names


def kill(
    workers: Workers, chosen: Settings, kills: Kills, meanwhile: Callable[[], None], random: Random
) -> Kills:
    """Kill workers that are at work, and do something after each time; return how often."""
    outputs = {DETECT: chosen.topic("panics"), TRACK: f"{chosen.track_id}-fingerprints-changelog"}
    done: Counter[tuple[str, ...]] = Counter()
    with ExitStack() as stack:
        progress = {
            name: stack.enter_context(closing(Progress(*group(chosen, name), topic)))
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
            meanwhile()
            print(f"{done.total():3} of {sum(kills)}: killed {' and '.join(names)}", file=sys.stderr)
    return Kills(done[(TRACK,)], done[(DETECT,)], done[(TRACK, DETECT)])


def await_end(chosen: Settings, name: str, *topics: str) -> None:
    """Wait until a worker's group has read all of these. Raises TimeoutError."""
    for topic in topics:
        with closing(Progress(*group(chosen, name), topic)) as progress:
            until(lambda: not progress.behind(), FINISH_S, f"end of {topic}")  # done at once


def group(chosen: Settings, name: str) -> tuple[str, str]:
    """Return the brokers and the group of a worker."""
    groups = {DETECT: chosen.detect_group, TRACK: chosen.track_id}
    return ",".join(chosen.kafka.bootstrap_servers), groups[name]


def _await_work(progress: Mapping[str, Progress], since: Mapping[str, int]) -> None:
    for name, one in progress.items():
        until(lambda: one.end() >= since[name] + WORKED, WORK_S, f"work of {name}")  # noqa: B023  # done at once
