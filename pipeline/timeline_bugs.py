"""What CLUSTER would tell of the bugs of a timeline."""

from collections import Counter
from collections.abc import Iterator

from pipeline.cluster_told import MINUTES, ClusterTold, Home, Release
from pipeline.event_time import HOUR, MINUTE, written
from pipeline.timeline import Step, Whose

AGAIN_S = 300  # a bug is told again so often, for an hour after its last crash


class Bug:
    """One bug: its crashes of each minute, and where they were."""

    def __init__(self, title: str, at: int) -> None:
        self._title, self._first, self._last, self._told = title, at, at, at
        self._minutes = Counter[int]()
        self._homes: dict[Whose, int] = {}
        self._streams = 1

    def crashed(self, step: Step, number: int, at: int) -> None:
        """Count crashes of a step; `at` is in seconds since 1970."""
        self._last = at
        self._minutes[at // MINUTE] += number
        self._homes[step.whose] = at
        self._streams = max(self._streams, step.fields.get("streams", 1))

    def is_due(self, at: int) -> bool:
        """Return whether it is told at this second: where it crashed, and again while it was seen lately."""
        if at == self._last:
            return True
        return at <= self._last + HOUR and (at - self._told) >= AGAIN_S

    def told(self, at: int) -> ClusterTold:
        """Return it as it is now."""
        self._told = at
        return ClusterTold(
            schema_version=1,
            cluster_id=self._title,
            title=self._title,
            state="active",
            streams=self._streams,
            first_seen=written(self._first),
            updated_at=written(at),
            first_release=None,
            sample_id=None,
            crashes_by_minute=[self._minutes[at // MINUTE - age] for age in range(MINUTES - 1, -1, -1)],
            services=[
                _home(whose) for whose in dict.fromkeys(one._replace(release=None) for one in self._homes)
            ],
            releases=[_release(whose, last) for whose, last in self._homes.items()],
        )


class Bugs:
    """All bugs of a timeline, by their titles."""

    def __init__(self) -> None:
        self._bugs: dict[str, Bug] = {}

    def crashed(self, step: Step, number: int, at: int) -> None:
        """Count crashes of a step that names a bug."""
        if title := step.fields.get("bug"):
            self._bugs.setdefault(title, Bug(title, at)).crashed(step, number, at)

    def told(self, at: int) -> Iterator[ClusterTold]:
        """Yield what is told at this second."""
        return (bug.told(at) for bug in self._bugs.values() if bug.is_due(at))


def _home(whose: Whose) -> Home:
    return Home(service_namespace=whose.namespace, service_name=whose.service, environment=whose.environment)


def _release(whose: Whose, last: int) -> Release:
    service = "/".join(part or "" for part in (whose.namespace, whose.service, whose.environment))
    return Release(service=service, release=whose.release, last_time=written(last))
