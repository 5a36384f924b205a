"""Three brokers, three workers and a load."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from confluent_kafka.admin import AdminClient

from pipeline.settings import Settings, TopicsSettings
from tests.chaos.verdict import Suspended
from tests.chaos.watch import Watch
from tests.chaos.workers import Workers
from tests.kafka.cluster import Cluster
from tests.kafka.told import Progress
from tests.kafka.topics import PATIENCE_S, create, until
from tests.kafka.worker import Worker, apply_topics, environment

BROKERS, PARTITIONS = 3, 4
PREFIX, LOGS = "panicstream.", "logs.chaos"
SESSION_S = 6
SETTINGS = Settings(topics=TopicsSettings(prefix=PREFIX))


@dataclass
class Scene:
    """What actions act on; `suspended` and `outages` are what they note."""

    cluster: Cluster
    workers: Workers
    random: Random
    suspended: list[Suspended] = field(default_factory=list)
    outages: int = 0

    def wait_whole(self) -> None:
        """Wait until every broker has every record, so that the next may be lost."""
        admin = AdminClient({"bootstrap.servers": self.cluster.bootstrap, "log_level": 0})

        def whole() -> bool:
            topics = admin.list_topics(timeout=PATIENCE_S).topics.values()
            partitions = [partition for topic in topics for partition in topic.partitions.values()]
            return all(len(partition.isrs) == BROKERS for partition in partitions)

        until(whole, PATIENCE_S, "broker that has every record")


@contextmanager
def scene(folder: Path, random: Random) -> Iterator[Scene]:
    """Set it up; workers run as long as the block lasts. The logs of workers are put into the folder."""
    with Cluster.start(BROKERS) as cluster:
        variables = environment(
            cluster.bootstrap,
            PREFIX,
            topics_partitions=PARTITIONS,
            detect_topics=LOGS,
            detect_start="beginning",
            detect_session_timeout=SESSION_S,
            track_session_timeout=SESSION_S,
        )
        create(cluster.bootstrap, LOGS, PARTITIONS)
        apply_topics(variables)
        # One keeps its partitions over a restart, the other joins anew.
        static = variables | {"PANICSTREAM_DETECT_INSTANCE": "one"}
        workers = Workers(
            [
                _worker("detect-1", "detect", static, folder),
                _worker("detect-2", "detect", variables, folder),
                _worker("track", "track", variables, folder),
            ],
            random,
        )
        with workers.running():
            for worker in workers.all.values():
                worker.wait_ready()
            yield Scene(cluster, workers, random)


def _worker(name: str, role: str, variables: dict[str, str], folder: Path) -> Worker:
    return Worker(name, role, variables | {"PANICSTREAM_KAFKA_CLIENT_ID": name}, folder)


@contextmanager
def watch(bootstrap: str) -> Iterator[Watch]:
    """Watch the commits as long as the block lasts."""
    with closing(Progress(bootstrap, SETTINGS.detect_group, LOGS)) as progress:
        seen = Watch(progress)
        with seen.running():
            yield seen
