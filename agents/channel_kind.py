"""What a channel is like, by its settings."""

from typing import NamedTuple

from pipeline.channels import CHANNELS
from pipeline.channels.settings import ChannelSettings
from pipeline.limits import Crowd
from pipeline.plan import Trait
from pipeline.settings import NotifySettings

LANES = 4  # requests at once, where telling twice is telling once; elsewhere a kill could repeat several
MANY = 64  # the same of Alertmanagers, which get what comes together in one request
UNFOLDED = frozenset({"alertmanager"})  # types that group by themselves


class Kind(NamedTuple):
    """What a channel is like."""

    trait: Trait
    crowd: Crowd
    folds: bool
    lanes: int = LANES


def kind(settings: ChannelSettings, how: NotifySettings) -> Kind:
    """Return what a channel of these settings is like."""
    channel = CHANNELS[settings.type]
    trait = Trait(has_notes=channel.is_chat, acknowledges=channel.acknowledges)
    crowd, folds = Crowd(how.alone if channel.is_chat else how.pages), settings.type not in UNFOLDED
    return Kind(trait, crowd, folds, LANES if folds else MANY)
