"""What the consumer says of its brokers: the end of each partition, whether they answer, what goes wrong."""

import logging
from collections import Counter
from dataclasses import dataclass
from typing import Any

import orjson
from confluent_kafka import KafkaError

from agents.assigned import Place

LOG = logging.getLogger(__name__)

INTERVAL_MS = 1000  # of the statistics
SILENT_US = 3_000_000  # a broker that sent nothing for so long may have records that we do not see

DOWN = {KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT, KafkaError._RESOLVE}
LOGIN = {
    KafkaError._AUTHENTICATION: "authentication",
    KafkaError.SASL_AUTHENTICATION_FAILED: "authentication",
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "authorization",
    KafkaError.GROUP_AUTHORIZATION_FAILED: "authorization",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "authorization",
}


@dataclass(frozen=True)
class Seen:
    """What is known of a partition: the offset behind its last record, and whether its broker answers."""

    end: int
    is_heard: bool


class Brokers:
    """Listens to librdkafka's errors and statistics. Its callbacks run in the thread that consumes."""

    def __init__(self) -> None:
        self.partitions: dict[Place, Seen] = {}
        self.errors: Counter[str] = Counter()
        self.fatal: KafkaError | None = None
        self.refused: str | None = None  # why they do not let us in
        self.are_down = self.is_locked_out = False

    def on_error(self, error: KafkaError) -> None:
        """Take an error: `error_cb`."""
        kind = LOGIN.get(error.code(), "transport" if error.code() in DOWN else "other")
        self.errors[kind] += 1
        if error.fatal():
            self.fatal = error
        elif error.code() in LOGIN:
            self.is_locked_out |= kind == "authentication"
            self._refuse(error.str())
        elif error.code() == KafkaError._ALL_BROKERS_DOWN and not self.are_down:
            self.are_down = True
            LOG.warning("no broker can be reached, waiting for one: %s", error.str())
        elif kind == "other":
            LOG.warning("Kafka: %s", error.str())

    def on_statistics(self, statistics: str) -> None:
        """Take the statistics: `stats_cb`."""
        told = orjson.loads(statistics)
        heard = {broker["nodeid"] for broker in told["brokers"].values() if _is_heard(broker)} - {-1}
        if heard and (self.are_down or self.is_locked_out):
            LOG.info("the brokers are reached again")
            self.are_down = False
            self.refused = None if self.is_locked_out else self.refused
            self.is_locked_out = False
        self.partitions = {
            (name, int(number)): Seen(facts["ls_offset"], facts["leader"] in heard)
            for name, topic in told["topics"].items()
            for number, facts in topic["partitions"].items()
            if number != "-1"  # librdkafka keeps records there whose partition it does not know yet
        }

    def is_heard(self, place: Place) -> bool:
        """Say whether the broker of a partition answers, so that silence means that there is nothing."""
        seen = self.partitions.get(place)
        return seen is not None and seen.is_heard

    def _refuse(self, why: str) -> None:
        if self.refused is None:
            LOG.error("the brokers do not let us in: %s", why)
        self.refused = why


def _is_heard(broker: dict[str, Any]) -> bool:
    return bool(broker["state"] == "UP" and 0 <= broker["rxidle"] < SILENT_US)
