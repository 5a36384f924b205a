"""How many alerts are kept back from a channel, and why."""

from collections.abc import Mapping

from agents.metrics import Metrics
from pipeline.group import Group


class HushCount:
    """Counts an alert once for each reason; not one that was told before."""

    def __init__(self, channel: str, metrics: Metrics) -> None:
        self._channel, self._metrics = channel, metrics
        self.counted: dict[str, dict[str, str]] = {}
        """Of each group, why its members were kept back last, with their episodes."""

    def count(self, group: Group, hushed: Mapping[str, str]) -> None:
        """Take the alerts of a group that are kept back now, each with the reason."""
        known, before = group.now()["known"], self.counted.pop(group.key, {})
        marks = {name: mark for name, mark in before.items() if name in group.members}
        for name, reason in hushed.items():
            mark = f"{group.members[name].episode}/{reason}"
            if name not in known and marks.get(name) != mark:
                marks[name] = mark
                self._metrics.suppressed.labels(self._channel, reason).inc()
        if marks:
            self.counted[group.key] = marks

    def drop(self, group: str) -> None:
        """Forget a group."""
        self.counted.pop(group, None)
