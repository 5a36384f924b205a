"""`python -m tests.bench.behind BOOTSTRAP PREFIX RULES SECONDS`: how far WATCH is behind as ticks come.

A tick comes as the clock says its time; all that it lets be looked at is looked at when the partition's own
time has moved. What lies between is how far evaluation is behind. The first seconds, in which all is new, do
not count. Where the process had to wait for a CPU, the figures are those of a machine that is too busy.
"""

# ruff: noqa: T201  # the answer stands on stdout

import asyncio
import itertools
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
from confluent_kafka import Producer

from agents.app import create_app
from agents.metrics import Metrics
from agents.process import spare_the_garbage_collector
from agents.table_app import TableApp
from agents.times import SECOND_NS
from agents.track import Track
from pipeline.settings import Settings
from pipeline.ticks import LATENESS_S
from tests.bench.readers import Spent
from tests.bench.vitals import CRASHING, GATHERED_S, SERVICES, crashed, ticked, told
from tests.kafka.topics import PATIENCE_S
from tests.kafka.tracking import PARTITIONS, make_topics, settings

LOOK_S, BEAT_S = 0.005, 0.05
WARM_S, SECONDS = 25, 40
BAR_S = 1.0


def measure(bootstrap: str, rules: Path) -> bool:
    """Print the percentiles at the pace of the fleet; return whether the bar is reached."""
    chosen = settings(bootstrap, "behind.")
    make_topics(chosen)
    words = [sys.executable, "-m", "tests.bench.behind", bootstrap, chosen.topics.prefix, str(rules)]
    with subprocess.Popen([*words, str(SECONDS)], stdout=subprocess.PIPE, text=True) as watch:  # noqa: S603  # ourselves
        assert watch.stdout
        try:
            assert watch.stdout.readline() == "ready\n"
            _send(bootstrap, chosen.topic("vitals"))
            told = watch.stdout.readline()
        finally:
            watch.kill()
    ages: list[float]
    ages, cpu, waited, memory = orjson.loads(told)
    p50, p99, most = (ages[min(len(ages) - 1, int(len(ages) * share))] for share in (0.5, 0.99, 1.0))
    rate = SERVICES / GATHERED_S + SERVICES / CRASHING + PARTITIONS
    print(f"at the pace of that fleet, {rate:,.0f} vitals/s, ticks among them, for {SECONDS} s:")
    print(f"  evaluation behind the clock, {len(ages)} ticks: p50 {p50:.2f} s, most {most:.2f} s")
    print(
        f"  CPU {cpu:.2f} of a core, waited for one {waited:.2f} of the time, memory {memory / 1e6:,.0f} MB"
    )
    print(f"  p99 {p99:.2f} s, bar {BAR_S:g} s: {'ok' if p99 <= BAR_S else 'ABOVE'}")
    return p99 <= BAR_S


def _send(bootstrap: str, topic: str) -> None:
    """Tell of each service every ten seconds, spread over them, of crashes and ticks each second."""
    producer = Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2_random", "linger.ms": 5})
    services = itertools.cycle(range(SERVICES))
    each = int(SERVICES / GATHERED_S * BEAT_S)
    begun = int(time.time()) + 1
    for beat in range(int((WARM_S + SECONDS + LATENESS_S) / BEAT_S)):
        at = begun + beat * BEAT_S
        time.sleep(max(0.0, at - time.time()))
        for number in itertools.islice(services, each):
            key, value = told(number, int(at) - GATHERED_S)
            producer.produce(topic, value, key)
        if beat % int(1 / BEAT_S) == 0:
            for number in range(0, SERVICES, CRASHING):
                key, value = crashed(number, begun + int(beat * BEAT_S))
                producer.produce(topic, value, key)
            for partition in range(PARTITIONS):
                producer.produce(topic, ticked(begun + int(beat * BEAT_S)), b"", partition)
        producer.poll(0)
    producer.flush(PATIENCE_S)


class Ages:
    """How far evaluation was behind at each tick, in seconds."""

    def __init__(self, app: TableApp) -> None:
        self.known: list[float] = []
        self._app, self._reached = app, dict[int, int]()

    def look(self) -> None:
        """Take note of the ticks that are over by now; each is of one second."""
        now = time.time() - LATENESS_S
        for number, watched in (self._app.watch.partitions if self._app.watch else {}).items():
            reached = watched.clock.watermark
            if reached is not None:
                before = self._reached.get(number, reached - 1)
                self.known += [now - second for second in range(before + 1, reached + 1)]
                self._reached[number] = reached


async def watch(chosen: Settings, seconds: float) -> None:
    """Let WATCH work; print when it is ready, then ages in order, CPU, waits for it, the most memory."""
    apps: list[TableApp] = []

    def make(chosen: Settings, metrics: Metrics) -> TableApp:
        apps.append(create_app(chosen, metrics))
        return apps[0]

    track = Track(chosen, Metrics(), make)
    running = asyncio.ensure_future(track.run())
    while track.readiness().in_the_way:
        await _look(running)
    spare_the_garbage_collector()
    print("ready", flush=True)
    ages = Ages(apps[0])
    while not ages.known:
        await _look(running)
        ages.look()
    for lasts in (WARM_S, seconds):
        ages.known.clear()
        before, waited = Spent.now(), _waited()
        for _ in _until(time.monotonic() + lasts):
            await _look(running)
            ages.look()
    spent = Spent.now().since(before)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    shares = [spent.cpu / spent.wall, (_waited() - waited) / spent.wall]
    print(orjson.dumps([sorted(ages.known), *shares, memory]).decode(), flush=True)
    os._exit(0)


def _waited() -> float:
    """Return for how many seconds this thread could work and no CPU was free; 0 where nobody knows."""
    path = Path("/proc/self/schedstat")
    return int(path.read_text().split()[1]) / SECOND_NS if path.is_file() else 0.0


def _until(end: float) -> Iterator[None]:
    while time.monotonic() < end:
        yield


async def _look(running: asyncio.Future[None]) -> None:
    if running.done():
        running.result()
    await asyncio.sleep(LOOK_S)


def main() -> None:
    """Watch until it is over."""
    bootstrap, prefix, rules, seconds = sys.argv[1:]
    chosen = settings(bootstrap, prefix)
    watched = chosen.watch.model_copy(update={"rules": rules})
    asyncio.run(watch(chosen.model_copy(update={"watch": watched}), float(seconds)))


if __name__ == "__main__":
    main()
