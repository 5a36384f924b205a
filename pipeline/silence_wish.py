"""What somebody wants to be silent, as it is asked for."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from pipeline.commands import LONGEST, MATCHERS
from pipeline.event_time import seconds
from pipeline.sighting import Time
from pipeline.silence import Silence, refusal, silence
from pipeline.step import first_fault

Text = Annotated[str, Field(max_length=LONGEST)]


class Wish(BaseModel):
    """A silence that is asked for; without `starts_at`, from now on."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", use_attribute_docstrings=True)

    matchers: Annotated[list[Text], Field(max_length=MATCHERS)] = []
    """What labels have to be, all of it, such as `service="pay"`."""
    starts_at: Time = None
    """When it begins; without it, now."""
    ends_at: Time = None
    """When it ends, at most 30 days from now; or `for_s`."""
    for_s: PositiveInt | None = None
    """For how many seconds, from its beginning."""
    comment: Text = ""
    """Why."""
    by: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    """Who wants it."""
    all: bool = False
    """Whether it may silence all alerts."""


def read_wish(written: bytes) -> Wish:
    """Take a body apart. Raises ValueError, which says what is wrong."""
    try:
        return Wish.model_validate_json(written)
    except ValidationError as error:
        raise ValueError(first_fault(error)[1]) from None


def wished(wish: Wish, now: int) -> Silence:
    """Return the silence; `now` is in seconds since 1970. Raises ValueError: why there can be none."""
    starts_at = seconds(wish.starts_at) if wish.starts_at else now
    if (wish.ends_at is None) == (wish.for_s is None):
        raise ValueError("say either when it ends (ends_at) or for how long it is (for_s)")
    ends_at = starts_at + wish.for_s if wish.for_s else seconds(wish.ends_at or "")
    found = silence(wish.matchers, starts_at, ends_at, wish.by, wish.comment)
    if why := refusal(found, now, is_all=wish.all):
        raise ValueError(why)
    return found
