"""How each Kafka client of ours is set up, all from the same section of the settings."""

import ssl
from typing import TYPE_CHECKING

from pipeline.settings import KafkaSettings, Settings

if TYPE_CHECKING:
    import faust

Config = dict[str, str | int | float | bool]

# librdkafka and the Java clients agree on a key's partition only so.
PARTITIONER = "murmur2_random"

# A rebalance is heard of at a heartbeat; until all have heard nobody commits (3000: 3.2 s, measured).
HEARTBEAT_MS = 300

# Bytes of the largest record that we write, as the topics are made: `schemas/topics.toml`.
LARGEST = 16 << 20


def client(kafka: KafkaSettings) -> Config:
    """Return what every confluent-kafka client needs to reach the brokers."""
    config: Config = {
        "bootstrap.servers": ",".join(kafka.bootstrap_servers),
        "client.id": kafka.client_id,
        "security.protocol": kafka.security_protocol,
        "log_level": 0,
    }
    if kafka.security_protocol.startswith("sasl"):
        config["sasl.mechanism"] = kafka.sasl_mechanism
        config["sasl.username"] = kafka.username
        config["sasl.password"] = kafka.password.get_secret_value()
    return config | files(kafka)


def files(kafka: KafkaSettings) -> dict[str, str]:
    """Return the files of certificates that are set, by librdkafka's names."""
    paths = {
        "ssl.ca.location": kafka.ca_file,
        "ssl.certificate.location": kafka.certificate_file,
        "ssl.key.location": kafka.key_file,
    }
    return {name: path for name, path in paths.items() if path}


def producer(kafka: KafkaSettings) -> Config:
    """Return the setup of a producer that waits for its brokers as long as it takes."""
    return client(kafka) | {
        "partitioner": PARTITIONER,
        "acks": "all",
        "enable.idempotence": True,
        "compression.type": "lz4",
        "message.max.bytes": LARGEST,
        "linger.ms": 5,
        "message.timeout.ms": 0,
    }


def log_reader(settings: Settings) -> Config:
    """Return the setup of a consumer that shares the topics of logs with the others of its group."""
    detect = settings.detect
    session_ms = int(detect.session_timeout * 1000)
    config: Config = {
        "group.id": settings.detect_group,
        "partition.assignment.strategy": "cooperative-sticky",
        "session.timeout.ms": session_ms,
        "heartbeat.interval.ms": min(HEARTBEAT_MS, session_ms // 3),
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "enable.partition.eof": True,
        "auto.offset.reset": "error",
        "allow.auto.create.topics": False,
        "topic.metadata.refresh.interval.ms": 10_000,
        # The default of 1000 keeps a backlog waiting (measured: seven times slower).
        "fetch.queue.backoff.ms": 5,
        "fetch.wait.max.ms": 50,
        "queued.max.messages.kbytes": 65536,
    }
    static: Config = {"group.instance.id": detect.instance} if detect.instance else {}
    return client(settings.kafka) | config | static


def faust_brokers(kafka: KafkaSettings) -> str:
    """Return the brokers as Faust takes them."""
    return ";".join(f"kafka://{server}" for server in kafka.bootstrap_servers)


def faust_credentials(kafka: KafkaSettings) -> "faust.SSLCredentials | faust.SASLCredentials | None":
    """Return how Faust logs in. Raises OSError where a certificate cannot be read."""
    import faust  # noqa: PLC0415  # tools do without it, and it takes longer to load than they run

    encrypted = kafka.security_protocol.endswith("ssl")
    context = _ssl(kafka) if encrypted else None
    if kafka.security_protocol.startswith("sasl"):
        return faust.SASLCredentials(
            username=kafka.username,
            password=kafka.password.get_secret_value(),
            ssl_context=context,
            mechanism=kafka.sasl_mechanism,
        )
    return faust.SSLCredentials(context) if encrypted else None


def _ssl(kafka: KafkaSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=kafka.ca_file or None)
    if kafka.certificate_file:
        context.load_cert_chain(kafka.certificate_file, kafka.key_file or None)
    return context
