"""The digest of a channel: what it is told of groups for which there is no room by themselves.

It is a group of its own, with one member, whose episode tells how many alerts were summed up: it is told
again, a while later, as long as there are more, and is over when all of them are.
"""

from pipeline.group import CRITICAL, FIRING, RESOLVED, Group, Member, Waits
from pipeline.wanted import DIGEST_KEY, Row

KEY = DIGEST_KEY
GATHER_S, AGAIN_S, REPEAT_S = 2.0, 20.0, 14_400.0


class Digest:
    """What is summed up of a channel; `group` is how that is told."""

    def __init__(self, channel: str) -> None:
        self.group = Group(channel, KEY, {"alertname": "Digest"}, Waits(GATHER_S, AGAIN_S, REPEAT_S))
        self.total = self.firing = 0
        """How many alerts were summed up, and how many of them fire."""
        self._folded: dict[str, int] = {}
        self._began = self._came = 0.0
        self.grew_at = 0.0
        """When alerts were summed up last."""
        self._is_critical = False

    @property
    def folded(self) -> list[str]:
        """The groups that fire."""
        return list(self._folded)

    def load(self, told: Row) -> None:
        """Go on where its row says that it was; rows of groups follow."""
        self.group.told = told
        for mark in [
            *told["known"].values(),
            *told["over"].values(),
            *((told["pending"] or {}).get("known") or {}).values(),
        ]:
            self.recall(mark)

    @property
    def mark(self) -> str:
        """When it began, and how many alerts were summed up."""
        return f"{KEY}-{int(self._began)}-{self.total}"

    def recall(self, mark: str) -> None:
        """Go on from a mark, unless what is known is newer."""
        began, total = (int(part) for part in mark.split("-")[1:])
        if (began, total) > (int(self._began), self.total):
            self._began, self._came, self.total = float(began), float(began), total

    def note(self, told: Row, fresh: int, now: float, *, is_critical: bool = False) -> None:
        """Take the row of a group as it is now, and how many alerts of it are new to the digest."""
        before = self.firing
        self.firing -= self._folded.pop(told["group_key"], 0)
        if told["folded"] and told["known"]:
            self._folded[told["group_key"]] = len(told["known"])
            self.firing += len(told["known"])
        if fresh:
            self.grew_at = now
        if not self._began or (fresh and not before and self._is_told_over()):
            self._began, self.total, self._is_critical = max(now, self._began + 1), 0, False
            self._came = now
        self.total = max(self.total + fresh, self.firing)
        self._is_critical |= is_critical
        self.show()

    def _is_told_over(self) -> bool:
        """Return whether the channel heard of the end of what was summed up, or need not hear of it."""
        told, member = self.group.now(), self.group.members.get(KEY)
        is_closed = not told["known"] and not told["pending"]
        return is_closed and (member is None or told["over"].get(KEY) == member.episode)

    def show(self) -> None:
        """Let it be told as it is now, where there is anything to be told of."""
        if not self.total:
            return
        severity = CRITICAL if self._is_critical else "warning"
        labels = {"alertname": "Digest", "severity": severity}
        status = FIRING if self._folded else RESOLVED
        self.group.members = {KEY: Member(self.mark, status, labels, self._came)}
