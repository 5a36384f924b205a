"""Both clients log in with the same settings, say clearly why they may not, and never say the password."""

import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka import KafkaError, Producer
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from agents import clients, topics
from agents.admin import RIGHTS, TLS, Admin, Objections, RefusedError, refused
from agents.configuration import load
from pipeline.settings import KafkaSettings
from tests.command import PROGRAM, Answer, run
from tests.kafka.asking import Asker
from tests.kafka.cluster import Cluster
from tests.kafka.security import LISTENER, MECHANISMS, Security
from tests.kafka.topics import create, produce

WRONG = "a-wrong-password"
CERTIFIED = {  # settings of a broker that knows its clients by their certificates, and what each may do
    "listener.security.protocol.map": "PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SSL",
    f"{LISTENER}.ssl.client.auth": "required",
    f"{LISTENER}.ssl.truststore.type": "PEM",
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS",
}
CERTIFICATE = [  # arguments of openssl: our own key, signed by the authority that the broker knows
    "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout client.key -out client.request"
    " -subj /CN=client -config ssl.conf",
    "x509 -req -in client.request -CA ca.pem -CAkey ca.key -CAcreateserial -out client.pem -days 2",
]


class Certificates(Security):
    """A secure listener on which clients show certificates instead of passwords."""

    def certify(self) -> None:
        """Write the files, those of a client, too."""
        super().certify()
        for arguments in CERTIFICATE:
            run(["openssl", *arguments.split()], folder=self.folder)

    def properties(self) -> dict[str, str]:
        """Return the broker's settings of the listener."""
        keystore = {name: value for name, value in super().properties().items() if ".ssl." in name}
        return keystore | CERTIFIED | {f"{LISTENER}.ssl.truststore.location": str(self.ca_file)}

    def users(self) -> list[str]:
        """Return nobody: there are no passwords."""
        return []


@pytest.fixture
def topic(secure_kafka: Cluster) -> str:
    """Give a topic that holds one record."""
    return filled(secure_kafka)


def filled(cluster: Cluster, prefix: str = "") -> str:
    name = f"{prefix}t{uuid4().hex[:8]}"
    create(cluster.bootstrap, name)
    produce(cluster.bootstrap, name, [(None, b"found")])
    return name


@pytest.fixture
def ask(tmp_path: Path, secure_kafka: Cluster) -> Asker:
    """Ask through the secure listener, with the password in a file."""
    asker = Asker(tmp_path, secure_kafka.secure_bootstrap, f"t{uuid4().hex[:8]}.")
    (tmp_path / "password").write_text(secure_kafka.security.password)
    asker.set(
        "kafka",
        security_protocol="sasl_ssl",
        ca_file=str(secure_kafka.security.ca_file),
        username=secure_kafka.security.user,
        password_file=str(tmp_path / "password"),
    )
    return asker


def read_with_faust(ask: Asker, topic: str) -> Answer:
    ask.write()
    words = ["-m", "tests.kafka.faust_reader", topic, str(ask.file.parent), str(ask.file)]
    return run([sys.executable, *words], folder=Path(__file__).parents[2])


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_confluents_client_comes_in(ask: Asker, mechanism: str) -> None:
    ask.set("kafka", sasl_mechanism=mechanism)
    assert {row["row"] for row in ask.rows("topics", "apply")} >= {"panics", "checkpoints"}


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_faust_comes_in(ask: Asker, topic: str, mechanism: str) -> None:
    ask.set("kafka", sasl_mechanism=mechanism)
    told = read_with_faust(ask, topic)
    assert (told.code, told.output) == (0, "found\n")


def test_the_password_may_stand_in_the_environment(ask: Asker, secure_kafka: Cluster) -> None:
    del ask.settings["kafka"]["password_file"]
    ask.write()
    variable = f"PANICSTREAM_KAFKA_PASSWORD={secure_kafka.security.password}"
    told = run(["env", variable, PROGRAM, "topics", "check", "--config", str(ask.file)])
    assert (told.code, told.errors) == (1, [])


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_confluents_client_says_that_a_password_is_wrong(ask: Asker, mechanism: str) -> None:
    (ask.file.parent / "password").write_text(WRONG)
    ask.set("kafka", sasl_mechanism=mechanism)
    (line,) = ask("topics", "check").errors
    assert line.startswith(
        f"panicstream: Kafka at {ask.settings['kafka']['bootstrap_servers']}: SASL authentication error"
    )
    assert line.endswith("; check kafka.username, kafka.password and kafka.sasl_mechanism")
    assert WRONG not in line


def test_faust_says_that_a_password_is_wrong_and_ends(ask: Asker, topic: str) -> None:
    (ask.file.parent / "password").write_text(WRONG)
    told = read_with_faust(ask, topic)
    assert (told.code, told.output) == (1, "")
    said = [
        name in "".join(told.errors) for name in ("SaslAuthenticationFailed", "KafkaConnectionError", WRONG)
    ]
    assert said == [True, True, False]


def test_confluents_client_says_that_it_does_not_know_the_authority(ask: Asker) -> None:
    del ask.settings["kafka"]["ca_file"]
    (line,) = ask("topics", "check").errors
    assert "certificate verify failed" in line
    assert "; check kafka.security_protocol, kafka.ca_file, " in line


def test_faust_says_that_it_does_not_know_the_authority_and_ends(ask: Asker, topic: str) -> None:
    del ask.settings["kafka"]["ca_file"]
    told = read_with_faust(ask, topic)
    assert (told.code, "CERTIFICATE_VERIFY_FAILED" in "".join(told.errors)) == (1, True)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_the_password_is_never_said(ask: Asker, secure_kafka: Cluster, topic: str, mechanism: str) -> None:
    ask.set("kafka", sasl_mechanism=mechanism)
    ask.write()
    settings = load(str(ask.file))
    told = [
        *(ask("topics", "check"), read_with_faust(ask, topic)),
        *(settings, settings.model_dump(), settings.model_dump_json()),
        clients.faust_credentials(settings.kafka),
    ]
    assert [said for said in told if secure_kafka.security.password in f"{said!r} {said}"] == []


@pytest.fixture(scope="module")
def mutual() -> Iterator[Cluster]:
    """Give a broker that knows its clients by their certificates, and what each may do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.kafka.cluster.Security", Certificates)
        with Cluster.start(security=True) as cluster:
            yield cluster


@pytest.fixture
def stranger(tmp_path: Path, mutual: Cluster) -> Asker:
    """Ask that broker, with our certificate, and without any right."""
    folder = mutual.security.folder
    asker = Asker(tmp_path, mutual.secure_bootstrap, f"t{uuid4().hex[:8]}.")
    files = {"ca_file": "ca.pem", "certificate_file": "client.pem", "key_file": "client.key"}
    asker.set("kafka", security_protocol="ssl", **{name: str(folder / file) for name, file in files.items()})
    return asker


@pytest.fixture
def known(stranger: Asker, mutual: Cluster) -> Asker:
    """Ask it with the rights that README names."""
    allow(mutual, stranger, "READ", "WRITE", "DESCRIBE", "DESCRIBE_CONFIGS", "CREATE", "ALTER_CONFIGS")
    allow(mutual, stranger, "READ", resource=ResourceType.GROUP)
    return stranger


def allow(
    cluster: Cluster, asker: Asker, *operations: str, resource: ResourceType = ResourceType.TOPIC
) -> None:
    """Allow us to do something with what begins with the asker's prefix."""
    place = (resource, asker.prefix, ResourcePatternType.PREFIXED)
    rules = [
        AclBinding(*place, "User:CN=client", "*", AclOperation[name], AclPermissionType.ALLOW)
        for name in operations
    ]
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap})
    for rule in admin.create_acls(rules).values():
        rule.result(30)


def test_confluents_client_comes_in_with_a_certificate(known: Asker) -> None:
    assert {row["row"] for row in known.rows("topics", "apply")} >= {"panics", "checkpoints"}


def test_faust_comes_in_with_a_certificate(known: Asker, mutual: Cluster) -> None:
    told = read_with_faust(known, filled(mutual, known.prefix))
    assert (told.code, told.output) == (0, "found\n")


def test_without_a_certificate_confluents_client_does_not_come_in(known: Asker) -> None:
    for name in ("certificate_file", "key_file"):
        del known.settings["kafka"][name]
    known.write()
    with pytest.raises(RefusedError):
        Admin(load(str(known.file)).kafka, patience=1).metadata()


def test_without_a_certificate_faust_does_not_come_in(known: Asker, mutual: Cluster) -> None:
    for name in ("certificate_file", "key_file"):
        del known.settings["kafka"][name]
    told = read_with_faust(known, filled(mutual, known.prefix))
    assert (told.code, told.output) == (1, "")


def test_the_rights_that_are_named_are_enough(known: Asker, mutual: Cluster) -> None:
    known("topics", "apply")
    source = filled(mutual, known.prefix)
    headers = {
        "reason": "binary",
        "source_topic": source,
        "source_partition": "0",
        "source_offset": "0",
        "time": "",
    }
    producer = Producer({"bootstrap.servers": mutual.bootstrap})
    ours: dict[str, str | bytes | None] = {f"panicstream.{name}": text for name, text in headers.items()}
    producer.produce(f"{known.prefix}deadletters", b"letter", headers=ours)
    assert producer.flush(30) == 0
    told = [known("topics", "apply", "--update"), known("deadletters", "retry", "--yes")]
    assert [(answer.code, answer.errors) for answer in told] == [(0, []), (0, [])]


def test_topics_that_we_may_not_make_are_told(stranger: Asker, mutual: Cluster) -> None:
    told = stranger("topics", "apply")
    panics = f"{stranger.prefix}panics: Kafka at {mutual.secure_bootstrap}: Authorization failed"
    assert (told.code, told.errors[0]) == (2, f"panicstream: {panics}; {RIGHTS}")


def test_topics_that_we_may_make_but_not_see_are_refused(stranger: Asker, mutual: Cluster) -> None:
    allow(mutual, stranger, "CREATE")
    stranger.write()
    settings = load(str(stranger.file))
    applied = topics.apply(Admin(settings.kafka, 1), topics.wanted(settings), settings, is_update=False)
    refused = {error.code() for error in applied.refused.values()}
    assert (applied.done, refused) == ({}, {KafkaError.TOPIC_AUTHORIZATION_FAILED})


def test_a_configuration_that_we_may_not_see_is_told(stranger: Asker, mutual: Cluster) -> None:
    allow(mutual, stranger, "CREATE", "DESCRIBE")
    stranger("topics", "apply")
    told = stranger("topics", "check")
    panics, brokers = f"{stranger.prefix}panics", mutual.secure_bootstrap
    assert (told.code, told.output.splitlines()[0]) == (
        1,
        f"{panics}: its configuration is not known: Kafka at {brokers}: Topic authorization failed; "
        f"`kafka-acls.sh --bootstrap-server {brokers} --command-config FILE --add"
        f" --allow-principal User:NAME --operation DescribeConfigs --topic {panics}`",
    )


def test_dead_letters_that_we_may_not_read_are_told(stranger: Asker, mutual: Cluster) -> None:
    allow(mutual, stranger, "CREATE", "DESCRIBE")
    allow(mutual, stranger, "READ", resource=ResourceType.GROUP)
    stranger("topics", "apply")
    produce(mutual.bootstrap, f"{stranger.prefix}deadletters", [(None, b"letter")])
    (line,) = stranger("deadletters", "list").errors
    assert line.startswith(f"panicstream: Kafka at {mutual.secure_bootstrap}: Fetch from broker 1 failed")
    assert line.endswith(f"Topic authorization failed; {RIGHTS}")


def test_a_certificate_that_is_refused_is_told_as_that_whoever_hangs_up_first() -> None:
    said = "sasl_ssl://kafka:9093/bootstrap: error:0A000086:SSL routines::certificate verify failed"
    error, heard = KafkaError(KafkaError._TRANSPORT, said), Objections()
    heard.hear(error)
    assert (refused(KafkaSettings(), error).remedy, heard.is_final) == (TLS, True)
