"""Alerts that keep others silent while they fire, as in Prometheus' Alertmanager."""

from collections.abc import Iterable, Mapping, Sequence

from pipeline.matchers import matches
from pipeline.routes import Inhibition

Labels = Mapping[str, str]
Equal = tuple[str, ...]


class Sources:
    """The alerts that fire and may keep others silent, found by what they have to be equal in."""

    def __init__(self, inhibitions: Sequence[Inhibition]) -> None:
        self._inhibitions = tuple(inhibitions)
        self._found: list[dict[Equal, dict[str, Labels]]] = [{} for _ in self._inhibitions]
        self._labels: dict[str, Labels] = {}

    def note(self, name: str, labels: Labels) -> bool:
        """Take an alert that fires, by its fingerprint; return whether it is new, and one of them."""
        if name in self._labels:
            return False
        sourced = [number for number, one in enumerate(self._inhibitions) if matches(one.source, labels)]
        for number in sourced:
            equal = _equal(self._inhibitions[number], labels)
            self._found[number].setdefault(equal, {})[name] = labels
        if sourced:
            self._labels[name] = labels
        return bool(sourced)

    def drop(self, name: str) -> bool:
        """Forget an alert that fires no more; return whether it was one of them."""
        labels = self._labels.pop(name, None)
        if labels is None:
            return False
        for one, found in zip(self._inhibitions, self._found, strict=True):
            equal = _equal(one, labels)
            held = found.get(equal, {})
            held.pop(name, None)
            if not held:
                found.pop(equal, None)
        return True

    def inhibits(self, labels: Labels) -> Labels | None:
        """Return the labels of an alert that keeps one with these silent; None: there is none.

        What is source and target of one rule is kept silent by no other such.
        """
        for one, found in zip(self._inhibitions, self._found, strict=True):
            if not matches(one.target, labels):
                continue
            is_both = matches(one.source, labels)
            for source in found.get(_equal(one, labels), {}).values():
                if not (is_both and matches(one.target, source)):
                    return source
        return None


def is_inhibited(inhibitions: Sequence[Inhibition], labels: Labels, firing: Iterable[Labels]) -> bool:
    """Return whether one of the alerts that fire keeps one with these labels silent."""
    return inhibitor(inhibitions, labels, firing) is not None


def inhibitor(inhibitions: Sequence[Inhibition], labels: Labels, firing: Iterable[Labels]) -> Labels | None:
    """Return the labels of the first alert that keeps one with these silent; None: there is none."""
    sources = Sources(inhibitions)
    for number, one in enumerate(firing):
        sources.note(str(number), one)
    return sources.inhibits(labels)


def _equal(one: Inhibition, labels: Labels) -> Equal:
    """Return the labels that have to be equal; one that is not there is equal to an empty one."""
    return tuple(labels.get(name, "") for name in one.equal)
