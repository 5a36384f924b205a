"""Where to look at an alert."""

from urllib.parse import quote

from pipeline.channels.card import Card
from pipeline.channels.settings import PLACE, ChannelSettings

IDS = ("fingerprint", "episode", "group_key")  # that an address may name, beside labels


def link(settings: ChannelSettings, card: Card) -> str:
    """Return the address that the settings give, else the alert's own; empty where there is none."""
    filled = PLACE.sub(lambda place: quote(card.names.get(place[1], ""), safe=""), settings.link)
    return filled or card.url
