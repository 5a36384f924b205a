"""What channels are told in tests: made of the examples of schemas."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.channels import CHANNELS, read_channel
from pipeline.channels.card import Card, Status, card
from pipeline.channels.channel import Action, Telling
from pipeline.channels.request import Mail, Request, Sendable
from pipeline.channels.settings import ChannelSettings

EXAMPLES = Path(__file__).parents[1] / "schemas/examples"
NOW = 1_700_000_000.0
KEY = "8fc6403e0cab0e3d"
LINK = "https://dash.example.com/alerts/{fingerprint}"

Record = dict[str, Any]


def example(name: str) -> Record:
    """Return an example of a schema."""
    value: Record = json.loads((EXAMPLES / f"{name}.json").read_text())
    return value


def firing(**labels: str) -> Record:
    """Return an alert that fires, with these labels in place of its own."""
    record = example("alerts.v1.firing")
    return record | {"labels": record["labels"] | labels}


def resolved() -> Record:
    """Return one that is over."""
    ended = {"status": "resolved", "phase": "resolved", "endsAt": "2026-11-21T00:09:11.000000000Z"}
    return firing() | ended


def bug() -> Record:
    """Return one about a bug that was never seen before."""
    rule = firing()["rule"] | {"name": "GoPanicNewIssue", "kind": "new_cluster", "fact": None, "fire": None}
    title = "nil pointer dereference in cart.(*Cart).Total"
    return firing(alertname="GoPanicNewIssue", severity="warning") | {
        "rule": rule | {"window_s": 0, "for_s": 0},
        "value": 1.0,
        "threshold": None,
        "annotations": {"summary": f"new: {title}", "runbook_url": "https://wiki.example.com/new"},
        "evidence": {"cluster": {"cluster_id": "6a03", "title": title, "release": "v2"}},
    }


def tell(told: Card, action: Action = Action.TRIGGER, **more: Any) -> Telling:
    """Return what a channel is told."""
    return Telling(f"{KEY}/{KEY}-1/2", f"panicstream/{KEY}", action, told, **more)


def group(status: Status | None = None) -> Card:
    """Return the card of a group of twelve."""
    others = [firing(service=f"cart-{number}", severity="warning") for number in range(10)]
    return card([*others, resolved(), bug()], KEY, status)


TELLINGS = {  # what is told, and by which settings beside those of the sample
    "firing": (tell(card([firing()], KEY)), {"link": LINK}),
    "bug-zh": (tell(card([bug()], KEY)), {"link": LINK, "language": "zh"}),
    "repeat": (tell(replace(card([firing()], KEY), may_repeat=True), ref={"channel": "C1", "ts": "1.2"}), {}),
    "update": (tell(card([firing()], KEY), Action.UPDATE, ref={"channel": "C1", "ts": "1.2"}), {}),
    "resolved": (tell(card([resolved()], KEY), Action.RESOLVE, ref={"channel": "C1", "ts": "1.2"}), {}),
    "past": (tell(replace(card([resolved()], KEY), is_past=True), Action.RESOLVE), {}),
    "acknowledge": (tell(card([firing()], KEY), Action.ACKNOWLEDGE), {}),
    "group": (tell(group()), {"link": LINK}),
    "digest-zh": (tell(group(Status.DIGEST), Action.DIGEST), {"language": "zh"}),
    "change": (
        Telling("deploy/cart/v2", "deploy/cart/v2", Action.CHANGE, deploy=example("deploys.v1.release")),
        {},
    ),
}


def settings(kind: str, **more: object) -> ChannelSettings:
    """Return the settings of a channel's sample, and more."""
    return read_channel({"type": kind, **CHANNELS[kind].sample, **more})


def built(kind: str, telling: Telling, **more: object) -> Sequence[Sendable]:
    """Return what a channel sends."""
    made: Sequence[Sendable] = CHANNELS[kind].build(settings(kind, **more), telling, NOW)
    return made


def written(sent: Sequence[Sendable]) -> bytes:
    """Return requests as they stand in golden files."""
    return b"\n----\n".join(map(_written, sent))


def _written(sent: Sendable) -> bytes:
    if isinstance(sent, Mail):
        return f"MAIL {sent.where} {sent.sender} {','.join(sent.recipients)}\n\n".encode() + sent.body
    assert isinstance(sent, Request)
    marks = [name for name in ("is_keyed", "optional") if getattr(sent, name)]
    head = [f"{sent.method} {sent.url}", *(f"{name}: {text}" for name, text in sent.headers.items()), *marks]
    return "\n".join(head).encode() + b"\n\n" + sent.body
