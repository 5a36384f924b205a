"""A value of `sightings`, as far as rows need it."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError

from pipeline.step import BadRecordError, Told, first_fault

FRAMES = 64  # that count, of any number that comes
STRICT = ConfigDict(frozen=True, strict=True)

TIME = r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{9}Z$"
Moment = Annotated[str, Field(pattern=TIME)]
"""UTC with nine digits. A pattern alone: a check in Python takes longer than all the rest of a value."""
Time = Moment | None
"""None where it is not known."""
Digest = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]


class Writer(BaseModel):
    """Who crashed how often in a block."""

    model_config = STRICT

    service_name: str | None
    service_namespace: str | None
    environment: str | None
    release: str | None
    stream_id: str | None
    count: NonNegativeInt
    first_time: Time
    last_time: Time

    @property
    def service(self) -> str:
        """The service as vitals name it: `namespace/name/environment`, empty where unknown."""
        return "/".join(name or "" for name in (self.service_namespace, self.service_name, self.environment))


class Signature(BaseModel):
    """What makes two crashes alike, and what is shown of them; frames are canonical, innermost first."""

    model_config = STRICT

    title: str
    template: str
    type: str | None
    frames: Annotated[list[str], AfterValidator(lambda frames: frames[:FRAMES])]
    culprit: str | None


class Sighting(Told):
    """One fingerprint, seen `count` times in a block."""

    schema_version: Literal[1]
    fingerprint: Digest
    fingerprint_version: int
    trace_hash: Digest
    shard: str
    count: NonNegativeInt
    by: list[Writer]
    sample_id: str
    signature: Signature | None


def read_sighting(written: bytes) -> Sighting:
    """Take a value apart. Raises BadRecordError where it is none, or of another version."""
    try:
        return Sighting.model_validate_json(written)
    except ValidationError as error:
        raise BadRecordError(*first_fault(error)) from None
