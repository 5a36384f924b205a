"""What WATCH read, read once more by a worker that nobody disturbs."""

from confluent_kafka import Producer

from pipeline.settings import Settings
from tests.chaos.killing import TRACK, await_end
from tests.kafka.topics import PATIENCE_S, Record, drain
from tests.kafka.worker import Worker

READ = ("vitals", "clusters", "deploys")
QUEUED = 10_000


def replay(worker: Worker, disturbed: Settings, calm: Settings) -> None:
    """Copy the topics as they are, times and all; let the worker, which is not started yet, read them.

    Raises TimeoutError.
    """
    bootstrap = ",".join(disturbed.kafka.bootstrap_servers)
    for topic in READ:
        _copy(bootstrap, drain(bootstrap, disturbed.topic(topic)), calm.topic(topic))
    with worker.running():
        worker.wait_ready()
        await_end(calm, TRACK, *map(calm.topic, READ))
        worker.stop()


def _copy(bootstrap: str, records: list[Record], topic: str) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 5})
    for number, one in enumerate(records):
        producer.produce(topic, one.value, one.key, one.partition, timestamp=one.timestamp_ms)
        if number % QUEUED == 0:
            producer.flush(PATIENCE_S)
    if producer.flush(PATIENCE_S):
        raise TimeoutError(f"within {PATIENCE_S} s not all records were in {topic}")
