"""Workers are killed while they tell channels: all is told, in order, and a repeat says that it may be."""

# ruff: noqa: T201  # says on stderr how far it is

import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import NamedTuple

import orjson

from agents.times import seconds_of
from pipeline.settings import Settings
from tests.chaos.verdict import Clause
from tests.chaos.workers import Workers
from tests.kafka.notifying import (
    PARTITIONS,
    Heard,
    alert,
    channel,
    chosen,
    deliveries,
    heard,
    notification,
    notify,
    write_routes,
)
from tests.kafka.topics import drain
from tests.kafka.tracking import make_topics
from tests.kafka.worker import Worker, environment
from tests.vendors import FINE, Asked, Reply, Stub, vendor

SESSION_S = 3
CHANNELS = ("chat", "keyed")  # what comes again with its key, the second one would drop
TOLD_S = 240  # within which a state is told, whatever is done to workers
EVERY = (1, 10)  # requests between two kills
DELAY_S = 0.03  # at most, from the answer until the worker dies
CALM_S = 20.0  # without a request, a kill comes all the same
LOOK_S = 0.05


class Scale(NamedTuple):
    """How many states are told, of how many groups of each channel, and how many SIGKILLs there are."""

    states: int
    groups: int
    kills: int


class Killer:
    """Kills workers: when they make a request, before its answer or after, or make none for long."""

    def __init__(self, workers: Workers, kills: int, random: Random) -> None:
        self._workers, self._left, self._random = workers, kills, random
        self._requests = 0
        self._next = random.randint(*EVERY)
        self._turn = threading.Lock()
        self.killed = 0
        self.last = time.monotonic()

    def see(self, _asked: Asked) -> Reply:
        """Answer a request, and kill who made it, if it is time for that."""
        with self._turn:
            self._requests += 1
            is_time = self._requests >= self._next and self.killed < self._left
            if is_time:
                self._requests, self._next = 0, self._random.randint(*EVERY)
                if self._random.random() < 0.5:
                    self.kill()
                else:
                    threading.Timer(self._random.uniform(0, DELAY_S), self.kill).start()
        return FINE["webhook"]

    def kill(self) -> None:
        """Kill all workers, or one of them."""
        names = list(self._workers.all)
        if self._random.random() < 0.5:
            names = [self._random.choice(names)]
        for name in names[: self._left - self.killed]:
            if self._workers.all[name].code is None:
                self._workers.all[name].send(signal.SIGKILL)
                self.killed += 1
        self.last = time.monotonic()
        print(f"{self.killed:3} of {self._left} killed", file=sys.stderr)

    def kill_the_calm(self) -> None:
        """Kill where nothing happens by itself."""
        with self._turn:
            if time.monotonic() - self.last > CALM_S and self.killed < self._left:
                self.kill()


class Lives:
    """Groups that fire and are over, again and again: the next state comes when the last one was told."""

    def __init__(self, settings: Settings, stubs: dict[str, Stub], scale: Scale) -> None:
        self._settings, self._stubs = settings, stubs
        names = [(name, f"s{number}") for name in CHANNELS for number in range(scale.groups)]
        self._left = {one: scale.states // len(names) for one in names}
        self._shown: dict[tuple[str, str], tuple[int, str, float]] = {}
        self._began = {one: int(time.time()) - 100_000 for one in names}
        self.lost: list[object] = []
        self.told = 0

    def go_on(self) -> bool:
        """Let each group whose state was told come to its next; return whether there is more to come."""
        seen = {name: _states(stub) for name, stub in self._stubs.items()}
        fresh = []
        for one in self._left:
            state = self._shown.get(one)
            if state and not self._is_told(one, state, seen[one[0]]):
                continue
            if self._left[one]:
                fresh.append(self._next(one, state))
        if fresh:
            notify(self._settings, fresh)
        return any(self._left.values()) or bool(self._shown)

    def _is_told(self, one: tuple[str, str], state: tuple[int, str, float], seen: set[object]) -> bool:
        began, status, at = state
        if (one[1], began, status) in seen:
            self.told += 1
        elif time.monotonic() - at > TOLD_S:
            self.lost.append((*one, began, status))
        else:
            return False
        if not self._left[one]:
            del self._shown[one]
        return True

    def _next(self, one: tuple[str, str], state: tuple[int, str, float] | None) -> dict[str, object]:
        is_over = state is not None and state[1] == "firing"
        self._began[one] += 0 if is_over else 60
        self._left[one] -= 1
        status = "resolved" if is_over else "firing"
        self._shown[one] = self._began[one], status, time.monotonic()
        record = alert(one[1], 4 if is_over else 2, status, began=self._began[one])
        return notification(one[0], record, group_interval_s=0.0)


def _states(stub: Stub) -> set[object]:
    """Return which states a channel heard: the service, when its alert began, and how it is."""
    return {found for asked in list(stub.asked) for found in _told(asked)}


def _told(asked: Asked) -> list[tuple[str, int, str]]:
    return [
        (one["labels"]["service"], _second(one["startsAt"]), one["status"]) for one in asked.fields["alerts"]
    ]


def _second(text: str) -> int:
    return int(seconds_of(text))


def notified(bootstrap: str, prefix: str, scale: Scale, folder: Path) -> list[Clause]:
    """Return what must hold and what was found; logs of workers are put into the folder."""
    random, routes = Random(1), folder / "routes.toml"  # noqa: S311  # a run that can be had again
    settings = chosen(bootstrap, prefix, routes)
    make_topics(settings)
    variables = environment(
        bootstrap,
        prefix,
        topics_partitions=PARTITIONS,
        track_session_timeout=SESSION_S,
        notify_routes=routes,
        notify_alone=1_000_000,
    )
    workers = Workers([Worker(f"notify-{one}", "track", variables, folder) for one in (1, 2)], random)
    killer = Killer(workers, scale.kills, random)
    with ExitStack() as stack:
        stubs = {name: stack.enter_context(vendor("webhook", fine=killer.see)) for name in CHANNELS}
        fast = {"per_minute": 60_000}
        write_routes(
            routes,
            CHANNELS[0],
            *(channel(name, one.url, idempotent=name != "chat", **fast) for name, one in stubs.items()),
        )
        stack.enter_context(workers.running())
        lives = Lives(settings, stubs, scale)
        while lives.go_on() or killer.killed < scale.kills:
            killer.kill_the_calm()
            time.sleep(LOOK_S)
        codes = workers.stop()
        if lives.lost:
            _keep(settings, stubs, folder / "lost.json")
    found = {name: heard(stub) for name, stub in stubs.items()}
    said = deliveries(settings)
    return [
        Clause("SIGKILLs of workers", scale.kills, killer.killed),
        Clause(
            f"states, of {lives.told + len(lives.lost)}, that a channel did not hear of",
            0,
            len(lives.lost),
            lives.lost,
        ),
        *_judged(found, killer.killed),
        _recorded(found, said),
        Clause("workers that ended by themselves", 0, len(workers.ends), workers.ends),
        Clause("workers that SIGTERM ended with 0", len(codes), list(codes.values()).count(0)),
        *_again(stubs),
    ]


def _keep(settings: Settings, stubs: dict[str, Stub], file: Path) -> None:
    """Write down all that can say why something was not told."""
    bootstrap = ",".join(settings.kafka.bootstrap_servers)
    rows = [(one.key, one.value) for one in drain(bootstrap, f"{settings.track_id}-told-changelog")]
    asked = [(name, one.at, one.fields) for name, stub in stubs.items() for one in stub.asked]
    shown = [((key or b"").decode(), orjson.loads(row or b"null")) for key, row in rows]
    file.write_bytes(orjson.dumps({"rows": shown, "asked": asked, "deliveries": deliveries(settings)}))
    print(f"what is lost: {file}", file=sys.stderr)


def _judged(found: dict[str, list[Heard]], kills: int) -> list[Clause]:
    older, unmarked, repeats = list[object](), list[object](), Counter[str]()
    for name, all_heard in found.items():
        last: dict[str, int] = {}
        known: set[str] = set()
        for one in all_heard:
            if one.seq < last.get(one.group, 0):
                older.append(one)
            last[one.group] = one.seq
            if one.telling in known:
                repeats[name] += 1
                unmarked += [] if one.may_repeat else [one]
            known.add(one.telling)
    many = repeats["chat"] > kills
    return [
        Clause("older states after newer ones", 0, len(older), older),
        Clause("repeats that do not say that they may be", 0, len(unmarked), unmarked),
        Clause(f"more repeats ({repeats['chat']}) than kills where no key drops them", False, many),
    ]


def _again(stubs: dict[str, Stub]) -> Iterable[Clause]:
    """Look for alerts that fire again after their end."""
    wrong = []
    for name, stub in stubs.items():
        over: set[tuple[str, int]] = set()
        for asked in list(stub.asked):
            for service, began, status in _told(asked):
                if status == "resolved":
                    over.add((service, began))
                elif (service, began) in over:
                    wrong.append((name, service, began))
    yield Clause("triggers after their resolve", 0, len(wrong), wrong)


def _recorded(found: dict[str, list[Heard]], said: list[dict[str, object]]) -> Clause:
    """Look for what was heard and does not stand in `deliveries`."""
    told = {
        (one["channel"], f"{one['channel']}/{one['group_key']}/{one['episode']}/{one['seq']}") for one in said
    }
    missing = [
        one for name, all_heard in found.items() for one in all_heard if (name, one.telling) not in told
    ]
    return Clause("tellings that do not stand in `deliveries`", 0, len(missing), missing)
