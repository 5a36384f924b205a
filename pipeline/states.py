"""The state of a cluster: `new` for a day, then `ongoing`, unless a person said otherwise.

What was said: `state` is `resolved`, since `time`, in `release` where one was named; or `regressed`, when it
was seen in a release that came after that one. `is_muted` hides either.
"""

from collections.abc import Callable
from typing import Any

from pipeline.event_time import DAY, seconds
from pipeline.sighting import Time

State = dict[str, Any]

NEW, ONGOING, REGRESSED, RESOLVED, MUTED = "new", "ongoing", "regressed", "resolved", "muted"
STATES = (NEW, ONGOING, REGRESSED, RESOLVED, MUTED)
NEW_S = DAY


def shown(said: State, first_seen: Time, now: str) -> str:
    """Return the state that a cluster has now."""
    if said.get("is_muted"):
        return MUTED
    if state := said.get("state"):
        return str(state)
    return NEW if first_seen and seconds(now) < seconds(first_seen) + NEW_S else ONGOING


def _resolved(said: State, release: str | None, time: str) -> State:
    return _mute(said) | {"state": RESOLVED, "release": release, "time": time}


def _mute(said: State) -> State:
    return {"is_muted": True} if said.get("is_muted") else {}


SAID: dict[str, Callable[[State, str | None, str], State]] = {  # by people: state, release and time -> state
    "resolve": _resolved,
    "reopen": lambda said, _release, _time: _mute(said),
    "mute": lambda said, _release, _time: said | {"is_muted": True},
    "unmute": lambda said, _release, _time: {name: said[name] for name in said if name != "is_muted"},
}


def regressed(said: State, release: str | None, time: str) -> State:
    """Return the state of one that was resolved and was seen again."""
    return said | {"state": REGRESSED, "release": release, "time": time}


def is_regression(said: State, release: str | None, last: Time, appeared: Callable[[str], Time]) -> bool:
    """Return whether a sighting shows that what was resolved is not.

    Releases are in the order in which they appeared in the service, which `appeared` says: not before the
    resolution where it is not known of that release. Without a release the time decides: `last` is that of
    the sighting.
    """
    if said.get("state") != RESOLVED:
        return False
    if not release or said["release"] is None:
        return bool(last and last > said["time"])
    first, since = appeared(release), appeared(said["release"]) or said["time"]
    return release != said["release"] and bool(first and first > since)
