"""Where to look at an alert."""

import re
from urllib.parse import quote

from pipeline.channels.card import Card
from pipeline.channels.settings import ChannelSettings

PLACE = re.compile(r"\{(\w+)\}")


def link(settings: ChannelSettings, card: Card) -> str:
    """Return the address that the settings give, else the alert's own; empty where there is none."""
    filled = PLACE.sub(lambda place: quote(card.names.get(place[1], ""), safe=""), settings.link)
    return filled or card.url
