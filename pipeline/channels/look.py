"""The one look of what is told: a headline, named facts in one order, and where to look; in one language."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pipeline.channels.card import Card, Status
from pipeline.channels.channel import Telling
from pipeline.channels.links import link
from pipeline.channels.plain import line
from pipeline.channels.settings import ChannelSettings
from pipeline.channels.words import WORDS, headline, titles, why

COLOURS: Mapping[str, str] = {"critical": "red", "warning": "orange", "info": "blue"}  # by severity
GREEN, GREY = "green", "grey"


class Look(NamedTuple):
    """What people see. `facts` are names and values; `listed` are lines; `colour` is one of six words.

    Texts are clean, and not escaped. `link` may be empty; `opens` is what stands on it.
    """

    headline: str
    facts: tuple[tuple[str, str], ...]
    listed: tuple[str, ...]
    link: str
    opens: str
    colour: str


def look(settings: ChannelSettings, telling: Telling) -> Look:
    """Return how a group of alerts, or a deploy, looks in a channel."""
    if telling.card is None:
        return _deployed(settings, telling.deploy or {})
    card, words = telling.card, WORDS[settings.language]
    facts = _facts(card, settings.language)
    return Look(
        headline=headline(card, settings.language),
        facts=tuple((words[name], text) for name, text in facts if text),
        listed=tuple(_listed(card, settings.language)),
        link=link(settings, card),
        opens=words["open"],
        colour=_colour(card),
    )


def _facts(card: Card, language: str) -> Iterator[tuple[str, str]]:
    yield "service", card.service
    yield "environment", card.environment
    yield "release", card.release
    if card.status is not Status.DIGEST:
        yield "count", "" if card.count is None else f"{card.count:,}"
        yield "culprit", card.culprit
    yield "since", card.since
    yield "until", card.until
    if card.status is not Status.DIGEST:
        yield "why", why(card.why, language)
    if card.status is Status.FIRING:
        yield "action", card.action


def _listed(card: Card, language: str) -> Iterator[str]:
    if len(card.alerts) == 1 and card.status is not Status.DIGEST:
        return
    yield from titles(card, language)
    if card.more:
        yield WORDS[language]["more"].format(count=card.more)


def _colour(card: Card) -> str:
    if card.status is Status.RESOLVED:
        return GREEN
    return COLOURS.get(card.severity, GREY)


def _deployed(settings: ChannelSettings, deploy: Mapping[str, Any]) -> Look:
    words = WORDS[settings.language]
    told = {name: line(deploy.get(name) or "", 512) for name in ("service_name", "release", "environment")}
    more = {"from": "previous_release", "by": "author"}
    facts = [
        (words["service"], told["service_name"]),
        (words["environment"], told["environment"]),
        (words["release"], told["release"]),
        *((words[name], line(deploy.get(field) or "", 512)) for name, field in more.items()),
    ]
    url = line(deploy.get("build_url") or "", 2_048)
    return Look(
        headline=words["deploy"].format(service=told["service_name"], release=told["release"]),
        facts=tuple((name, text) for name, text in facts if text),
        listed=(),
        link=url if url.startswith(("https://", "http://")) else "",
        opens=words["open"],
        colour=GREY,
    )
