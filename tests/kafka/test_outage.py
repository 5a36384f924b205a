"""DETECT while brokers are away: it waits, says so once, and goes on."""

import logging
from collections import Counter

import pytest

from tests.kafka.cluster import Cluster
from tests.kafka.detecting import CRASHES, PATIENCE_S, Pipeline, records
from tests.kafka.topics import produce, until


def test_a_broker_that_goes_away_is_waited_for_and_nothing_is_lost(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with Cluster.start() as cluster:
        pipeline = Pipeline(cluster.bootstrap, "outage.")
        source = pipeline.source()
        with pipeline.worker():
            produce(cluster.bootstrap, source, records("a"))
            pipeline.crashes(CRASHES)
            cluster.kill(1)
            until(lambda: "no broker can be reached" in caplog.text, PATIENCE_S, "word about the brokers")
            cluster.start_broker(1)
            produce(cluster.bootstrap, source, records("b"))
            crashes = pipeline.crashes(2 * CRASHES)
            until(lambda: "reached again" in caplog.text, PATIENCE_S, "word that they are back")
    assert set(Counter(crash["id"] for crash in crashes).values()) == {1}
    assert caplog.text.count("no broker can be reached") == 1
