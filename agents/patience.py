"""Asking brokers that may not answer yet."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from confluent_kafka import KafkaException

from agents.admin import RefusedError
from agents.role import FaultError

LOG = logging.getLogger(__name__)

PATIENCE_S = 60.0
PAUSE_S = 0.2

Answer = TypeVar("Answer")


def patiently(ask: Callable[[], Answer]) -> Answer:
    """Ask until there is an answer. Raises FaultError where there is none for too long."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return ask()
        except KafkaException as failure:
            if time.monotonic() > deadline:
                raise FaultError(f"the brokers do not answer: {failure.args[0]}") from failure
            time.sleep(PAUSE_S)


def waited_for(ask: Callable[[], Answer], is_stopped: Callable[[], bool]) -> Answer | None:
    """Ask until there is an answer, as long as it takes; None where we are stopped before.

    Raises MisfitError where waiting does not help.
    """
    is_told = False
    while not is_stopped():
        try:
            return ask()
        except (KafkaException, RefusedError) as failure:
            if isinstance(failure, RefusedError) and not failure.is_silence:
                raise
            if not is_told:
                LOG.warning("waiting for the brokers: %s", failure)
                is_told = True
            time.sleep(PAUSE_S)
    return None
