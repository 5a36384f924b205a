"""What `panicstream replay` is asked for, before Kafka is."""

import os
import re
import signal

import pytest
from confluent_kafka import Producer

from agents.replay_sources import container
from tests.command import PROGRAM, first_line, panicstream, started
from tests.embedded import serving
from tests.kafka.topics import drain, until


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--topic", "logs.shop"), "nothing to replay: name a file, a folder, or - for stdin"),
        (("cart.log",), "--topic is missing: name the topic that the lines go to"),
    ],
)
def test_what_is_missing_is_told(words: tuple[str, ...], told: str) -> None:
    answer = panicstream("replay", *words)
    how = "`panicstream replay --help` shows how it is used"
    assert (answer.code, answer.errors) == (2, [f"panicstream: {told}; {how}"])


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("logs/cart.log", "cart"),
        ("logs/cart.log.1.gz", "cart"),
        ("/var/log/pods/shop_cart-1/cart/0.log", "cart"),
        ("-", "stdin"),
    ],
)
def test_a_service_is_called_as_its_file(path: str, service: str) -> None:
    assert container(path, None, run=1).service == service


def test_a_file_is_another_container_in_each_run() -> None:
    ids = {container(path, None, run).id for path in ("a.log", "b.log") for run in (1, 2)}
    assert {len(one) for one in ids} == {64}
    assert len(ids) == 4


def test_a_kafka_that_goes_away_is_told_and_waited_for() -> None:
    with serving() as (server, broker, _):
        Producer({"bootstrap.servers": server}).list_topics("logs.shop")
        with started([PROGRAM, "replay", "--bootstrap", server, "--topic", "logs.shop", "-"]) as process:
            assert process.stdin
            assert process.stdout
            assert process.stderr
            process.stdin.write(b"ready\n")
            process.stdin.flush()
            until(lambda: drain(server, "logs.shop"), 60, "record")
            os.kill(broker, signal.SIGKILL)
            process.stdin.write(b"lost\n")
            process.stdin.close()
            told = first_line(process, errors=True)
            process.send_signal(signal.SIGINT)
            output, errors = process.stdout.read(), process.stderr.read()
    assert re.search(rb"Connection (refused|reset by peer); waiting for it; Ctrl-C ends that", told)
    assert errors == b"panicstream: Kafka: 1 record may not have arrived; send again what is missing\n"
    assert (process.returncode, output) == (130, b"1 record sent to logs.shop\n")
