"""Where alerts go: a tree of routes, what keeps others silent, spans of time, and channels.

The words are those of Prometheus' Alertmanager, but for `channel`, which is a `receiver` there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.channels.settings import ChannelSettings
from pipeline.matchers import Matcher
from pipeline.time_intervals import Period

DEFAULT = "default"  # the channel of the shipped route: what is for it is kept until it is configured
NOBODY = "none"  # the channel of a route that tells nobody
EVERY_LABEL = "..."  # in `group_by`
ALERTMANAGER = "alertmanager"  # the type of channel that groups by itself


@dataclass(frozen=True)
class Route:
    """A node of the tree, with all that it inherited. Spans are in seconds.

    `name` says where it stands: `route`, `route 2`, `route 2.1`. `group_by` of `...` is every label.
    """

    name: str
    channel: str
    group_by: tuple[str, ...]
    group_wait_s: float = 0.0
    group_interval_s: float = 30.0
    repeat_interval_s: float = 14_400.0
    matchers: tuple[Matcher, ...] = ()
    continue_: bool = False
    mute: tuple[str, ...] = ()
    """Names of `Routes.intervals` in which it tells nobody."""
    active: tuple[str, ...] = ()
    """Names of `Routes.intervals` outside of which it tells nobody; none: always."""
    routes: tuple["Route", ...] = ()


@dataclass(frozen=True)
class Inhibition:
    """Alerts that meet `target` are not told while one fires that meets `source` and is equal in labels."""

    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...] = ()


@dataclass(frozen=True)
class Routes:
    """All that a file of routes holds."""

    root: Route
    inhibitions: tuple[Inhibition, ...] = ()
    intervals: Mapping[str, tuple[Period, ...]] = field(default_factory=dict)
    channels: Mapping[str, ChannelSettings] = field(default_factory=dict)

    def tells(self, channel: str) -> bool:
        """Return whether alerts go to a channel; that for a heartbeat, which is shipped, may lack."""
        return channel == DEFAULT or channel in self.channels
