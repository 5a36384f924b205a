"""A value of `clusters`, as far as rules about a bug need it."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.row import Source
from pipeline.sighting import Moment, Time
from pipeline.step import BadRecordError, Told, first_fault
from pipeline.vital import Count, Short

STRICT = ConfigDict(frozen=True, strict=True)
MINUTES = 60


class Home(BaseModel):
    """A service that a bug is in."""

    model_config = STRICT

    service_namespace: str | None
    service_name: str | None
    environment: str | None
    crashes: Count = 0

    @property
    def service(self) -> tuple[str | None, str | None, str | None]:
        """Namespace, name and environment."""
        return self.service_namespace, self.service_name, self.environment


class Release(BaseModel):
    """A release of a service (`namespace/name/environment`) that a bug is in."""

    model_config = STRICT

    service: str
    release: str | None
    last_time: Time


class ClusterTold(Told):
    """A bug as it is now."""

    schema_version: Literal[1]
    cluster_id: str
    title: Short | None
    state: str
    streams: Count
    first_seen: Time
    updated_at: Moment
    first_release: Short | None
    sample_id: str | None
    crashes_by_minute: Annotated[list[Count], Field(min_length=MINUTES, max_length=MINUTES)]
    services: list[Home]
    releases: list[Release]
    catching_up: bool = False
    """Whether logs were behind when it was told: what seems to be over may not be."""


@dataclass(frozen=True)
class Gone:
    """A bug that is no more."""

    cluster_id: str

    def source(self) -> Source | None:
        """Return None: it tells of no block."""
        return None


def read_cluster(written: bytes) -> ClusterTold:
    """Take a value apart. Raises BadRecordError where it is none, or of another version."""
    try:
        return ClusterTold.model_validate_json(written)
    except ValidationError as error:
        raise BadRecordError(*first_fault(error)) from None
