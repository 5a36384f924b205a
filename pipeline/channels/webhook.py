"""Any program that takes Alertmanager's webhook (version 4), signed where a secret is set.

Header `X-Panicstream-Signature: t=SECONDS,v1=HEX`: HMAC-SHA256 of `SECONDS.BODY` with the secret; whoever
checks it also compares the time with his own. `Idempotency-Key` is the same at each try of one telling.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import SecretStr

from pipeline.channels.answer import Answer, Outcome, Verdict
from pipeline.channels.card import Alert, Card, Status
from pipeline.channels.channel import Action, Channel, Telling
from pipeline.channels.links import link
from pipeline.channels.plain import line, plain
from pipeline.channels.request import Request, Sendable, json_body
from pipeline.channels.settings import EMPTY, ChannelSettings, Quota
from pipeline.channels.verdicts import Meaning, by_status, outcome, unanswered
from pipeline.channels.words import headline, why

MOST = 200  # alerts in a body
LIMIT = 1_000_000  # bytes of all of them
NEVER = "0001-01-01T00:00:00Z"  # how Alertmanager writes that there is no end yet
FINE = frozenset(range(200, 300))

STATUSES = {
    401: Meaning(Verdict.DISABLED, "HTTP 401: the receiver does not know our token"),
    403: Meaning(Verdict.DISABLED, "HTTP 403: the receiver does not let us in"),
    404: Meaning(Verdict.DISABLED, "HTTP 404: the receiver has no such address"),
    410: Meaning(Verdict.DISABLED, "HTTP 410: the receiver is gone"),
}


class WebhookSettings(ChannelSettings):
    """A program of your own."""

    needs = ("url",)

    url: SecretStr = EMPTY
    """Where it listens."""
    url_file: str = ""
    """A file that holds it."""
    secret: SecretStr = EMPTY
    """Signs each body; without one, none is signed."""
    secret_file: str = ""
    """A file that holds it."""
    token: SecretStr = EMPTY
    """Shown as `Authorization: Bearer`."""
    token_file: str = ""
    """A file that holds it."""
    idempotent: bool = False
    """Whether the receiver drops what comes again with the same `Idempotency-Key`."""


def build(settings: WebhookSettings, telling: Telling, now: float) -> list[Request]:
    """Return one request, or none where it is only said that somebody silenced the group."""
    if telling.action is Action.ACKNOWLEDGE:
        return []
    body = json_body(_body(settings, telling))
    headers = {"Content-Type": "application/json", "Idempotency-Key": telling.id}
    if settings.revealed("token"):
        headers["Authorization"] = f"Bearer {settings.revealed('token')}"
    if settings.revealed("secret"):
        headers["X-Panicstream-Signature"] = signature(settings.revealed("secret"), int(now), body)
    url = settings.revealed("url")
    return [Request("POST", url, headers, body, is_keyed=settings.idempotent, secrets=settings.hidden())]


def signature(secret: str, now: int, body: bytes) -> str:
    """Return what proves that a body is ours, and from when."""
    digest = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={now},v1={digest}"


def _body(settings: WebhookSettings, telling: Telling) -> dict[str, Any]:
    if telling.card is None:
        deploy = {name: plain(value) for name, value in (telling.deploy or {}).items() if value is not None}
        return {"version": "4", "status": "deploy", "groupKey": telling.dedup_key, "deploy": deploy}
    card = telling.card
    alerts = list(_first(card))
    return {
        "version": "4",
        "receiver": settings.type,
        "status": str(Status.RESOLVED if card.status is Status.RESOLVED else Status.FIRING),
        "groupKey": telling.dedup_key,
        "commonLabels": _common(alerts, "labels"),
        "commonAnnotations": _common(alerts, "annotations"),
        "externalURL": link(settings, card),
        "truncatedAlerts": len(card.alerts) - len(alerts),
        "alerts": alerts,
        "panicstream": _ours(settings, telling, card),
    }


def _first(card: Card) -> Iterator[dict[str, Any]]:
    """Yield the alerts that there is room for; one always is told."""
    room = LIMIT
    for alert in card.alerts[:MOST]:
        told = _alert(alert)
        room -= len(json.dumps(told, ensure_ascii=False).encode())
        if room < 0 and alert is not card.alerts[0]:
            return
        yield told


def _alert(alert: Alert) -> dict[str, Any]:
    texts = {name: _texts(alert.get(name) or {}) for name in ("labels", "annotations")}
    times = {
        "startsAt": line(alert.get("startsAt") or NEVER, 64),
        "endsAt": line(alert.get("endsAt") or NEVER, 64),
    }
    ids = {name: line(alert.get(name) or "", 2_048) for name in ("generatorURL", "fingerprint")}
    return {"status": str(alert.get("status")), **texts, **times, **ids}


def _texts(named: Mapping[str, Any]) -> dict[str, str]:
    return {line(name, 256): plain(text) for name, text in named.items()}


def _common(alerts: Sequence[Mapping[str, Any]], name: str) -> dict[str, str]:
    """Return what all alerts have alike of their labels, or annotations."""
    first, *others = [alert[name] for alert in alerts]
    return {key: text for key, text in first.items() if all(other.get(key) == text for other in others)}


def _ours(settings: WebhookSettings, telling: Telling, card: Card) -> dict[str, Any]:
    """Return what Alertmanager has no field for."""
    return {
        "id": telling.id,
        "action": telling.action.value,
        "headline": headline(card, settings.language),
        "severity": card.severity,
        "release": card.release,
        "count": card.count,
        "culprit": card.culprit,
        "why": why(card.why, settings.language),
        "next_step": card.action,
        "may_repeat": card.may_repeat,
        "is_test": card.is_test,
    }


def classify(_settings: WebhookSettings, request: Sendable, answer: Answer) -> Outcome:
    """Any 2xx is fine: a program of your own says by its status whether it took it."""
    fault = unanswered(request, answer) or by_status(request, answer, STATUSES, FINE)
    return fault or outcome(Meaning(Verdict.OK, f"HTTP {answer.status}"), request)


CHANNEL = Channel(
    settings=WebhookSettings,
    build=build,
    classify=classify,
    quota=Quota(per_minute=60, burst=20),
    sample={"url": "https://receiver.example.com/panicstream", "secret": "k3y-of-both"},
)
