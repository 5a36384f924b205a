"""What is done to workers and brokers, and in which order."""

import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from random import Random
from typing import NamedTuple

from tests.chaos.aim import await_telling
from tests.chaos.scene import SESSION_S, SETTINGS, Scene
from tests.chaos.verdict import Suspended

DETECT, TRACK = ("detect-1", "detect-2"), "track"
HANG_S = SESSION_S + 3  # others have its partitions by then
AWAKE_S = 6  # in which it has to see that
AWAY_S = (1.0, 4.0)  # a broker
PAUSE_S = (0.2, 5.0)  # between two actions
TELLING_S = (0.0, 0.03)  # behind a checkpoint: outputs are sent, then the commit
AIMED = 0.5  # of the kills of detect workers
RARE = 16  # kills for each action of the other kinds


class Action(NamedTuple):
    """One of them, and how many SIGKILLs it sends to workers."""

    name: str
    kills: int
    do: Callable[[Scene], None]


def kill(names: tuple[str, ...], scene: Scene) -> None:
    """Kill workers at once, at any moment."""
    for name in names:
        scene.workers.all[name].send(signal.SIGKILL)


def kill_telling(names: tuple[str, ...], scene: Scene) -> None:
    """Kill workers at once, while the first of them tells a block."""
    await_telling(scene.cluster.bootstrap, SETTINGS.topic("checkpoints"), names[0])
    time.sleep(scene.random.uniform(*TELLING_S))
    kill(names, scene)


def suspend(name: str, scene: Scene) -> None:
    """Let a worker hang until its session is over, and go on."""
    worker, began = scene.workers.all[name], time.time_ns() // 1_000_000
    worker.send(signal.SIGSTOP)
    time.sleep(HANG_S)
    worker.send(signal.SIGCONT)
    time.sleep(AWAKE_S)
    scene.suspended.append(Suspended(name, began, time.time_ns() // 1_000_000))


def lose(node: int, how: str, scene: Scene) -> None:
    """Stop or kill a broker, and start it again after some seconds."""
    scene.outages += 1
    (scene.cluster.kill if how == "kill" else scene.cluster.stop)(node)
    time.sleep(scene.random.uniform(*AWAY_S))
    scene.cluster.start_broker(node)
    scene.wait_whole()


def plan(kills: int, random: Random) -> list[Action]:
    """Return actions with so many SIGKILLs, shuffled, and some of every other kind."""
    actions = [*_kills(kills, random), *_others(max(1, kills // RARE), random)]
    random.shuffle(actions)
    return actions


def _kills(kills: int, random: Random) -> Iterator[Action]:
    pairs = [DETECT, (DETECT[0], TRACK), (DETECT[1], TRACK)]
    singles = [(name,) for name in (*DETECT, *DETECT, TRACK)]
    while kills > 0:
        names = random.choice(pairs if kills > 1 and random.random() < 0.2 else singles)
        kills -= len(names)
        told = " and ".join(names)
        if names[0] in DETECT and random.random() < AIMED:
            yield Action(f"kill {told}, telling", len(names), partial(kill_telling, names))
        else:
            yield Action(f"kill {told}", len(names), partial(kill, names))


def _others(each: int, random: Random) -> Iterator[Action]:
    for number in range(each):
        name = (*DETECT, TRACK)[(number + 1) % 3]
        yield Action(f"suspend {name} for {HANG_S} s", 0, partial(suspend, name))
        for how in ("kill", "stop"):
            node = random.randint(1, 3)
            yield Action(f"{how} broker {node}", 0, partial(lose, node, how))
