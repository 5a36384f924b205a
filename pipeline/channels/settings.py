"""What is set of a channel in the file of routes: what all have, and how each says its own.

Each kind has a model of its own beside what it does (`pagerduty.py`, ...). Each secret field `x` has a twin
`x_file` that names a file; `missing_secrets` and `unlocked` are for whoever may read files.
"""

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveInt, SecretStr, model_validator

from pipeline.channels.address import BROKEN, CONTROL, unusable

EMPTY = SecretStr("")
FILE = "_file"
NO_PROXY = "none"
ADDRESSES = frozenset({"url", "webhook_url", "proxy"})  # what is called so is one, in every kind
PLACE = re.compile(r"\{([^{}]*)\}")


def _link(text: str) -> str:
    fault = unusable(PLACE.sub("x", text)) if text else ""
    if fault:
        raise ValueError(fault)
    return text


def _text(value: object) -> str:
    """Return what is set as text, to look through."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return value if isinstance(value, str) else ""


class ChannelSettings(BaseModel):
    """What every channel has."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True
    )

    needs: ClassVar[tuple[str, ...]] = ()
    """Secrets without which nothing can be sent."""

    type: str
    """Which kind of channel: the name of its row."""
    enabled: bool = True
    """Whether it is told anything."""
    language: Literal["en", "zh"] = "en"
    """In which texts are written."""
    per_minute: PositiveInt | None = None
    """How much is sent in a minute at most; without it, less than the vendor takes."""
    timeout_s: Annotated[float, Field(gt=0, le=120)] = 10.0
    """Seconds for one request, from the first step to the last byte of its answer."""
    link: Annotated[str, AfterValidator(_link)] = ""
    """Where to look at an alert; in it `{fingerprint}`, `{group_key}`, `{episode}` and labels."""
    proxy: SecretStr = EMPTY
    """A proxy, http://HOST:PORT; empty: the one of the environment; `none`: none."""
    proxy_file: str = ""
    """A file that holds it."""
    ca_file: str = ""
    """Certificates (PEM) that sign the vendor's; empty: the system's."""
    deploys: bool = False
    """Whether it is told of each release that goes out, too."""

    @model_validator(mode="after")
    def _check_secrets(self) -> Self:
        for name in self.secrets():
            given = [bool(self.revealed(name)), bool(getattr(self, name + FILE))]
            if all(given):
                raise ValueError(f"{name} and {name}{FILE} are both given: leave one away")
            if name in self.needs and not any(given):
                raise ValueError(
                    f"{name} is missing: give it, or {name}{FILE}, which names a file that holds it"
                )
        return self

    @model_validator(mode="after")
    def _check_texts(self) -> Self:
        for name in type(self).model_fields:
            if fault := self.fault(name, _text(getattr(self, name))):
                raise ValueError(f"{name}: {fault}")
        return self

    def fault(self, name: str, text: str) -> str:
        """Say what is wrong with a text for one of the fields; empty where nothing is."""
        if CONTROL.search(text):
            return BROKEN
        none = {"", NO_PROXY} if name == "proxy" else {""}
        return unusable(text) if name in ADDRESSES and text not in none else ""

    @classmethod
    def secrets(cls) -> tuple[str, ...]:
        """Return the names of the fields that hold secrets."""
        return tuple(name for name in cls.model_fields if name + FILE in cls.model_fields)

    def revealed(self, name: str) -> str:
        """Return a secret as it is."""
        value: SecretStr = getattr(self, name)
        return value.get_secret_value()

    def hidden(self) -> tuple[str, ...]:
        """Return all its secrets: what no answer, log or record may show."""
        return tuple(text for name in self.secrets() if (text := self.revealed(name)) not in {"", NO_PROXY})

    def secret_files(self) -> dict[str, str]:
        """Return which files hold secrets, by the names of their fields."""
        return {name: path for name in self.secrets() if (path := getattr(self, name + FILE))}

    def unlocked(self, read: Mapping[str, str]) -> Self:
        """Return the settings with what was read in the files of `secret_files`, without the line's end."""
        values = {name: SecretStr(text.strip()) for name, text in read.items()}
        return self.model_copy(update=values)


class Quota(NamedTuple):
    """How much a channel takes: so many in a minute, so many at once, so many in a day (None: any)."""

    per_minute: int
    burst: int
    per_day: int | None = None
