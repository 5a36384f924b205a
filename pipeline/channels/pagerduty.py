"""PagerDuty: Events API v2, and change events for deploys.

Source: developer.pagerduty.com, "Send an Alert Event", "Send a Change Event". A trigger on a key that is
resolved opens a new incident, so that an old one must never come after its resolve.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import SecretStr

from pipeline.alert import cut
from pipeline.channels.answer import Answer, Outcome, Verdict
from pipeline.channels.card import Alert, Card
from pipeline.channels.channel import Action, Channel, Telling
from pipeline.channels.links import link
from pipeline.channels.look import look
from pipeline.channels.plain import line
from pipeline.channels.request import Request, Sendable, json_body
from pipeline.channels.settings import EMPTY, ChannelSettings, Quota
from pipeline.channels.verdicts import Meaning, by_status, fields, text, unanswered, unread
from pipeline.channels.words import title

LIMIT = 512_000  # bytes of a body
SUMMARY, KEY = 1_024, 255  # bytes; it counts characters
NAMED = (1_000, 100, 10, 0)  # alerts of a group that are named: fewer where they do not fit
SEVERITIES = frozenset({"critical", "error", "warning", "info"})
ACTIONS: Mapping[Action, str] = {
    Action.TRIGGER: "trigger",
    Action.UPDATE: "trigger",
    Action.DIGEST: "trigger",
    Action.RESOLVE: "resolve",
    Action.ACKNOWLEDGE: "acknowledge",
}
ACCEPTED = frozenset({202})

STATUSES = {
    400: Meaning(Verdict.REJECTED, "HTTP 400: the event is not well-formed"),
    403: Meaning(Verdict.DISABLED, "HTTP 403: the routing key is not let in"),
    404: Meaning(Verdict.DISABLED, "HTTP 404: there is no such address"),
    429: Meaning(Verdict.RETRY, "HTTP 429: too many events of this routing key", 30.0),
}


class PagerdutySettings(ChannelSettings):
    """An integration of a service of PagerDuty (Events API v2)."""

    needs = ("routing_key",)

    routing_key: SecretStr = EMPTY
    """The integration key."""
    routing_key_file: str = ""
    """A file that holds it."""
    url: str = "https://events.pagerduty.com"
    """Where events go; of the EU: https://events.eu.pagerduty.com."""


def build(settings: PagerdutySettings, telling: Telling, _now: float) -> list[Request]:
    """Return one event; none where nobody was told and all is over."""
    if telling.action is Action.CHANGE:
        return [_request(settings, "/v2/change/enqueue", _change(settings, telling))]
    if telling.card is None or telling.card.is_past:
        return []
    return [_request(settings, "/v2/enqueue", _event(settings, telling, telling.card))]


def _request(settings: PagerdutySettings, path: str, body: bytes) -> Request:
    headers = {"Content-Type": "application/json"}
    url, secrets = f"{settings.url.rstrip('/')}{path}", settings.hidden()
    return Request("POST", url, headers, body, is_keyed=True, secrets=secrets)


def _event(settings: PagerdutySettings, telling: Telling, card: Card) -> bytes:
    value: dict[str, Any] = {
        "routing_key": settings.revealed("routing_key"),
        "event_action": ACTIONS[telling.action],
        "dedup_key": cut(telling.dedup_key, KEY, ""),
    }
    if value["event_action"] != "trigger":
        return json_body(value)
    url = link(settings, card)
    if url:
        value |= {"client": "panicstream", "client_url": url}
    return _fitting(value | {"payload": _payload(settings, card)}, settings, telling, card)


def _payload(settings: PagerdutySettings, card: Card) -> dict[str, Any]:
    marks = ["[TEST]"] if card.is_test else []
    where = [part for part in (card.service, card.environment) if part]
    first = card.alerts[0]
    payload = {
        "summary": cut(" ".join([*marks, title(card, settings.language)]), SUMMARY),
        "source": "@".join(where) or "panicstream",
        "severity": card.severity if card.severity in SEVERITIES else "error",
        "timestamp": _millis(first),
        "component": card.service,
        "group": card.environment,
        "class": card.why.rule,
    }
    return {name: text for name, text in payload.items() if text}


def _millis(alert: Alert) -> str:
    """Return when an alert fired, to the millisecond: `2026-11-21T00:06:32.175Z`."""
    moment = line(alert.get("startsAt") or "", 64)
    return f"{moment[:23].rstrip('Z')}Z" if moment else ""


def _fitting(value: dict[str, Any], settings: PagerdutySettings, telling: Telling, card: Card) -> bytes:
    """Return an event with as many details as it may have; all others of them go before the last."""
    for details in (*_details(settings, telling, card), None):
        more = {} if details is None else {"custom_details": details}
        written = json_body(value | {"payload": value["payload"] | more})
        if len(written) <= LIMIT:
            break
    return written


def _details(settings: PagerdutySettings, telling: Telling, card: Card) -> Iterator[dict[str, Any]]:
    facts = dict(look(settings, telling).facts) | {"id": telling.id}
    if card.may_repeat:
        facts["may_repeat"] = "true"
    if len(card.alerts) == 1:
        yield facts
    for most in NAMED:
        titles = [_title(alert) for alert in card.alerts[:most]]
        yield facts | {"alerts": titles, "more_alerts": len(card.alerts) - len(titles)}


def _title(alert: Alert) -> str:
    labels, annotations = alert.get("labels") or {}, alert.get("annotations") or {}
    return line(annotations.get("summary") or labels.get("alertname") or "?", SUMMARY)


def _change(settings: PagerdutySettings, telling: Telling) -> bytes:
    deploy, shown = telling.deploy or {}, look(settings, telling)
    payload = {
        "summary": cut(shown.headline, SUMMARY),
        "timestamp": _millis({"startsAt": deploy.get("finished_at") or deploy.get("started_at")}),
        "source": "panicstream",
        "custom_details": dict(shown.facts),
    }
    links = [{"href": shown.link, "text": shown.opens}] if shown.link else []
    key = settings.revealed("routing_key")
    return json_body({"routing_key": key, "payload": {k: v for k, v in payload.items() if v}, "links": links})


def classify(_settings: PagerdutySettings, request: Sendable, answer: Answer) -> Outcome:
    """Take 202 with `status` success for fine; a routing key that is not known is 400, as all faults."""
    fault = unanswered(request, answer) or by_status(request, answer, STATUSES, ACCEPTED)
    if fault and fault.verdict is Verdict.REJECTED and "routing_key" in text(answer):
        return Outcome(Verdict.DISABLED, fault.said)
    if fault:
        return fault
    if fields(answer).get("status") != "success":
        return unread(request, answer, "PagerDuty")
    return Outcome(Verdict.OK, "PagerDuty took it")


CHANNEL = Channel(
    settings=PagerdutySettings,
    build=build,
    classify=classify,
    quota=Quota(per_minute=60, burst=5),
    sample={"routing_key": "R0000000000000000000000000000000"},
    is_chat=False,
    acknowledges=True,
)
