"""Trying a channel: what it would send, and what its vendor says to a marked test."""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from pipeline.alert import fingerprint
from pipeline.channels import CHANNELS
from pipeline.channels.answer import Outcome, Verdict
from pipeline.channels.card import Alert, Status, card
from pipeline.channels.channel import Action, Telling
from pipeline.channels.plain import masked, without_secrets
from pipeline.channels.request import Mail, Sendable
from pipeline.channels.settings import ChannelSettings
from pipeline.event_time import written

FIRES, OVER = Status.FIRING.value, Status.RESOLVED.value
KINDS: Mapping[str, type] = {  # of what an alert may have
    **dict.fromkeys(("annotations", "evidence", "rule"), dict),
    **dict.fromkeys(("startsAt", "endsAt"), str),
}
STANDS_FOR = "secret-of-a-file"  # where a secret stands in a file, and nothing is sent


class Trial(NamedTuple):
    """A request that was made, and what came of it."""

    action: Action
    request: Sendable
    outcome: Outcome


def alerts_of(value: object, status: str | None = None) -> tuple[str, list[Alert]]:
    """Return the group key and the alerts of a record of `alerts`, a list of them, or of a webhook.

    `status` puts all in that state. Raises ValueError where it is none of these.
    """
    listed = value.get("alerts", [value]) if isinstance(value, dict) else value
    if not isinstance(listed, list) or not listed or not all(map(_is_alert, listed)):
        raise ValueError(
            "it has no alerts: a value of `alerts`, a list of them, or a webhook of Alertmanager"
        )
    given = value.get("group_key") or value.get("groupKey") if isinstance(value, dict) else None
    group_key = given if isinstance(given, str) else fingerprint(_texts(listed[0]["labels"]))
    return group_key, [_put(alert, status) for alert in listed]


def _is_alert(value: object) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("labels"), dict):
        return False
    return all(isinstance(value.get(name), kind | None) for name, kind in KINDS.items())


def _texts(labels: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(text) for name, text in labels.items()}


def _put(alert: dict[str, Any], status: str | None) -> Alert:
    if status is None or alert.get("status") == status:
        return alert
    ended = written(int(time.time())) if status == OVER else None
    return alert | {"status": status, "endsAt": ended}


def rendered(settings: ChannelSettings, group_key: str, alerts: Sequence[Alert]) -> list[dict[str, Any]]:
    """Return the requests that tell of alerts, as fields, without secrets; no file of a secret is read."""
    known = settings.unlocked(dict.fromkeys(settings.secret_files(), STANDS_FOR))
    told = card(alerts, group_key)
    action = Action.RESOLVE if told.status is Status.RESOLVED else Action.TRIGGER
    telling = Telling(f"{group_key}/render", f"panicstream/{group_key}", action, told)
    return [_fields(request) for request in CHANNELS[known.type].build(known, telling, time.time())]


def _fields(request: Sendable) -> dict[str, Any]:
    told: dict[str, Any] = {
        "is_keyed": request.is_keyed,
        "optional": request.optional,
        "bytes": len(request.body),
    }
    body = _masked_whole(request.body.decode(errors="replace"), request.secrets)
    if isinstance(request, Mail):
        recipients = list(request.recipients)
        return {"to": request.where, "sender": request.sender, "recipients": recipients, **told, "body": body}
    headers = {name: masked(text, request.secrets) for name, text in request.headers.items()}
    url = masked(request.url, request.secrets)
    return {"method": request.method, "url": url, "headers": headers, **told, "body": _value(body)}


def _masked_whole(body: str, secrets: Iterable[str]) -> str:
    """Return a body without secrets; parts of addresses are words of it, too, such as `alerts`."""
    for secret in secrets:
        body = body.replace(secret, without_secrets(secret)) if "://" in secret else masked(body, [secret])
    return body


def _value(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body


async def tried(settings: ChannelSettings, severity: str) -> list[Trial]:
    """Send a marked test alert, and where that opened something, its end; stop at what is not taken.

    Returns nothing where the channel does not tell of such alerts.
    """
    from agents.sender import Sender  # noqa: PLC0415  # the web client is not for every command

    sender, channel = Sender(), CHANNELS[settings.type]
    trials: list[Trial] = []
    try:
        for action in (Action.TRIGGER,) if channel.is_chat else (Action.TRIGGER, Action.RESOLVE):
            for request in channel.build(settings, _test(action, severity), time.time()):
                answer = await sender.send(request, settings)
                trials.append(Trial(action, request, channel.classify(settings, request, answer)))
                if trials[-1].outcome.verdict is not Verdict.OK:
                    return trials
    finally:
        await sender.close()
    return trials


def _test(action: Action, severity: str) -> Telling:
    now = written(int(time.time()))
    labels = {"alertname": "PanicstreamTest", "service": "panicstream", "env": "test", "severity": severity}
    name = fingerprint(labels | {"source": "panicstream"})
    alert = {
        "fingerprint": name,
        "status": OVER if action is Action.RESOLVE else FIRES,
        "startsAt": now,
        "endsAt": now if action is Action.RESOLVE else None,
        "labels": labels | {"source": "panicstream"},
        "annotations": {"summary": "a test of this channel: nothing is wrong"},
    }
    told = replace(card([alert], name), is_test=True)
    return Telling(f"{name}/test/{now}/{action}", f"panicstream/{name}/test", action, told)
