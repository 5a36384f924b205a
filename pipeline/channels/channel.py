"""What a kind of channel is: its settings, how a request is made, what an answer means, what it takes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from pipeline.channels.answer import Answer, Outcome
from pipeline.channels.card import Card
from pipeline.channels.request import Sendable
from pipeline.channels.settings import ChannelSettings, Quota


class Action(StrEnum):
    """What the channel is to do with what it is told."""

    TRIGGER = "trigger"
    UPDATE = "update"
    RESOLVE = "resolve"
    ACKNOWLEDGE = "acknowledge"
    DIGEST = "digest"
    CHANGE = "change"


@dataclass(frozen=True)
class Telling:
    """What a channel is told now.

    `id` names this telling (group, episode and seq), the same at each try. `dedup_key` names the group. `ref`
    is that of the last outcome of the group that had one. `deploy` is a value of `deploys`, where the action
    is a change; `card` is None then.
    """

    id: str
    dedup_key: str
    action: Action
    card: Card | None = None
    ref: Mapping[str, str] | None = None
    deploy: Mapping[str, Any] | None = None


S = TypeVar("S", bound=ChannelSettings)


@dataclass(frozen=True)
class Channel(Generic[S]):
    """A kind of channel.

    `build(settings, telling, now)` makes what is sent, in order; nothing where this channel does not tell
    such. `now` is in seconds since 1970. `classify(settings, request, answer)` never says OK unless the
    vendor did. `is_chat`: people read along; a thing that fired and was over unseen is worth a note.
    `acknowledges`: it can be told that somebody has seen to it. `sample`: settings that are enough.
    """

    settings: type[S]
    build: Callable[[S, Telling, float], Sequence[Sendable]]
    classify: Callable[[S, Sendable, Answer], Outcome]
    quota: Quota
    sample: Mapping[str, Any]
    is_chat: bool = True
    acknowledges: bool = False

    def takes(self, settings: S) -> Quota:
        """Return how much is sent at most, by the settings of one channel."""
        per_minute = settings.per_minute or self.quota.per_minute
        return Quota(
            per_minute=per_minute,
            burst=min(self.quota.burst, per_minute),
            per_day=getattr(settings, "per_day", self.quota.per_day),
        )
