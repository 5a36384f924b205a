"""Kafka's admin client as our tools use it: what brokers refuse becomes one line that says what to do."""

import re
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ClusterMetadata

from agents import clients
from agents.role import MisfitError
from pipeline.settings import KafkaSettings

PATIENCE_S = 10.0
LOOK_S = 1.0  # between two looks at what the brokers object to

Name = TypeVar("Name")


class RefusedError(MisfitError):
    """The brokers cannot be reached, or do not do what they were asked.

    `is_silence`: nobody answers, which may pass; what is refused stays so.
    """

    def __init__(self, what: str, remedy: str, *, is_silence: bool = False) -> None:
        super().__init__(what, remedy)
        self.is_silence = is_silence


REACH = "check kafka.bootstrap_servers and kafka.security_protocol, and whether Kafka runs there"
LOGIN = "check kafka.username, kafka.password and kafka.sasl_mechanism"
TLS = "check kafka.security_protocol, kafka.ca_file, kafka.certificate_file and kafka.key_file"
RIGHTS = "allow it with `kafka-acls.sh`, or log in as somebody else"

# What to do about an error of a client.
REMEDIES = {
    KafkaError._TRANSPORT: REACH,
    KafkaError._RESOLVE: REACH,
    KafkaError._ALL_BROKERS_DOWN: REACH,
    KafkaError._TIMED_OUT: REACH,
    KafkaError._AUTHENTICATION: LOGIN,
    KafkaError.SASL_AUTHENTICATION_FAILED: LOGIN,
    KafkaError.UNSUPPORTED_SASL_MECHANISM: LOGIN,
    KafkaError._SSL: TLS,
    KafkaError.UNKNOWN_TOPIC_OR_PART: "`panicstream topics check` names what is missing",
    KafkaError._INVALID_ARG: "check the section [kafka] of the settings",
    KafkaError.INVALID_REPLICATION_FACTOR: "check topics.replication_factor",
    KafkaError.MSG_SIZE_TOO_LARGE: "raise max.message.bytes of the topic",
    KafkaError._UNKNOWN_PARTITION: "give the topic as many partitions as it had",
    KafkaError.TOPIC_ALREADY_EXISTS: f"we may not see it: {RIGHTS}",
    KafkaError.TOPIC_AUTHORIZATION_FAILED: RIGHTS,
    KafkaError.GROUP_AUTHORIZATION_FAILED: RIGHTS,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: RIGHTS,
}
# Errors that waiting does not mend, and errors that do not say why.
FINAL = {KafkaError._AUTHENTICATION, KafkaError._SSL}
VAGUE = {KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT}

# What librdkafka puts around a reason: `sasl_ssl://kafka:9093/bootstrap: ... (after 3ms in state CONNECT)`.
AROUND = re.compile(r"^\S+/\w+: | \(after \d+ms in state \w+.*\)$")


def refused(kafka: KafkaSettings, error: KafkaError) -> RefusedError:
    """Put an error of a client in words."""
    remedy = REMEDIES.get(_code(error), "the logs of the brokers say more")
    what = f"Kafka at {','.join(kafka.bootstrap_servers)}: {_told(kafka, error)}"
    return RefusedError(what, remedy, is_silence=remedy == REACH)


def _code(error: KafkaError) -> int:
    """Return what went wrong: where the broker is the first to hang up, TLS fails as a connection does."""
    return KafkaError._SSL if "SSL routines:" in error.str() else error.code()


def _told(kafka: KafkaSettings, error: KafkaError) -> str:
    """Return what librdkafka says, with our files where it names its settings."""
    if error.code() in VAGUE:
        return "no broker answers"
    text = AROUND.sub("", " ".join(error.str().split())).rstrip(".")
    for name, path in clients.files(kafka).items():
        text = text.replace(name, path)
    return text


@contextmanager
def in_words(kafka: KafkaSettings) -> Iterator[None]:
    """Raise RefusedError where a client of Kafka raises what nobody understands."""
    try:
        yield
    except KafkaException as error:
        raise refused(kafka, error.args[0]) from None


class Objections:
    """What a client hears from its brokers; it goes on trying whatever they say."""

    def __init__(self) -> None:
        self.first: KafkaError | None = None

    def hear(self, error: KafkaError) -> None:
        """Take an error of the client: its `error_cb`."""
        if self.first is None or self.first.code() in VAGUE or _code(error) in FINAL:
            self.first = error

    @property
    def is_final(self) -> bool:
        """True where it is no use to go on trying."""
        return self.first is not None and _code(self.first) in FINAL


class Admin:
    """An admin client, and what its brokers object to."""

    def __init__(self, kafka: KafkaSettings, patience: float = PATIENCE_S) -> None:
        """Wait `patience` seconds for each answer. Raises RefusedError where the settings cannot be used."""
        self.kafka, self.patience = kafka, patience
        self.objections = Objections()
        config: dict[str, Any] = clients.client(kafka) | {"error_cb": self.objections.hear}
        with in_words(kafka):
            self.client = AdminClient(config)

    def metadata(self) -> ClusterMetadata:
        """Return all topics and brokers. Raises RefusedError where there is no answer, and none to come."""
        end = time.monotonic() + self.patience
        while True:
            try:
                # Without a name: a topic that is asked for by its name may be made by that.
                return self.client.list_topics(timeout=LOOK_S)
            except KafkaException as error:
                self.client.poll(0)
                if self.objections.is_final or time.monotonic() > end:
                    raise refused(self.kafka, self._reason(error.args[0])) from None

    def _reason(self, error: KafkaError) -> KafkaError:
        """Return what the brokers object to; an error of a question only says that nobody answers."""
        silent = error.code() in {KafkaError._TRANSPORT, KafkaError._TIMED_OUT}
        return self.objections.first or (KafkaError(KafkaError._TIMED_OUT) if silent else error)


def answers(futures: Mapping[Name, Future[Any]]) -> dict[Name, Any]:
    """Wait for the answer to each question of an admin client; a KafkaError where there is none.

    The client has to be kept until then: without it, the questions fail.
    """
    return {name: _answer(future) for name, future in futures.items()}


def _answer(future: Future[Any]) -> object:
    try:
        return future.result()
    except KafkaException as error:
        return error.args[0]
