"""Topics that are deleted and made anew while they are read.

Where such a topic is filled beyond our position before the next fetch, no error says so, but its id does.
"""

import time
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

from agents.assigned import Assigned
from agents.sources import TopicIds

PAUSE_S = 10.0  # between questions


class Renewals:
    """Asks for the ids of the topics that are read, now and then, and never waits for an answer."""

    def __init__(self, topic_ids: TopicIds) -> None:
        self._topic_ids = topic_ids
        self._asked: dict[str, Future[Any]] = {}
        self._asked_at = time.monotonic()

    def found(self, partitions: Iterable[Assigned]) -> list[Assigned]:
        """Return those whose topic has another id by now."""
        if self._asked and all(answer.done() for answer in self._asked.values()):
            answers, self._asked = self._asked, {}
            ids = {
                topic: str(answer.result().topic_id)
                for topic, answer in answers.items()
                if not answer.exception()
            }
            return [each for each in partitions if ids.get(each.topic, each.topic_id) != each.topic_id]
        if not self._asked and time.monotonic() - self._asked_at >= PAUSE_S:
            self._asked_at = time.monotonic()
            self._asked = self._topic_ids.asked(each.topic for each in partitions)
        return []
