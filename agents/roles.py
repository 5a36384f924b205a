"""The roles that a worker runs, and who makes each."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, cast

from agents.role import Role
from pipeline.settings import Settings

if TYPE_CHECKING:
    from agents.metrics import Metrics

# Makes a role; raises MisfitError where the settings, or what it finds, do not let it work.
Factory = Callable[[Settings, "Metrics"], Role]


def _made(module: str, name: str, settings: Settings, metrics: "Metrics") -> Role:
    """Import a role where it is to run: Kafka's clients and Faust are not for the supervisor."""
    return cast("Role", getattr(import_module(module), name)(settings, metrics))


ROLES: dict[str, Factory] = {
    "detect": partial(_made, "agents.detect", "Detect"),
    "track": partial(_made, "agents.track", "Track"),
}
