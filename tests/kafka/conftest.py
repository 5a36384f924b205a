"""What every test on Kafka asks for: one broker for all of them, and names of its own."""

import os
from collections.abc import Generator, Iterator
from uuid import uuid4

import pytest

from tests.kafka.cluster import Cluster
from tests.kafka.errors import NoKafkaError
from tests.kafka.topics import sweep
from tests.kafka.way import RUNNING


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say what the machine lacks without a traceback."""
    report = yield
    if call.excinfo and isinstance(call.excinfo.value, NoKafkaError):
        report.longrepr = str(call.excinfo.value)
    return report


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """Give the bootstrap servers of a broker that all tests share."""
    if running := os.environ.get(RUNNING):
        yield running
        return
    with Cluster.start() as cluster:
        yield cluster.bootstrap


@pytest.fixture(scope="session")
def secure_kafka() -> Iterator[Cluster]:
    """Give a broker with a secure listener that all tests share."""
    with Cluster.start(security=True) as cluster:
        yield cluster


@pytest.fixture
def prefix(kafka: str) -> Iterator[str]:
    """Give what the topics and groups of this test begin with; they are taken away after it."""
    own = f"t{uuid4().hex[:8]}."
    yield own
    sweep(kafka, own)
