"""`panicstream topics`: what is missing is made, what differs is told, nothing is taken away."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from agents import clients
from agents.admin import Admin, RefusedError
from agents.role import MisfitError
from agents.topics import KAFKAS_SIZE, misfits, require, sizes
from pipeline.settings import KafkaSettings, Settings
from tests.kafka.asking import PARTITIONS, Asker
from tests.kafka.cluster import free_ports
from tests.kafka.topics import create, drain, produce, until

ROWS = [
    *("panics", "sightings", "vitals", "deadletters", "checkpoints", "clusters", "commands"),
    *(
        "alerts",
        "alert-events",
        "notifications",
        "deliveries",
        "actions",
        "action-results",
        "reports",
        "deploys",
    ),
    *("fingerprints-changelog", "watched-changelog", "told-changelog", "leader"),
]
COUNTS = dict.fromkeys(ROWS, PARTITIONS) | {"leader": 1}


@pytest.fixture
def ask(tmp_path: Path, kafka: str, prefix: str) -> Asker:
    return Asker(tmp_path, kafka, prefix)


def settings(kafka: str, prefix: str = "panicstream.", partitions: int = PARTITIONS) -> Settings:
    topics = {"prefix": prefix, "partitions": partitions}
    return Settings.model_validate({"kafka": {"bootstrap_servers": kafka}, "topics": topics})


def set_config(kafka: str, topic: str, name: str, value: str) -> None:
    entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
    changed = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    admin = AdminClient({"bootstrap.servers": kafka})
    admin.incremental_alter_configs([changed])[changed].result(30)
    asked = ConfigResource(ResourceType.TOPIC, topic)
    # The controller has it; the broker that is asked may hear of it a moment later.
    until(
        lambda: admin.describe_configs([asked])[asked].result(30)[name].value == value,
        30,
        f"{name} of {topic}",
    )


def test_what_is_missing_is_made(ask: Asker) -> None:
    made = ask.rows("topics", "apply")
    assert {row["row"]: row["partitions"] for row in made} == COUNTS
    assert [row["misfits"] for row in made if row["done"].startswith("made, ")] == [[]] * len(ROWS)


def test_topics_are_made_as_the_table_says(ask: Asker) -> None:
    ask("topics", "apply")
    checkpoints = next(row for row in ask.rows("topics", "check") if row["row"] == "checkpoints")
    assert checkpoints["config"] == {
        "cleanup.policy": "compact",
        "segment.bytes": str(64 << 20),
        "max.message.bytes": str(16 << 20),
    }


def test_nothing_is_done_where_all_fit(ask: Asker, prefix: str) -> None:
    ask("topics", "apply")
    told = ask("topics", "apply")
    assert (told.code, told.output.splitlines()[0]) == (0, f"{prefix}panics: fits")
    assert {line.rpartition(": ")[2] for line in told.output.splitlines()} == {"fits"}


def test_two_that_make_the_topics_at_once_do_not_meet(tmp_path: Path, kafka: str, prefix: str) -> None:
    folders = [tmp_path / "one", tmp_path / "other"]
    for folder in folders:
        folder.mkdir()
    with ThreadPoolExecutor() as threads:
        told = list(threads.map(lambda folder: Asker(folder, kafka, prefix)("topics", "apply"), folders))
    assert [(answer.code, answer.errors) for answer in told] == [(0, [])] * 2


def test_check_makes_nothing(ask: Asker, prefix: str) -> None:
    told, again = ask("topics", "check"), ask("topics", "check")
    assert (told.code, told.errors, again) == (1, [], told)
    assert told.output.splitlines()[0] == f"{prefix}panics: it is missing; `panicstream topics apply`"


def test_what_differs_is_left_until_one_says_update(ask: Asker, kafka: str, prefix: str) -> None:
    ask("topics", "apply")
    set_config(kafka, f"{prefix}vitals", "retention.ms", "1000")
    left, updated, after = ask("topics", "apply"), ask("topics", "apply", "--update"), ask("topics", "check")
    assert [line for line in left.output.splitlines() if not line.endswith(": fits")] == [
        f"{prefix}vitals: retention.ms is 1000, must be 604800000 or more; "
        "`panicstream topics apply --update` or "
        f"`kafka-configs.sh --bootstrap-server {kafka} --alter --topic {prefix}vitals"
        " --add-config retention.ms=604800000`"
    ]
    assert f"{prefix}vitals: retention.ms 604800000" in updated.output.splitlines()
    assert [left.code, updated.code, after.code] == [1, 0, 0]


def test_no_number_of_partitions_is_changed_and_no_record_lost(ask: Asker, kafka: str, prefix: str) -> None:
    create(kafka, f"{prefix}sightings", PARTITIONS + 1)
    produce(kafka, f"{prefix}sightings", [(b"k", b"v")])
    told = ask("topics", "apply", "--update")
    assert (told.code, len(drain(kafka, f"{prefix}sightings"))) == (1, 1)
    assert f"{prefix}sightings: it has {PARTITIONS + 1} partitions" in told.output


def test_a_replication_factor_that_cannot_be_is_refused(ask: Asker, kafka: str, prefix: str) -> None:
    ask.set("topics", replication_factor=9)
    told = ask("topics", "apply")
    assert (told.code, len(told.errors)) == (2, len(ROWS))
    assert told.errors[0].startswith(f"panicstream: {prefix}panics: Kafka at {kafka}: Unable to replicate")
    assert told.errors[0].endswith("; check topics.replication_factor")


def test_who_cannot_be_reached_is_named(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    told = Asker(tmp_path, f"127.0.0.1:{port}", "t.")("topics", "check")
    reason = f"Connect to ipv4#127.0.0.1:{port} failed: Connection refused"
    remedy = "check kafka.bootstrap_servers and kafka.security_protocol, and whether Kafka runs there"
    assert told == (2, "", [f"panicstream: Kafka at 127.0.0.1:{port}: {reason}; {remedy}"])


def test_silence_may_pass() -> None:
    (port,) = free_ports(1)
    kafka = KafkaSettings.model_validate({"bootstrap_servers": f"127.0.0.1:{port}"})
    with pytest.raises(RefusedError) as refused:
        Admin(kafka, patience=0).metadata()
    assert refused.value.is_silence


def test_a_worker_may_not_start_without_its_topics(kafka: str, prefix: str) -> None:
    with pytest.raises(MisfitError) as refused:
        require(settings(kafka, prefix))
    assert (str(refused.value), refused.value.remedy) == (
        f"{prefix}panics: it is missing (and {len(ROWS) - 1} more: `panicstream topics check`)",
        "`panicstream topics apply`",
    )


def test_a_worker_bears_a_short_retention(ask: Asker, kafka: str, prefix: str) -> None:
    ask("topics", "apply")
    set_config(kafka, f"{prefix}panics", "retention.ms", "1000")
    borne = require(settings(kafka, prefix))
    assert [misfit.text for misfit in borne] == [
        f"{prefix}panics: retention.ms is 1000, must be 2592000000 or more"
    ]


def test_the_largest_record_is_what_the_topic_takes(ask: Asker, kafka: str, prefix: str) -> None:
    ask("topics", "apply")
    set_config(kafka, f"{prefix}panics", "max.message.bytes", "2000000")
    set_config(kafka, f"{prefix}deadletters", "max.message.bytes", "99999999")
    assert sizes(settings(kafka, prefix)) == dict.fromkeys(ROWS, KAFKAS_SIZE) | {
        "panics": 2_000_000,
        "sightings": 4 << 20,
        "vitals": 4 << 20,
        "clusters": 4 << 20,
        "commands": 4 << 20,
        **dict.fromkeys(ROWS[7:15], 4 << 20),  # those of alerts
        "fingerprints-changelog": 16 << 20,
        "watched-changelog": 16 << 20,
        "told-changelog": 16 << 20,
        "deadletters": clients.LARGEST,
        "checkpoints": 16 << 20,
    }


def test_our_producer_writes_records_as_large_as_the_topics_take(ask: Asker, kafka: str, prefix: str) -> None:
    ask("topics", "apply")
    producer = Producer(clients.producer(settings(kafka).kafka))
    size = sizes(settings(kafka, prefix))["checkpoints"] - 100
    producer.produce(f"{prefix}checkpoints", bytes(size), b"logs/0")
    assert producer.flush(60) == 0
    assert [len(record.value or b"") for record in drain(kafka, f"{prefix}checkpoints")] == [size]


@pytest.fixture
def mock() -> tuple[Producer, str]:
    """Give librdkafka's own broker, and who keeps it; its topics have four partitions."""
    keeper = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1, "log_level": 0})
    broker = keeper.list_topics(timeout=10).brokers[1]
    return keeper, f"{broker.host}:{broker.port}"


def test_of_a_broker_without_a_controller_only_partitions_are_compared(mock: tuple[Producer, str]) -> None:
    keeper, bootstrap = mock
    known = settings(bootstrap, partitions=4)
    for misfit in misfits(known):
        keeper.list_topics(misfit.topic, timeout=10)  # which makes it
    wrong = misfits(settings(bootstrap, partitions=5))
    assert (misfits(known), {misfit.topic for misfit in wrong if misfit.is_fatal}) == (
        [],
        {
            f"panicstream.{name}"
            for name in (
                *("sightings", "vitals", "checkpoints", "clusters", "commands", "notifications", "deploys"),
                *("track-fingerprints-changelog", "track-watched-changelog", "track-told-changelog"),
            )
        },
    )
