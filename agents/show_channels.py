"""How channels, and what they would send, look to people."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rich.text import Text

from agents.terminal import clean
from pipeline.channels import CHANNELS
from pipeline.channels.settings import ChannelSettings

NAME, TYPE, LIMITS = 16, 14, 24


def fields(name: str, settings: ChannelSettings) -> dict[str, Any]:
    """Return what is set of a channel, its secrets as stars, and how much it takes."""
    takes = CHANNELS[settings.type].takes(settings)._asdict()
    return {"name": name, **settings.model_dump(mode="json"), "takes": takes}


def row(name: str, settings: ChannelSettings) -> Text:
    """Return a line of the table of channels."""
    takes = CHANNELS[settings.type].takes(settings)
    daily = f", {takes.per_day} a day" if takes.per_day else ""
    limits = f"{takes.per_minute}/min{daily}"
    marks = [
        settings.language,
        *(["deploys"] if settings.deploys else []),
        *([] if settings.enabled else ["off"]),
    ]
    told = f"{settings.type:<{TYPE}} {limits:<{LIMITS}} {', '.join(marks)}"
    return Text.assemble((f"{clean(name):<{NAME}} ", "bold"), told)


def request_text(request: Mapping[str, Any]) -> Text:
    """Return a request as people read it."""
    where = f"{request['method']} {request['url']}" if "url" in request else f"MAIL {request['to']}"
    lines = [(f"{clean(where)}\n", "bold")]
    named = request.get("headers") or {name: request[name] for name in ("sender", "recipients")}
    lines += [(clean(f"{name}: {text}") + "\n", "dim") for name, text in named.items()]
    body = request["body"]
    shown = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, indent=2)
    lines.append(("\n" + "\n".join(map(clean, shown.splitlines())) + "\n", ""))
    return Text.assemble(*lines)


def joined(texts: Iterable[Text]) -> Text:
    """Return texts below each other."""
    return Text("\n").join(texts)
