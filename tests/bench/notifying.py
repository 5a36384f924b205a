"""From the last line of the first crash of a bug until somebody is told, under load.

Once by a channel of our own, once by Alertmanager with the settings that are shipped: by itself, and by our
bridge and a channel behind it. No group waits for a digest here: `notify.alone` is out of reach.
"""

# ruff: noqa: T201  # a report on stdout is what this program is for

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import orjson

from tests.alertmanager import alertmanagers, shipped
from tests.bench.alerting import NUMBER
from tests.bench.probes import FIRST, LAST_S, Probes, percentile
from tests.kafka.bridging import FLAGS, Place, place
from tests.kafka.fleet import second
from tests.kafka.load import load
from tests.kafka.new_bugs import bug
from tests.kafka.topics import PATIENCE_S, create, until
from tests.kafka.worker import Worker, apply_topics, environment
from tests.webhooks import Webhook, Webhooks, webhooks

LOGS, PARTITIONS = "logs.notifying", 4
HEARD, BRIDGED = "/chat", "/bridged"
RATE = 20_000.0
WARM_S, SECONDS, EVERY_S = 5.0, 60.0, 0.5
DIRECT_BAR_S, THROUGH_BAR_S = 2.0, 8.0
MANY = 1_000_000
SECOND_NS = 1_000_000_000


class Told(Probes):
    """Crashes of bugs that nobody knows, each of a service of its own, until a program hears of them.

    `bridged`: after how many seconds the channel behind Alertmanager told of each.
    """

    def __init__(self, bootstrap: str, hook: Webhooks) -> None:
        super().__init__(bootstrap, LOGS)
        self._hook, self._heard = hook, 0
        self._began: dict[str, float] = {}
        self.bridged: list[float] = []

    def send(self, partition: int) -> None:
        """Let a container crash."""
        self._number += 1
        name = str(self._number - FIRST)
        for line in bug(self._number - FIRST, 0).lines:
            value = _value(line.decode(), name, self._clock())
            self._began[name] = time.monotonic()
            self._sent[name] = partition, self._began[name]
            self._producer.produce(self._topic, value, name.encode(), partition)
        self._producer.poll(0)

    def wait(self) -> None:
        """Wait until all are heard of, but not for ever."""
        self._producer.flush(PATIENCE_S)
        with suppress(TimeoutError):
            until(self._are_heard, LAST_S, "webhook of all")

    def forget(self) -> None:
        """Begin anew: the first ones may have come before the routes."""
        self.read.clear()
        self.bridged.clear()
        self._sent.clear()

    def _are_heard(self) -> bool:
        calls = self._hook.calls[self._heard :]
        self._heard += len(calls)
        for call in calls:
            self._hear(call)
        return not self._sent

    def _hear(self, call: Webhook) -> None:
        alerts = call.body.get("alerts", [])
        for told in alerts:
            found = NUMBER.search(orjson.dumps(told).decode())
            if found and call.path == BRIDGED and found[1] in self._began and len(alerts) == 1:
                self.bridged.append(call.at - self._began[found[1]])
            elif found and call.path == HEARD and found[1] in self._sent:
                self._note(found[1], call.at)


def _value(line: str, name: str, at: int) -> bytes:
    """Return a line as Fluent Bit sends it."""
    kubernetes = {"pod_name": f"pod-{name}", "namespace_name": "prod", "container_name": f"svc-{name}"}
    clock = f"{second(at // SECOND_NS)}.{at % SECOND_NS:09d}Z"
    return orjson.dumps({"time": clock, "stream": "stderr", "_p": "F", "log": line, "kubernetes": kubernetes})


class Way(NamedTuple):
    """How somebody is told: `ready` runs what stands between us and the program."""

    name: str
    bar_s: float
    ready: Callable[[Place, Worker, Webhooks, Path], AbstractContextManager[None]]


@contextmanager
def direct(at: Place, _worker: Worker, hook: Webhooks, _folder: Path) -> Iterator[None]:
    """Let a channel hear of all."""
    _replaced(at.routes, f'[route]\nchannel = "chat"\n{_channel(hook, HEARD)}')
    yield


@contextmanager
def through(at: Place, worker: Worker, hook: Webhooks, folder: Path) -> Iterator[None]:
    """Let Alertmanager tell the program, and our bridge, whose channel tells it, too."""
    config = shipped(worker.address, hook.url, at.token)
    beside = f"  - name: chat\n    webhook_configs:\n      - url: {hook.url}{HEARD}\n"
    config = config.replace("  - name: chat\n    webhook_configs:\n", beside)
    with alertmanagers(folder, config, flags=FLAGS) as (one,):
        _replaced(
            at.routes,
            f'[route]\nchannel = "am"\n[channels.am]\ntype = "alertmanager"\nurls = ["{one.url}"]\n'
            f"{_channel(hook, BRIDGED)}",
        )
        yield


def _channel(hook: Webhooks, path: str) -> str:
    """Return a channel that is told several at once: else the ledger of one waits for that of another."""
    many = "per_minute = 6000\nidempotent = true\n"
    return f'[channels.chat]\ntype = "webhook"\nurl = "{hook.url}{path}"\n{many}'


def _replaced(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(path)


WAYS = (Way("a channel", DIRECT_BAR_S, direct), Way("Alertmanager", THROUGH_BAR_S, through))


def measure(bootstrap: str, folder: Path) -> bool:
    """Print the percentiles of each way; return whether the bars are reached."""
    create(bootstrap, LOGS, PARTITIONS)
    reached = [_measured(way, bootstrap, folder) for way in WAYS]
    return all(reached)


def _measured(way: Way, bootstrap: str, parent: Path) -> bool:
    folder = parent / way.ready.__name__
    folder.mkdir()
    at = place(folder)
    prefix = f"{way.ready.__name__}."
    variables = environment(
        bootstrap, prefix, detect_topics=LOGS, detect_start="end", notify_alone=MANY, **at.variables
    )
    apply_topics(variables)
    with (
        webhooks() as hook,
        Worker("detect", "detect", variables, folder).running() as detect,
        Worker("track", "track", variables, folder).running() as track,
    ):
        detect.wait_ready()
        track.wait_ready()
        with (
            way.ready(at, track, hook, folder),
            load(bootstrap, LOGS, folder / "planted", rate=RATE),
        ):
            probes = Told(bootstrap, hook)
            probes.measure(WARM_S, SECONDS, EVERY_S, PARTITIONS)
    return _told(way, probes)


def _told(way: Way, probes: Told) -> bool:
    if not probes.read:
        print(f"{way.name} has told of none of {probes.unread} new bugs: BELOW")
        return False
    p50, p99, most = (percentile(probes.read, share) for share in (0.5, 0.99, 1.0))
    reached = p99 < way.bar_s and not probes.unread
    print(f"last line of a new bug until {way.name} has told of it, {RATE:,.0f} records/s beside it:")
    print(f"  of {len(probes.read)}, {probes.unread} untold: p50 {p50:.3f} s, most {most:.3f} s")
    if bridged := sorted(probes.bridged):
        slow = bridged[int(len(bridged) * 0.99)]
        print(f"  by the bridge and a channel, {len(bridged)}: p99 {slow:.3f} s")
        reached &= slow < way.bar_s
    print(f"  p99 {p99:.3f} s, bar {way.bar_s:g} s: {'ok' if reached else 'ABOVE'}")
    return reached
