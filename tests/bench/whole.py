"""Two workers of TRACK, one stopped and started: how soon each tells all bugs again, counted once."""

# ruff: noqa: T201  # a report on stdout is what this program is for

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson

from tests.kafka.seen import digits, record, sighting
from tests.kafka.topics import produce, until
from tests.kafka.worker import Worker, apply_topics, environment

PREFIX, PARTITIONS = "whole.", 12
BUGS, AGAIN = 10_000, 3  # each seen so often
PATIENCE_S = 300
BAR_S = 15.0


def measure(bootstrap: str, folder: Path) -> bool:
    """Print the seconds; return whether the bar is reached and every count is right."""
    variables = environment(bootstrap, PREFIX, topics_partitions=PARTITIONS)
    apply_topics(variables)
    with ExitStack() as running:
        first, second = (
            running.enter_context(Worker(name, "track", variables, folder).running())
            for name in ("first", "second")
        )
        first.wait_ready()
        second.wait_ready()
        produce(bootstrap, f"{PREFIX}sightings", (record(_seen(number)) for number in range(BUGS * AGAIN)))
        _whole(first)
        reached = [
            _timed("one is stopped", second.stop, first),
            _timed("it is started", second.start, first),
            _timed("it tells all, too", lambda: None, second),
        ]
        counts = {one["crashes_total"] for one in _asked(second)["clusters"]}
    print(
        f"crashes of each of {BUGS:,} bugs: {counts}, sent {AGAIN}: {'ok' if counts == {AGAIN} else 'WRONG'}"
    )
    return all(reached) and counts == {AGAIN}


def _seen(number: int) -> dict[str, Any]:
    """Return sighting `number`: each bug in turn, in a module of its own."""
    bug, time_ = number % BUGS, number // BUGS
    fingerprint = digits(bug)
    shard = f"github.com/acme/m{bug}"
    signature = sighting(0)["signature"] | {"frames": [f"{shard}.Do", "main.main"]}
    return sighting(
        number,
        fingerprint=fingerprint,
        trace_hash=fingerprint,
        shard=shard,
        source_partition=bug % 8,
        from_offset=time_,
        through_offset=time_,
        signature=signature,
    )


def _timed(what: str, happens: Callable[[], object], asked: Worker) -> bool:
    begun = time.monotonic()
    happens()
    _whole(asked)
    seconds = time.monotonic() - begun
    verdict = "ok" if seconds < BAR_S else "ABOVE"
    print(f"{what:<24} all bugs are told again after {seconds:5.1f} s, bar {BAR_S:g} s: {verdict}")
    return seconds < BAR_S


def _whole(worker: Worker) -> None:
    until(lambda: _is_whole(_asked(worker)), PATIENCE_S, "whole list")


def _asked(worker: Worker) -> dict[str, Any]:
    return dict(orjson.loads(worker.get(f"/api/clusters?limit={BUGS}") or b"{}"))


def _is_whole(told: dict[str, Any]) -> bool:
    counted = sum(one["crashes_total"] for one in told.get("clusters", ()))
    return bool(told) and told.get("partitions") == list(range(PARTITIONS)) and counted >= BUGS * AGAIN
