"""A partition of TRACK as it happens: sightings and commands in, rows, records and news out."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import orjson

from pipeline._native import Clusterer, add_streams, count_streams, join_streams
from pipeline.clusterer import Clusterer as Alike
from pipeline.clusters import Clusters, Tools
from pipeline.commands import read_command, shard_key
from pipeline.ledger import founded
from pipeline.sighting import read_sighting
from pipeline.step import Effect

SHARD = "github.com/acme/shop"
START = datetime(2026, 11, 21, tzinfo=UTC)
MINUTE, HOUR, DAY = 60, 3_600, 86_400
SERVER = ["net/http.HandlerFunc.ServeHTTP", "net/http.serverHandler.ServeHTTP", "net/http.(*conn).serve"]
MIDDLEWARES = [f"{SHARD}/internal/middleware.{name}" for name in ("Trace.func", "Log.func", "Recover.func")]

Row = dict[str, Any]


def at(second: float) -> str:
    """Return a time, so many seconds after the start, as records hold it."""
    return f"{(START + timedelta(seconds=second)).strftime('%Y-%m-%dT%H:%M:%S')}.000000000Z"


def digits(name: str) -> str:
    """Return the fingerprint, or the trace hash, of that name."""
    return sha256(name.encode()).hexdigest()[:32]


def stack(*site: str, route: str = "Show") -> list[str]:
    """Return the frames of a crash in an HTTP service, behind the middlewares that all bugs share."""
    own = [f"{SHARD}/internal/{function}" for function in site]
    return [*own, f"{SHARD}/internal/api.{route}", *MIDDLEWARES, *SERVER]


def sighting(name: str, frames: Sequence[str] | None = None, second: float = 0, **changed: Any) -> Row:
    """Return a sighting of a fingerprint; `frames` None: it comes without a signature."""
    writer = {name: changed.pop(name) for name in ("release", "service_name", "stream_id") if name in changed}
    signature = {"title": f"a bug {name}", "template": "", "type": "panic", "frames": frames, "culprit": None}
    count = changed.get("count", 1)
    return {
        "schema_version": 1,
        "fingerprint": digits(name),
        "fingerprint_version": 1,
        "trace_hash": digits(f"trace of {name}"),
        "shard": SHARD,
        "count": count,
        "by": [
            {
                "service_name": "cart",
                "service_namespace": "shop",
                "environment": "live",
                "release": "v1",
                "stream_id": "3f9a1c5e7b2d",
                "count": count,
                "first_time": at(second),
                "last_time": at(second),
            }
            | writer
        ],
        "sample_id": digits(f"{name} at {second}"),
        "signature": None if frames is None else signature,
    } | changed


class Timeline:
    """One partition. Rows go through JSON, as they do in Kafka; commands of ours come back at once."""

    def __init__(self, clusterer: Callable[[], Alike] = Clusterer) -> None:
        self.rows: dict[str, bytes] = {}
        self.told: list[Effect] = []
        self.commands: list[Row] = []  # all that were given
        self._tools = Tools(clusterer, add_streams, count_streams, join_streams)
        self.clusters = Clusters(self._tools, self.row)

    def row(self, key: str) -> Row | None:
        """Return a row as it is written."""
        return orjson.loads(self.rows[key]) if key in self.rows else None

    def restart(self) -> None:
        """Let another worker take the partition over."""
        self.clusters = Clusters(self._tools, self.row)
        self.clusters.load([orjson.loads(row) for row in self.rows.values()])

    def sees(
        self, name: str, frames: Sequence[str] | None = None, second: float = 0, **changed: Any
    ) -> list[Effect]:
        """Take a sighting and what follows from it; return all effects."""
        return self.takes(sighting(name, frames, second, **changed), second)

    def takes(self, value: Row, second: float, *, is_killed: bool = False) -> list[Effect]:
        """Take a value of `sightings`; where the worker is killed, the row is not written."""
        seen = read_sighting(orjson.dumps(value))
        before = self.row(seen.fingerprint)
        given = deepcopy(before)
        made, effects = self.clusters.step(before, seen, at(second))
        assert before == given  # a step changes nothing that it was given
        if is_killed:
            self.restart()
        else:
            self.rows[seen.fingerprint] = orjson.dumps(made)
        return self._follow(effects, second)

    def says(
        self, command: str, subject: str, second: float = 0, by: str = "alice", **arguments: Any
    ) -> list[Effect]:
        """Let a person, or us, give a command."""
        value = {
            "schema_version": 1,
            "command": command,
            "subject": subject,
            "shard": SHARD,
            "arguments": arguments,
            "by": by,
            "time": at(second),
        }
        return self.obeys(value, second)

    def obeys(self, value: Row, second: float) -> list[Effect]:
        """Take a value of `commands`."""
        self.commands.append(value)
        command = read_command(orjson.dumps(value))
        made, effects = self.clusters.obey(self.row(command.row_key), command, at(second))
        if made is None:
            self.rows.pop(command.row_key, None)
        else:
            self.rows[command.row_key] = orjson.dumps(made)
        return self._follow(effects, second)

    def ticks(self, second: float) -> list[Effect]:
        """Let time pass: splits that waited, and records of what changed."""
        effects = self._follow(self.clusters.due(at(second)), second)
        return effects + self._follow(self.clusters.changed(at(second)), second)

    def leaves(self, second: float, ttl_s: int, most: int | None = None) -> list[Effect]:
        """Let rows leave."""
        return self._follow(self.clusters.leaving(at(second), ttl_s, most), second)

    def of(self, *names: str) -> list[str]:
        """Return the clusters of fingerprints, by name."""
        homes = [(self.row(digits(name)) or {})["home"] for name in names]
        ledger = self.row(shard_key(SHARD)) or {"moved": {}}
        ids = [ledger["moved"].get(digits(name), home) for name, home in zip(names, homes, strict=True)]
        return [self.clusters.canonical(one) for one in ids]

    def record(self, cluster_id: str, second: float = 0) -> Row:
        """Return a cluster as it is told at a time."""
        found = self.clusters.record(cluster_id, at(second))
        assert found
        return found

    def _follow(self, effects: list[Effect], second: float) -> list[Effect]:
        self.told += effects
        ours = [effect.value for effect in effects if effect.topic == "commands" and effect.value]
        return effects + [effect for value in ours for effect in self.obeys(value, second)]


def kinds(effects: Sequence[Effect]) -> list[str]:
    """Return what `vitals` tell."""
    return [effect.value["kind"] for effect in effects if effect.topic == "vitals" and effect.value]


def news(effects: Sequence[Effect], kind: str) -> list[Row]:
    """Return the values of one kind that `vitals` tell."""
    return [one.value for one in effects if one.topic == "vitals" and one.value and one.value["kind"] == kind]


def cluster(name: str) -> str:
    """Return the id of the cluster that a fingerprint founds."""
    return founded(digits(name))
