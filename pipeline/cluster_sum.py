"""The sum of the rows of a cluster, which is kept right while rows come, change and leave.

What is added up is exact at any time. What is the first, the last or the union of something is exact, too,
until a row leaves that had it: then it may be more than the rows that are left have, and the sum is stale.
"""

from base64 import b64decode
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pipeline.fingerprint_row import Row
from pipeline.labels import Labels
from pipeline.sighting import Time
from pipeline.spans import Spans

LISTED = 256  # fingerprints that are named, those with the most crashes
SKETCHES = 64  # of rows; when there are more, they are joined

JoinStreams = Callable[[Sequence[bytes]], bytes]
"""Returns one sketch of the streams that are in any of these."""

Service = tuple[str | None, ...]
Release = tuple[str, str]
"""Service and release."""
Fact = list[Any]
"""Number of rows that have it, crashes, first and last time."""
Listed = tuple[int, str, Time, Time]
"""Of a fingerprint: less its crashes, itself, when it was first and last seen; the first has the most."""

NOTHING: Row = {  # what a row is before it comes, and when it has left
    **{name: [] for name in ("minutes", "hours", "services", "releases")},
    **dict.fromkeys(("first_seen", "last_seen", "title", "culprit"), None),
    "crashes_total": 0,
    "streams": "",
}
NO_SAMPLE = ("", -1 << 62, "")


class Sum:
    """The sum of some rows."""

    def __init__(self, join: JoinStreams, rows: Iterable[Row] = ()) -> None:
        self._join = join
        self.is_stale = False
        self.rows = self.crashes = 0
        self.minutes, self.hours = Spans(), Spans()
        self.services: dict[Service, list[int]] = {}  # number of rows that have it, crashes
        self.releases: dict[Release, Fact] = {}
        self.first_seen: Time = None
        self.sketches: list[bytes] = []
        self.labels = Labels()
        # With the ordinal of the row: the first that has one is told.
        self._texts: dict[str, tuple[int, str]] = {}
        self._sample: tuple[str, int, str] = NO_SAMPLE  # last seen, less the ordinal, the crash
        self._most: dict[str, Listed] = {}
        self._beyond: Listed | None = None  # the first in order of those that are not among the most
        for row in rows:
            self.change(None, row)

    @property
    def last_seen(self) -> Time:
        """When any was last seen."""
        return self._sample[0] or None

    @property
    def sample_id(self) -> str:
        """A crash of the row that was seen last."""
        return self._sample[2]

    def text(self, name: str) -> str | None:
        """Return the `title` or `culprit` of the oldest row that has one."""
        return self._texts[name][1] if name in self._texts else None

    def listed(self) -> list[Listed]:
        """Return the rows with the most crashes, in order."""
        return sorted(self._most.values(), key=_order)[:LISTED]

    def change(self, before: Row | None, after: Row | None) -> None:
        """Let a row be another; None: it was, or is, not among these."""
        known = before or after
        if known is None:
            return
        old, new = before or NOTHING, after or NOTHING
        self.rows += (after is not None) - (before is not None)
        self.crashes += new["crashes_total"] - old["crashes_total"]
        self.minutes.change(old["minutes"], new["minutes"])
        self.hours.change(old["hours"], new["hours"])
        self._change_services(old["services"], new["services"])
        self._change_releases(old["releases"], new["releases"])
        self._change_times(old["first_seen"], new["first_seen"])
        self._change_streams(old["streams"], new["streams"])
        self._change_texts(known["ordinal"], before, new)
        self._change_sample(known["ordinal"], before, after)
        self._change_most(known["fingerprint"], after)
        # What came back without its frames is the last that came as soon as it has them.
        self.is_stale |= bool(before and after and before["ordinal"] != after["ordinal"])

    def join(self, other: "Sum") -> None:
        """Add the sum of other rows."""
        self.is_stale |= other.is_stale
        self.rows, self.crashes = self.rows + other.rows, self.crashes + other.crashes
        self.minutes.join(other.minutes)
        self.hours.join(other.hours)
        for service, (rows, crashes) in other.services.items():
            known = self.services.setdefault(service, [0, 0])
            known[0], known[1] = known[0] + rows, known[1] + crashes
        for release, fact in other.releases.items():
            self._change_release(release, None, fact[1:], fact[0])
        self._change_times(None, other.first_seen)
        self.sketches += other.sketches
        self._fold()
        for name, text in other._texts.items():
            self._texts[name] = min(text, self._texts.get(name, text))
        self._sample = max(self._sample, other._sample)
        self._most.update(other._most)
        self._beyond = min(filter(None, (self._beyond, other._beyond)), key=_order, default=None)
        self._cut()

    def _change_services(self, before: Sequence[Any], after: Sequence[Any]) -> None:
        if before == after:
            return
        for sign, services in ((1, after), (-1, before)):
            for *service, count in services:
                known = self.services.setdefault(tuple(service), [0, 0])
                known[0], known[1] = known[0] + sign, known[1] + sign * count
        for *service, _ in before:
            if not self.services[tuple(service)][0]:
                del self.services[tuple(service)]

    def _change_releases(self, before: Sequence[Any], after: Sequence[Any]) -> None:
        if before == after:
            return
        old = {(service, release): fact for service, release, *fact in before}
        new = {(service, release): fact for service, release, *fact in after}
        for release in old | new:
            if old.get(release) != new.get(release):
                self._change_release(release, old.get(release), new.get(release))

    def _change_release(self, release: Release, old: Fact | None, new: Fact | None, rows: int = 1) -> None:
        """Change count, first and last time; `rows` is of how many rows `new` is."""
        known = self.releases.setdefault(release, [0, 0, None, None])
        known[0] += (rows if new else 0) - (1 if old else 0)
        known[1] += (new[0] if new else 0) - (old[0] if old else 0)
        if not known[0]:
            del self.releases[release]
            return
        known[2] = min(filter(None, (known[2], new and new[1])), default=None)
        known[3] = max(filter(None, (known[3], new and new[2])), default=None)
        for place in (1, 2):
            self._lose(known[place + 1], old[place] if old else None, new[place] if new else None)

    def _change_times(self, before: Time, after: Time) -> None:
        self.first_seen = min(filter(None, (self.first_seen, after)), default=None)
        self._lose(self.first_seen, before, after)

    def _change_streams(self, before: str, after: str) -> None:
        if after and after != before:
            self.sketches.append(b64decode(after))
            self._fold()
        self.is_stale |= bool(before) and not after

    def _change_texts(self, ordinal: int, before: Row | None, new: Row) -> None:
        for name in ("title", "culprit"):
            known = self._texts.get(name)
            if new[name] and (known is None or ordinal <= known[0]):
                self._texts[name] = (ordinal, new[name])
            elif before and known and known[0] == ordinal:
                self.is_stale = True

    def _change_sample(self, ordinal: int, before: Row | None, after: Row | None) -> None:
        sample = (after["last_seen"] or "", -ordinal, after["sample_id"]) if after else NO_SAMPLE
        if sample[:2] >= self._sample[:2]:
            self._sample = sample
        elif before and self._sample[1] == -ordinal:
            self.is_stale = True

    def _change_most(self, fingerprint: str, row: Row | None) -> None:
        known = self._most.pop(fingerprint, None)
        if row is None:
            self.is_stale |= known is not None
            return
        listed = (-row["crashes_total"], fingerprint, row["first_seen"], row["last_seen"])
        if known or self._beyond is None or _order(listed) < _order(self._beyond):
            self._most[fingerprint] = listed
            self._cut()

    def _lose(self, told: Time, before: Time, after: Time) -> None:
        """Note where the row that had the first or last of something has another now."""
        self.is_stale |= before is not None and before == told and before != after

    def _fold(self) -> None:
        if len(self.sketches) > SKETCHES:
            self.sketches = [self._join(self.sketches)]

    def _cut(self) -> None:
        """Keep no more than twice as many as are listed; some stand ready to be, when one of these leaves."""
        if len(self._most) > 2 * LISTED:
            ordered, kept = sorted(self._most.values(), key=_order), LISTED + LISTED // 2
            self._most = {one[1]: one for one in ordered[:kept]}
            self._beyond = min(filter(None, (self._beyond, ordered[kept])), key=_order)


def _order(listed: Listed) -> tuple[int, str]:
    return listed[:2]
