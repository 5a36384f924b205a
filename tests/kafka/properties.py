"""The settings of a broker, as tables."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

HOST = "127.0.0.1"


class Ports(NamedTuple):
    """Where a broker listens."""

    plain: int
    secure: int
    controller: int


FIXED = {
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAIN",
    "listener.security.protocol.map": "PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL",
    "auto.create.topics.enable": "false",
    # A test waits for nothing that only a large fleet needs.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "group.consumer.min.session.timeout.ms": "1000",
    "group.consumer.min.heartbeat.interval.ms": "200",
    "broker.heartbeat.interval.ms": "300",
    "broker.session.timeout.ms": "3000",
    "replica.lag.time.max.ms": "5000",
    # Inner topics are as small as they may be.
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "2",
    "share.coordinator.state.topic.num.partitions": "1",
    "log.cleaner.dedupe.buffer.size": "2097152",
    "num.network.threads": "2",
    "num.io.threads": "4",
}


def properties(node: int, ports: Sequence[Ports], folder: Path, *, secure: bool) -> dict[str, str]:
    """Return the settings of broker `node` (from 1) of as many as there are ports."""
    own, count = ports[node - 1], len(ports)
    listeners = [f"PLAIN://{HOST}:{own.plain}", f"CONTROLLER://{HOST}:{own.controller}"]
    if secure:
        listeners.append(f"SECURE://{HOST}:{own.secure}")
    return FIXED | {
        "node.id": str(node),
        "controller.quorum.voters": ",".join(
            f"{number}@{HOST}:{others.controller}" for number, others in enumerate(ports, 1)
        ),
        "listeners": ",".join(listeners),
        "log.dirs": str(folder),
        **_replicas(count),
    }


def _replicas(brokers: int) -> dict[str, str]:
    copies, must = str(min(3, brokers)), str(2 if brokers >= 3 else 1)  # three copies outlive a loss
    return {
        "default.replication.factor": copies,
        "min.insync.replicas": must,
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": must,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": must,
    }


def text(settings: Mapping[str, str]) -> str:
    """Return the settings as Java's programs read them."""
    return "".join(f"{name}={value}\n" for name, value in settings.items())
