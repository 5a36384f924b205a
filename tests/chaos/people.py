"""People who say what they know of bugs while workers are killed."""

import time
from collections.abc import Iterable, Iterator
from random import Random
from typing import NamedTuple

import orjson

from agents.times import utc
from pipeline.cluster_vitals import REGRESSED
from pipeline.fingerprint_row import FINGERPRINT
from pipeline.ledger import founded
from pipeline.settings import Settings
from pipeline.states import REGRESSED as CAME_BACK
from pipeline.states import RESOLVED
from tests.chaos.cluster_verdict import Lives, Where
from tests.chaos.verdict import Clause
from tests.kafka.told import Value
from tests.kafka.topics import drain, produce

SHARDS = "github.com/acme/svc"  # of bugs that are not merged: what was said of these is to be seen in the end
COMMANDS = ("mute", "resolve")


class Said(NamedTuple):
    """A command of a person."""

    command: str
    cluster_id: str
    shard: str


class People:
    """Say something of a bug whenever they are asked to; `said` is all of it."""

    def __init__(self, settings: Settings, random: Random) -> None:
        self._settings, self._random = settings, random
        self._bootstrap = ",".join(settings.kafka.bootstrap_servers)
        self.said: list[Said] = []

    def speak(self) -> None:
        """Say something of a bug that TRACK knows and that nobody spoke of, in the partition of its rows."""
        known = {one.cluster_id for one in self.said}
        bugs = [(number, row) for number, row in self._bugs() if founded(row["fingerprint"]) not in known]
        if not bugs:
            return
        partition, row = self._random.choice(bugs)
        command = COMMANDS[len(self.said) % len(COMMANDS)]
        said = Said(command, founded(row["fingerprint"]), row["shard"])
        records = [(said.cluster_id.encode(), orjson.dumps(_value(said)))]
        produce(self._bootstrap, self._settings.topic("commands"), records, partition)
        self.said.append(said)

    def _bugs(self) -> Iterator[tuple[int, Value]]:
        """Yield the fingerprints that founded a cluster, each with its partition."""
        for one in drain(self._bootstrap, f"{self._settings.track_id}-fingerprints-changelog"):
            row = orjson.loads(one.value)["value"] if one.value else {}
            is_one = row.get("sort") == FINGERPRINT and row["shard"].startswith(SHARDS)
            if is_one and row["home"] == founded(row["fingerprint"]):
                yield one.partition, row


def _value(said: Said) -> Value:
    return {
        "schema_version": 1,
        "command": said.command,
        "subject": said.cluster_id,
        "shard": said.shard,
        "arguments": {},
        "by": "alice",
        "time": utc(time.time_ns()),
    }


def obeyed(said: Iterable[Said], seen: Lives) -> list[Clause]:
    """Look whether what people said is so, and whether it is told who came back."""
    where, said = Where(seen.rows), list(said)
    states = {one: where.ledger(one.shard).state(one.cluster_id) for one in said}
    forgotten = [one for one, state in states.items() if not _is_so(one, state)]
    back = {one.cluster_id for one, state in states.items() if state.get("state") == CAME_BACK}
    told = {one["cluster_id"] for one in seen.news if one["kind"] == REGRESSED}
    return [
        Clause("commands of people that were obeyed", len(said), len(said) - len(forgotten), forgotten),
        Clause(
            "resolved bugs that came back, and were told", len(back), len(back & told), sorted(back ^ told)
        ),
    ]


def _is_so(said: Said, state: Value) -> bool:
    if said.command == "mute":
        return bool(state.get("is_muted"))
    return state.get("state") in {RESOLVED, CAME_BACK}
