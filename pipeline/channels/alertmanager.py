"""Prometheus' Alertmanager (API v2, 0.25 and later): alerts as it takes them, and what its answers mean.

It refuses a whole request for one bad alert, and keeps the others of it: so each is looked at before. It
forgets an alert that nobody repeats, and all of them where it dies: so they are posted again and again.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import urlencode, urlsplit

from pydantic import AfterValidator, Field, SecretStr

from pipeline.channels.answer import Answer, Outcome, Verdict
from pipeline.channels.card import card
from pipeline.channels.channel import Channel, Telling
from pipeline.channels.links import link
from pipeline.channels.plain import plain
from pipeline.channels.request import Request, Sendable, json_body
from pipeline.channels.settings import EMPTY, ChannelSettings, Quota
from pipeline.channels.verdicts import Meaning, by_status, outcome, unanswered
from pipeline.event_time import seconds, written

PATH = "/api/v2/alerts"
OURS = 'source="panicstream"'  # a label of all our alerts
STAYS_S = 300  # so long what fires is up without being posted again
BATCH = 256
NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
LABEL_BYTES, TEXT_BYTES, ALL_BYTES = 1_024, 16_384, 65_536
HELD_BYTES = 64 << 20  # of an answer that tells all that is up
TAKEN, OVER = 200, "resolved"

Record = Mapping[str, Any]
"""A value of `alerts`."""
Alert = dict[str, Any]
"""An alert as Alertmanager takes it."""

STATUSES = {
    401: Meaning(Verdict.DISABLED, "HTTP 401: it does not know our token"),
    403: Meaning(Verdict.DISABLED, "HTTP 403: it does not let us in"),
    404: Meaning(Verdict.RETRY, "HTTP 404: there is no Alertmanager at this address"),
}
UNKNOWN = Meaning(Verdict.REJECTED, "an answer that nobody knows")
HOPE = (Verdict.OK, Verdict.RETRY, Verdict.AMBIGUOUS, Verdict.REJECTED, Verdict.DISABLED)  # best first


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.username:
        raise ValueError("it is http://HOST:PORT of an Alertmanager; who asks is told by `token`")
    return url.rstrip("/").removesuffix(PATH)


class AlertmanagerSettings(ChannelSettings):
    """Alertmanagers that are told all: replicas of one, or several that know nothing of each other."""

    type: Literal["alertmanager"] = "alertmanager"
    urls: Annotated[list[Annotated[str, AfterValidator(_address)]], Field(min_length=1)]
    """Where each of them is, http://HOST:9093: every one is told, as Prometheus does it."""
    token: SecretStr = EMPTY
    """Shown as `Authorization: Bearer`, where something in front of them asks for it."""
    token_file: str = ""
    """A file that holds it."""


def alert(settings: AlertmanagerSettings, record: Record, now: int) -> Alert:
    """Return an alert as Alertmanager takes it.

    Both times are always there, since an end without a start begins at that end; none is later than now, but
    the end of what fires. Annotations are all there, each time: those before are forgotten.
    """
    starts = min(seconds(record["startsAt"] or written(now)), now)
    over = min(seconds(record["endsAt"] or written(now)), now)
    ends = over if record["status"] == OVER else now + STAYS_S
    texts = {name: plain(text) for name, text in record["annotations"].items()}
    told: Alert = {
        "labels": dict(record["labels"]),
        "annotations": {name: text for name, text in texts.items() if text},
        "startsAt": written(starts),
        "endsAt": written(max(starts, ends)),
    }
    url = link(settings, card([record]))
    return told | {"generatorURL": url} if _is_address(url) else told


def fault(told: Alert) -> str:
    """Say why Alertmanager would not take an alert, or choke on it; empty where it would take it."""
    labels, annotations = told["labels"], told["annotations"]
    if not labels:
        return "it has no labels"
    for texts, limit in ((labels, LABEL_BYTES), (annotations, TEXT_BYTES)):
        for name, text in texts.items():
            if not NAME.fullmatch(name):
                return f"{name!r} is no name of a label"
            if not isinstance(text, str) or not text:
                return f"{name} is no text, or an empty one"
            if _size(text) > limit:
                return f"{name} is longer than {limit} bytes"
    size = sum(_size(name) + _size(text) for name, text in [*labels.items(), *annotations.items()])
    return f"its texts are longer than {ALL_BYTES} bytes" if size > ALL_BYTES else ""


def posts(settings: AlertmanagerSettings, url: str, alerts: Sequence[Alert]) -> Iterator[Request]:
    """Return what tells one Alertmanager of alerts, few at once; to be told again changes nothing there."""
    headers = {"Content-Type": "application/json", **_signed(settings)}
    for start in range(0, len(alerts), BATCH):
        body = json_body(alerts[start : start + BATCH])
        yield Request("POST", url + PATH, headers, body, is_keyed=True, secrets=settings.hidden())


def question(settings: AlertmanagerSettings, url: str) -> Request:
    """Return what asks one Alertmanager which alerts of ours it holds to be up."""
    asked = f"{url}{PATH}?{urlencode({'filter': OURS})}"
    headers, secrets = _signed(settings), settings.hidden()
    return Request("GET", asked, headers, b"", is_keyed=True, secrets=secrets, answer_bytes=HELD_BYTES)


def up(body: bytes) -> set[str]:
    """Return the fingerprints in the answer to the question. Raises ValueError where it is none."""
    try:
        return {str(one["fingerprint"]) for one in json.loads(body)}
    except (TypeError, KeyError) as error:
        raise ValueError("it is no list of alerts") from error


def lost(records: Mapping[str, Record], held: Collection[str]) -> list[str]:
    """Return those of which an Alertmanager does not know that they fire, or that they are over."""
    return [name for name, record in records.items() if (record["status"] != OVER) != (name in held)]


def build(settings: AlertmanagerSettings, telling: Telling, now: float) -> list[Request]:
    """Return what tells each Alertmanager of the alerts of a card; deploys are nothing to it."""
    records = telling.card.alerts if telling.card else ()
    alerts = [alert(settings, record, int(now)) for record in records]
    return [request for url in settings.urls for request in posts(settings, url, alerts)]


def classify(_settings: AlertmanagerSettings, request: Sendable, answer: Answer) -> Outcome:
    """Say what the answer of one Alertmanager means; 4xx is for good: something in it is wrong."""
    if silent := unanswered(request, answer):
        return silent
    if answer.status == TAKEN:
        return outcome(Meaning(Verdict.OK, "taken"), request)
    return by_status(request, answer, STATUSES) or outcome(UNKNOWN, request)


def joined(outcomes: Mapping[str, Outcome]) -> Outcome:
    """Return what became of alerts that several Alertmanagers were told, by address.

    One that has them is enough: the others get them when they are back.
    """
    best = min((one.verdict for one in outcomes.values()), key=HOPE.index)
    others = [f"{url}: {one.said}" for url, one in outcomes.items() if one.verdict != Verdict.OK]
    taken = len(outcomes) - len(others)
    said = [f"taken by {taken} of {len(outcomes)}"] if taken else []
    waits = [one.after_s for one in outcomes.values() if one.after_s is not None]
    return Outcome(
        best, "; ".join(said + others), max(waits, default=None) if best is Verdict.RETRY else None
    )


def _signed(settings: AlertmanagerSettings) -> dict[str, str]:
    token = settings.revealed("token")
    return {"Authorization": f"Bearer {token}"} if token else {}


def _is_address(url: str) -> bool:
    return url.startswith(("http://", "https://")) and url.isascii() and url.isprintable() and " " not in url


def _size(text: str) -> int:
    return len(text.encode(errors="replace"))


CHANNEL = Channel(
    AlertmanagerSettings,
    build,
    classify,
    Quota(per_minute=60_000, burst=10_000),
    {"type": "alertmanager", "urls": ["http://127.0.0.1:9093"]},
    is_chat=False,
)
