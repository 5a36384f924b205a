"""The roles that a worker runs, and who makes each."""

# ruff: noqa: PLC0415  # each role is imported where it is to run: Kafka's clients and Faust are not for the supervisor

from collections.abc import Callable
from typing import TYPE_CHECKING

from agents.role import Role
from pipeline.settings import Settings

if TYPE_CHECKING:
    from agents.metrics import Metrics

# Makes a role; raises MisfitError where the settings, or what it finds, do not let it work.
Factory = Callable[[Settings, "Metrics"], Role]


def _detect(settings: Settings, metrics: "Metrics") -> Role:
    from agents.detect import Detect

    return Detect(settings, metrics)


def _track(settings: Settings, metrics: "Metrics") -> Role:
    from agents.track import Track

    return Track(settings, metrics)


ROLES: dict[str, Factory] = {"detect": _detect, "track": _track}
