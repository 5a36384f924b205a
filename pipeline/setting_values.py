"""Settings made of the values given for them, or what is wrong with each of these, in plain words."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from pipeline.setting_rows import ROWS, Given
from pipeline.settings import Settings

SHOWN = 80  # characters of a value that a line shows


@dataclass(frozen=True)
class Settled:
    """The settings, defaults for what was faulty; where each value came from; a line for each fault."""

    settings: Settings
    origins: dict[str, str]
    faults: dict[str, str]


def settle(given: Iterable[Given]) -> Settled:
    """Make settings; of several values for one setting the last counts."""
    last = {one.setting: one for one in given}
    reasons = _reasons(last)
    good = {name: one for name, one in last.items() if name not in reasons}
    return Settled(
        settings=Settings.model_validate(_nested(good)),
        origins={name: one.origin for name, one in good.items()},
        faults={name: fault(last[name], reason) for name, reason in reasons.items()},
    )


def fault(given: Given, reason: str) -> str:
    """Say in one line what is wrong with a value, and where it stands; a secret is not shown."""
    return f"{_shown(given)} ({given.origin}): {reason}"


def _shown(given: Given) -> str:
    if ROWS[given.setting].secret:
        return given.setting
    value = json.dumps(given.value, ensure_ascii=False, default=str)
    return f"{given.setting} = {value[:SHOWN]}{'...' if len(value) > SHOWN else ''}"


def _reasons(given: Mapping[str, Given]) -> dict[str, str]:
    """Say why values are faulty."""
    # As a number, Python's True is 1.
    reasons = {name: ROWS[name].wanted for name, one in given.items() if isinstance(one.value, bool)}
    try:
        Settings.model_validate(_nested(given))
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            name = ".".join(str(part) for part in each["loc"][:2])
            own = each["type"] == "value_error"
            reasons.setdefault(name, str(each["ctx"]["error"]) if own else ROWS[name].wanted)
    return reasons


def _nested(given: Mapping[str, Given]) -> dict[str, dict[str, Any]]:
    sections: dict[str, dict[str, Any]] = {}
    for name, one in given.items():
        section, _, key = name.partition(".")
        sections.setdefault(section, {})[key] = one.value
    return sections
