"""A value of `vitals`, as those who watch read it."""

from collections.abc import Iterable
from functools import lru_cache, partial
from typing import Annotated, Literal, Required

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from typing_extensions import TypedDict

from pipeline import cluster_vitals
from pipeline.alert import cut
from pipeline.sighting import Moment, Time
from pipeline.step import BadRecordError, Told, first_fault

TICK = "tick"
SHORT_BYTES = 512
SHORTS = 512  # that are remembered: most seconds are of a few releases
ESCAPES = str.maketrans({"~": "~0", "/": "~1"})
STRICT = ConfigDict(frozen=True, strict=True, allow_inf_nan=False)
NEEDED: dict[str, tuple[str, ...]] = {  # each kind, and what it is about
    "counts": (),
    "gc": (),
    TICK: ("worker", "time", "watermark"),
    cluster_vitals.SEEN: ("cluster_id", "time"),
    **dict.fromkeys(cluster_vitals.KINDS, ("cluster_id", "time")),
}

Count = Annotated[int, Field(ge=0, le=2**53)]
"""More are no count; sums of those of a window still fit what is written."""
Short = Annotated[str, AfterValidator(lru_cache(SHORTS)(partial(cut, limit=SHORT_BYTES)))]
"""A name or a title as rows keep it: cut, with a mark, where it is too long."""
Amount = Annotated[float, Field(ge=0, le=2**53)]


class Second(TypedDict, total=False):
    """One second of one release; what a kind does not tell is not there.

    A dictionary: a model a second would be half of what a record costs.
    """

    time: Required[Time]
    release: Required[Short | None]
    covered_s: Required[Amount]
    crashes: Count
    lines: Count
    gc_cycles: Count
    alloc_bytes: Count
    pauses: tuple[Count, ...]  # ns
    heap_goal_bytes: Count  # sums over cycles of which both are known
    heap_live_bytes: Count


class Vital(Told):
    """Facts about a service; of a kind that is not in `NEEDED` only the kind is told."""

    model_config = STRICT

    schema_version: Literal[1]
    kind: str
    service_name: str | None = None
    service_namespace: str | None = None
    environment: str | None = None
    watermark: Time = None
    seconds: tuple[Second, ...] = ()
    cluster_id: str | None = None
    time: Moment | None = None
    title: Short | None = None
    release: Short | None = None
    sample_id: str | None = None
    from_cluster_id: str | None = None
    worker: str | None = None
    lag_s: Amount = 0.0
    leaves: bool = False
    crashes: Count = 0

    @property
    def service(self) -> tuple[str | None, str | None, str | None]:
        """Namespace, name and environment."""
        return self.service_namespace, self.service_name, self.environment


def service_key(service: Iterable[str | None]) -> str:
    """Return the key of a service's row: `namespace/name/environment`, equal for equal services alone."""
    return _service_key(*service)


@lru_cache(maxsize=50_000)
def _service_key(*service: str | None) -> str:
    return "/".join((part or "").translate(ESCAPES) for part in service)


class _Kind(BaseModel):
    """What a value of any kind has."""

    model_config = STRICT

    schema_version: Literal[1]
    kind: str


def read_vital(written: bytes) -> Vital:
    """Take a value apart. Raises BadRecordError where it is none, or of another version.

    A kind that is not known may hold anything, and is passed over by its readers.
    """
    try:
        vital = Vital.model_validate_json(written)
    except ValidationError as error:
        if kind := _unknown(written):
            return Vital(schema_version=1, kind=kind)
        raise BadRecordError(*first_fault(error)) from None
    _check(vital)
    return vital


def _unknown(written: bytes) -> str | None:
    try:
        kind = _Kind.model_validate_json(written).kind
    except ValidationError:
        return None
    return kind if kind not in NEEDED else None


def _check(vital: Vital) -> None:
    """Refuse one that lacks what its kind is about. Raises BadRecordError."""
    for name in NEEDED.get(vital.kind, ()):
        if getattr(vital, name) is None:
            raise BadRecordError("unreadable", f"{name}: missing in a record of kind {vital.kind}")
