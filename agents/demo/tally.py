"""What was planted and what was found in a run of the demo."""

from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

from agents.demo.samples import Sample
from agents.demo.script import Written
from agents.summary import Group, count_in

LATEST = 50
INFO = "info"

Crash = dict[str, Any]
"""A record of `panics`: `panic.v1`."""
Alert = dict[str, Any]
"""A record of `alerts`: `alerts.v1`."""


class Tally:
    """Counts crashes by container and fingerprint; the same id counts once."""

    def __init__(self, samples: Mapping[str, Sample]) -> None:
        self._samples = samples
        self._ids: set[str] = set()
        self._planted: Counter[tuple[str, str]] = Counter()
        self._found: Counter[tuple[str, str]] = Counter()
        self.sent = 0
        self.releases: dict[str, str] = {}  # the newest of each service
        self.latest: deque[Crash] = deque(maxlen=LATEST)
        self.groups: dict[str, Group] = {}
        self.services: dict[str, str] = {}  # by fingerprint
        self.alerts: dict[str, Alert] = {}  # that fired, by fingerprint, in the order in which they were seen

    def send(self, written: Written) -> None:
        """Count a line that was sent."""
        self.sent += 1
        of = written.container
        if written.line.number == 0:
            self.releases[of.service] = of.version
        if written.ends:
            self._planted.update((of.id, one) for one in self._samples[written.ends].fingerprints)

    def find(self, crash: Crash) -> bool:
        """Count a crash that was told; False where it was told before."""
        if crash["id"] in self._ids:
            return False
        self._ids.add(crash["id"])
        self._found[crash["container_id"], crash["fingerprint"]] += 1
        count_in(self.groups, crash)
        self.services[crash["fingerprint"]] = crash["service_name"] or "-"
        self.latest.appendleft(crash)
        return True

    def fire(self, alert: Alert) -> bool:
        """Take note of an alert; False where it tells nothing new: it does not fire, or did before.

        That of the watchdog fires for as long as anybody watches.
        """
        known = alert["fingerprint"] in self.alerts or alert["labels"]["severity"] == INFO
        if known or alert["startsAt"] is None:
            return False
        self.alerts[alert["fingerprint"]] = alert
        return True

    @property
    def planted(self) -> int:
        """How many were planted."""
        return self._planted.total()

    @property
    def found(self) -> int:
        """How many of these were found."""
        return (self._planted & self._found).total()

    @property
    def others(self) -> int:
        """How many were told that were not planted."""
        return (self._found - self._planted).total()

    @property
    def is_complete(self) -> bool:
        """True where all that were planted were found."""
        return self.found == self.planted
