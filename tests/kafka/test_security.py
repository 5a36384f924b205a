"""The secure listener lets in who knows the password, and nobody else."""

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from tests.kafka.cluster import Cluster
from tests.kafka.security import MECHANISMS
from tests.kafka.topics import until


def answers(cluster: Cluster, settings: dict[str, str]) -> bool:
    """Return whether the broker answers. Raises KafkaException where it refuses."""
    refusals: list[KafkaError] = []
    known = {
        "bootstrap.servers": cluster.secure_bootstrap,
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": str(cluster.security.ca_file),
        "sasl.username": cluster.security.user,
        "sasl.password": cluster.security.password,
        "log_level": "0",
    }
    client = AdminClient({**known, **settings}, error_cb=refusals.append)

    def answered() -> bool:
        client.poll(0)
        try:
            return bool(client.list_topics(timeout=1).brokers)
        except KafkaException:
            return bool(refusals)

    until(answered, 30, "answer of the secure listener")
    if refusals:
        raise KafkaException(refusals[0])
    return True


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_who_knows_the_password_comes_in(secure_kafka: Cluster, mechanism: str) -> None:
    assert answers(secure_kafka, {"sasl.mechanism": mechanism})


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_wrong_password_is_refused(secure_kafka: Cluster, mechanism: str) -> None:
    with pytest.raises(KafkaException) as refused:
        answers(secure_kafka, {"sasl.mechanism": mechanism, "sasl.password": "wrong"})
    assert refused.value.args[0].code() == KafkaError._AUTHENTICATION


def test_an_unknown_authority_is_refused_by_the_client(secure_kafka: Cluster) -> None:
    with pytest.raises(KafkaException) as refused:
        answers(secure_kafka, {"sasl.mechanism": "PLAIN", "ssl.ca.location": "probe"})
    # Whether it is an error of TLS or of the connection hangs on which of both sides closes it first.
    assert "certificate verify failed" in refused.value.args[0].str()
