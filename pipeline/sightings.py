"""The crashes of a block by fingerprint: `sightings`."""

from collections.abc import Callable, Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any

from pipeline.block import Block

Crash = dict[str, Any]  # a panic.v1

FRAMES = 64  # of a stack that decide which bug it is
STREAMS = 1_000  # told one by one in a sighting; a storm has more of them than a record holds

WRITER = ("service_name", "service_namespace", "environment", "service_version", "stream_id")


Stack = list[tuple[str, str, bool]]  # function, file, whether it is `created by`; innermost first

Signing = Callable[[Crash], dict[str, Any] | None]


def sightings(crashes: Iterable[Crash], block: Block, signed: Signing) -> list[dict[str, Any]]:
    """Return one sighting a fingerprint; its key in the topic is its shard.

    `signed` gives the signature of a crash where it has to come along, see `signature`.
    """
    by_fingerprint = itemgetter("fingerprint")
    groups = groupby(sorted(crashes, key=by_fingerprint), by_fingerprint)
    return [_sighting(list(alike), block, signed) for _, alike in groups]


def signature(crash: Crash, normalised: Callable[[Stack], list[str]]) -> dict[str, Any]:
    """Return what makes a crash alike others; `normalised` gives a stack its canonical names."""
    stack = [
        (frame["function"], frame["file"] or "", frame["class"] == "origin") for frame in crash["frames"]
    ]
    return {
        "title": crash["title"],
        "template": crash["message_template"],
        "type": crash["exception_type"],
        "frames": normalised(stack)[:FRAMES],
        "culprit": crash["culprit_function"],
    }


def _sighting(alike: list[Crash], block: Block, signed: Signing) -> dict[str, Any]:
    first = alike[0]
    same = ("fingerprint", "fingerprint_version", "trace_hash", "shard")
    return {
        "schema_version": 1,
        **{name: first[name] for name in same},
        **block.named(),
        "count": len(alike),
        "by": _writers(alike),
        "sample_id": first["id"],
        "signature": signed(first),
    }


def _writers(alike: list[Crash]) -> list[dict[str, Any]]:
    """Count by release and stream; streams beyond the bound are counted together, without their ids."""
    groups: dict[tuple[str | None, ...], list[Crash]] = {}
    for crash in alike:
        writer = tuple(crash[name] for name in WRITER)
        if writer not in groups and len(groups) >= STREAMS:
            crash = crash | {"stream_id": None}  # noqa: PLW2901  # counted as if its stream were not known
            writer = tuple(crash[name] for name in WRITER)
        groups.setdefault(writer, []).append(crash)
    return [_writer(group) for group in groups.values()]


def _writer(group: list[Crash]) -> dict[str, Any]:
    first = group[0]
    times = sorted(time for crash in group if (time := time_of(crash)))
    return {
        "service_name": first["service_name"],
        "service_namespace": first["service_namespace"],
        "environment": first["environment"],
        "release": first["service_version"],
        "stream_id": first["stream_id"],
        "count": len(group),
        "first_time": times[0] if times else None,
        "last_time": times[-1] if times else None,
    }


def time_of(crash: Crash) -> str | None:
    """Return when it happened: as the program says, else when it was seen."""
    time: str | None = crash["event_time"] or crash["observed_time"]
    return time
