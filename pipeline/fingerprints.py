"""The row of a fingerprint: how often it was seen, in which releases and services, since when."""

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, NonNegativeInt

from pipeline.step import Effect, Told

NAMED = 50  # releases, and services, that are counted by name; all others are counted as one
OTHERS = "*"


class Writer(BaseModel):
    """Who crashed how often in a block; times are UTC with nine digits."""

    model_config = ConfigDict(frozen=True, strict=True)

    service_name: str | None
    service_namespace: str | None
    environment: str | None
    release: str | None
    count: NonNegativeInt
    first_time: str | None
    last_time: str | None

    @property
    def service(self) -> str:
        """The service as vitals name it: `namespace/name/environment`, empty where unknown."""
        return "/".join(name or "" for name in (self.service_namespace, self.service_name, self.environment))


class Signature(BaseModel):
    """What is shown of a fingerprint."""

    model_config = ConfigDict(frozen=True, strict=True)

    title: str


class Sighting(Told):
    """A value of `sightings`, as far as a row needs it."""

    schema_version: Literal[1]
    fingerprint: str
    fingerprint_version: int
    shard: str
    count: NonNegativeInt
    by: list[Writer]
    sample_id: str
    signature: Signature | None


def row_key(sighting: Sighting) -> str:
    """Return the key of the row that a sighting counts in."""
    return sighting.fingerprint


def count(row: dict[str, Any] | None, sighting: Sighting) -> tuple[dict[str, Any], list[Effect]]:
    """Count a sighting into the row of its fingerprint."""
    known = row or _empty(sighting)
    writers = sighting.by
    return {
        **known,
        "title": sighting.signature.title if sighting.signature else known["title"],
        "crashes_total": known["crashes_total"] + sighting.count,
        "releases": _added(known["releases"], ((by.release or "", by.count) for by in writers)),
        "services": _added(known["services"], ((by.service, by.count) for by in writers)),
        "first_seen": min(_known(known["first_seen"], *(by.first_time for by in writers)), default=None),
        "last_seen": max(_known(known["last_seen"], *(by.last_time for by in writers)), default=None),
        "sample_id": sighting.sample_id,
    }, []


def _empty(sighting: Sighting) -> dict[str, Any]:
    return {
        "fingerprint": sighting.fingerprint,
        "fingerprint_version": sighting.fingerprint_version,
        "shard": sighting.shard,
        "title": None,
        "crashes_total": 0,
        "releases": {},
        "services": {},
        "first_seen": None,
        "last_seen": None,
    }


def _added(counts: dict[str, int], more: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return the counts with more of them; the first `NAMED` names are kept."""
    added = dict(counts)
    for name, number in more:
        kept = name if name in added or len(added) < NAMED else OTHERS
        added[kept] = added.get(kept, 0) + number
    return added


def _known(*times: str | None) -> list[str]:
    return [time for time in times if time is not None]
