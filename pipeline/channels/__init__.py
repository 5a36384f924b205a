"""Where people are told: one module a kind of channel, and the table of them.

A module that has a `CHANNEL` is a kind of channel, by its name; nothing else has to know of it. To tell is:
`card` the facts, `build` the request, send it, `classify` the answer.
"""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from pydantic import ValidationError

from pipeline.channels.channel import Channel
from pipeline.channels.settings import ChannelSettings


def _found() -> dict[str, Channel[Any]]:
    modules = {found.name: import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)}
    return {name: module.CHANNEL for name, module in sorted(modules.items()) if hasattr(module, "CHANNEL")}


CHANNELS: Mapping[str, Channel[Any]] = _found()


def read_channel(fields: Mapping[str, Any]) -> ChannelSettings:
    """Read the table `[channels.NAME]` of a file of routes.

    Raises ValueError: all that is wrong with it, a line each, without secrets.
    """
    kind = fields.get("type")
    if not isinstance(kind, str) or kind not in CHANNELS:
        given = f"{kind!r} is no type of channel" if kind else "type is missing"
        raise ValueError(f"{given}; types: {', '.join(CHANNELS)}")
    model: type[ChannelSettings] = CHANNELS[kind].settings
    try:
        return model.model_validate(dict(fields))
    except ValidationError as error:
        raise ValueError("\n".join(_faults(error))) from None


def _faults(error: ValidationError) -> list[str]:
    return [_fault(one) for one in error.errors(include_url=False, include_input=False)]


def _fault(one: Any) -> str:
    name = ".".join(map(str, one["loc"]))
    if one["type"] == "value_error":
        said = str(one["ctx"]["error"])
        return f"{name}: {said}" if name else said
    if one["type"] == "extra_forbidden":
        return f"{name}: there is no such field"
    return f"{name}: {one['msg'][:1].lower()}{one['msg'][1:]}"
