"""Crashes made smaller: the many of one fingerprint, and those too large for their topic."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from pipeline.sightings import Crash

MINUTE_S = 60.0
FINGERPRINTS = 10_000  # whose copies are counted; beyond, those seen longest ago are forgotten

LISTS: dict[str, Any] = {"chain": [], "frames": [], "goroutines": []}


class Copies:
    """Counts the full copies of each fingerprint in the minute that began with the first of them."""

    def __init__(self, full: int) -> None:
        """`full` copies a minute are told whole."""
        self._full = full
        self._minutes: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def is_told_whole(self, fingerprint: str, now: float) -> bool:
        """Count a copy at `now`, in seconds, and say whether it is among the first of its minute."""
        begun, copies = self._minutes.pop(fingerprint, (now, 0))
        if now - begun >= MINUTE_S:
            begun, copies = now, 0
        self._minutes[fingerprint] = begun, copies + 1
        if len(self._minutes) > FINGERPRINTS:
            self._minutes.popitem(last=False)
        return copies < self._full


def abbreviated(crash: Crash) -> Crash:
    """Return its scalars only."""
    return crash | LISTS | {"raw": "", "abbreviated": True}


def fitted(crash: Crash, limit: int, dump: Callable[[Crash], bytes]) -> bytes:
    """Write a crash in at most `limit` bytes: first its raw text is cut, then its lists, then its words."""
    written = dump(crash)
    if len(written) <= limit:
        return written
    for smaller in (_without_raw(crash, len(written) - limit), _without_lists(crash), _without_words(crash)):
        written = dump(smaller)
        if len(written) <= limit:
            break
    return written


def _without_raw(crash: Crash, excess: int) -> Crash:
    """Cut so much off the raw text that the excess is gone: JSON writes a character in one byte or more."""
    raw = crash["raw"]
    return crash | {"raw": raw[: max(0, len(raw) - excess)], "raw_truncated": True}


def _without_lists(crash: Crash) -> Crash:
    return abbreviated(crash) | {"raw_truncated": True, "damage": _marked(crash)}


def _without_words(crash: Crash) -> Crash:
    """Cut every long text; what is left takes less than a few kilobytes."""
    words = {name: text[:200] for name, text in crash.items() if isinstance(text, str)}
    return _without_lists(crash) | words | {"raw": ""}


def _marked(crash: Crash) -> list[str]:
    return sorted({*crash["damage"], "limits"})
