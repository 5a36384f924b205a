"""`panicstream deadletters`: what could not be read is shown, and put back where it came from, each once."""

import os
import pty
import signal
from collections.abc import Iterable
from pathlib import Path

import orjson
import pytest
from confluent_kafka import Message, Producer, TopicPartition

from agents import clients
from agents.assigned import Assigned, Unread
from agents.excerpt import reader
from agents.outputs import Outputs
from pipeline.marks import Mark, State
from pipeline.settings import KafkaSettings, Settings
from tests.command import PROGRAM, on_a_terminal, panicstream, started
from tests.kafka.asking import Asker
from tests.kafka.topics import Record, create, drain, until

SIZE = 4096  # of the largest dead letter
LETTERS = 50_000  # more than are put back before a signal comes
HEADERS: list[tuple[str, str | bytes | None]] = [
    ("shipper", b"fluent-bit"),
    ("panicstream.reason", b"forged"),
]


class Source:
    """Topics of logs of which records became dead letters, as the worker writes them."""

    def __init__(self, kafka: str, prefix: str) -> None:
        self.kafka, self.prefix = kafka, prefix
        self.shop, self.pay = f"{prefix}logs.shop", f"{prefix}logs.pay"
        for topic in (self.shop, self.pay):
            create(kafka, topic, partitions=3)

    def bury(self, records: Iterable[Message], reason: str) -> None:
        """Make dead letters of records."""
        settings = Settings.model_validate({"topics": {"prefix": self.prefix}})
        outputs = Outputs(settings, {"panics": SIZE, "deadletters": SIZE}, "run")
        assigned = Assigned("", "", 0, State(Mark(0)), 1)
        assigned.unread = [Unread(record, reason) for record in records]
        producer = Producer(clients.producer(KafkaSettings.model_validate({"bootstrap_servers": self.kafka})))
        for letter in outputs.of_block(assigned.cut(State(Mark(1)), 0, None)):
            producer.produce(letter.topic, letter.value, letter.key, headers=letter.headers)
        assert producer.flush(60) == 0


def record(topic: str, partition: int, offset: int, value: bytes | None, key: bytes | None = b"k") -> Message:
    return Message(topic, partition, offset, key, value, HEADERS)


@pytest.fixture
def ask(tmp_path: Path, kafka: str, prefix: str) -> Asker:
    asker = Asker(tmp_path, kafka, prefix)
    asker("topics", "apply")
    return asker


@pytest.fixture
def source(kafka: str, prefix: str, ask: Asker) -> Source:  # noqa: ARG001  # the topics must be there
    return Source(kafka, prefix)


def content(records: Iterable[Record]) -> list[tuple[int, bytes | None, bytes | None, object]]:
    return [(found.partition, found.key, found.value, found.headers) for found in records]


def test_where_there_are_none_that_is_said(ask: Asker) -> None:
    assert ask("deadletters", "list") == (0, "no dead letters\n", [])


def test_a_dead_letter_says_where_it_stood_and_why_it_could_not_be_used(ask: Asker, source: Source) -> None:
    source.bury([record(source.shop, 2, 17, b'{"log":"\x1b[31mpanic')], "cut_json")
    told = ask("deadletters", "list").output.splitlines()
    assert (told[0], told[2:]) == (
        f"{source.shop} [2] offset 17  cut_json",
        ["  key       k", r'  value     {"log":"\x1b[31mpanic', "", "1 dead letter: cut_json 1"],
    )


def test_letters_are_told_by_topic_and_reason(ask: Asker, source: Source) -> None:
    source.bury([record(source.shop, 0, 1, b"a"), record(source.pay, 0, 2, b"b")], "binary")
    source.bury([record(source.shop, 0, 3, b"c")], "no_text")
    both = ask.rows("deadletters", "list", "--topic", source.shop)
    one = ask.rows("deadletters", "list", "--topic", source.shop, "--reason", "no_text")
    assert (sorted(row["offset"] for row in both), [row["offset"] for row in one]) == ([1, 3], [3])


def test_a_limit_shows_the_newest_in_their_order(ask: Asker, source: Source) -> None:
    for offset in range(5):
        source.bury([record(source.shop, 0, offset, b"x", key=str(offset).encode())], "binary")
    assert [row["offset"] for row in ask.rows("deadletters", "list", "--limit", "2")] == [3, 4]
    assert ask("deadletters", "list", "--limit", "2").output.endswith(
        "5 dead letters: binary 5; the newest 2 are shown\n"
    )


def test_letters_as_json_are_records_for_decode(ask: Asker, source: Source) -> None:
    source.bury([record(source.shop, 1, 9, b"\xff\x00"), record(source.shop, 1, 10, None, None)], "binary")
    listed = ask("deadletters", "list", "--json").output.encode()
    decoded = [
        orjson.loads(line) for line in panicstream("decode", "--json", "-", given=listed).output.splitlines()
    ]
    assert sorted(
        (row["source_topic"], row["source_partition"], row["source_offset"]) for row in decoded
    ) == [
        (source.shop, 1, 9),
        (source.shop, 1, 10),
    ]


def test_records_are_put_back_untouched_into_their_partitions(ask: Asker, source: Source, kafka: str) -> None:
    source.bury([record(source.shop, 2, 17, b"\xff", None), record(source.shop, 0, 4, None)], "binary")
    told = ask("deadletters", "retry", "--yes")
    assert (told.code, told.output) == (0, f"{source.shop}: 2 of 2 records put back\n")
    assert content(drain(kafka, source.shop)) == [(0, b"k", None, HEADERS), (2, None, b"\xff", HEADERS)]


def test_each_is_put_back_once_however_often_one_asks(ask: Asker, source: Source, kafka: str) -> None:
    source.bury([record(source.shop, 0, 1, b"a")], "binary")
    source.bury([record(source.shop, 0, 2, b"b")], "no_text")
    first = ask("deadletters", "retry", "--yes", "--reason", "no_text")
    rest = [ask("deadletters", "retry", "--yes") for _ in range(2)]
    assert [first.output, *(answer.output for answer in rest)] == [
        f"{source.shop}: 1 of 1 record put back\n",
        f"{source.shop}: 1 of 1 record put back\n1 record had been put back before\n",
        "2 records had been put back before\n",
    ]
    assert [found.value for found in drain(kafka, source.shop)] == [b"b", b"a"]
    assert {row["is_retried"] for row in ask.rows("deadletters", "list")} == {True}


def test_a_dry_run_puts_nothing_back(ask: Asker, source: Source, kafka: str) -> None:
    source.bury([record(source.shop, 0, 1, b"a")], "binary")
    rows = ask.rows("deadletters", "retry", "--dry-run")
    assert (rows, drain(kafka, source.shop)) == (
        [{"source_topic": source.shop, "wanted": 1, "put_back": 0}],
        [],
    )


def test_where_nobody_can_be_asked_nothing_is_put_back(ask: Asker, source: Source, kafka: str) -> None:
    source.bury([record(source.shop, 0, 1, b"a")], "binary")
    told = ask("deadletters", "retry")
    assert (told.code, drain(kafka, source.shop)) == (2, [])
    assert "say --yes, or --dry-run" in told.errors[-1]


def test_a_value_that_was_cut_is_not_put_back(ask: Asker, source: Source, kafka: str) -> None:
    source.bury([record(source.shop, 0, 1, bytes(2 * SIZE)), record(source.shop, 0, 2, b"whole")], "binary")
    told = ask("deadletters", "retry", "--yes")
    assert (told.code, [found.value for found in drain(kafka, source.shop)]) == (2, [b"whole"])
    assert told.errors == [
        f"panicstream: 1 record cannot be put back: {source.shop}: too long for a dead letter, the end of the"
        " value is lost; `panicstream deadletters list` shows what is there"
    ]


def test_what_has_no_place_any_more_is_told(ask: Asker, source: Source, prefix: str) -> None:
    source.bury([record(source.shop, 7, 1, b"a"), record(f"{prefix}gone", 0, 2, b"b")], "binary")
    told = ask("deadletters", "retry", "--yes")
    assert (told.code, told.output, len(told.errors)) == (2, "nothing to put back\n", 2)


def test_records_of_others_are_passed_over_and_told(ask: Asker, source: Source, kafka: str) -> None:
    producer = Producer({"bootstrap.servers": kafka})
    producer.produce(f"{source.prefix}deadletters", b"a note", headers=[("from", b"somebody")])
    producer.flush(60)
    told = ask("deadletters", "list")
    assert (told.code, told.output) == (0, "no dead letters\n")
    assert told.errors[0].startswith("panicstream: passed over 1 record that are no dead letters")


@pytest.mark.parametrize(("answer", "put_back"), [(b"y\n", [b"a"]), (b"n\n", [])])
def test_whoever_sits_at_a_terminal_is_asked(
    ask: Asker, source: Source, kafka: str, answer: bytes, put_back: list[bytes]
) -> None:
    source.bury([record(source.shop, 0, 1, b"a")], "binary")
    ours, its = pty.openpty()
    os.write(ours, answer)
    shown = on_a_terminal("deadletters", "retry", "--config", str(ask.file), stdin=its)
    os.close(its)
    os.close(ours)
    assert "Put 1 record back?" in shown
    assert [found.value for found in drain(kafka, source.shop)] == put_back


def test_a_record_that_its_topic_does_not_take_is_told_and_kept(
    ask: Asker, source: Source, kafka: str
) -> None:
    create(kafka, f"{source.prefix}logs.small", settings={"max.message.bytes": "1000"})
    large = os.urandom(2000)  # which does not compress
    source.bury([record(f"{source.prefix}logs.small", 0, 1, large)], "binary")
    refused, again = ask("deadletters", "retry", "--yes"), ask("deadletters", "retry", "--dry-run")
    assert (refused.code, refused.output) == (2, f"{source.prefix}logs.small: 0 of 1 record put back\n")
    assert f"Kafka at {kafka}: Broker: Message size too large" in refused.errors[0]
    assert again.output == f"{source.prefix}logs.small: 0 of 1 record put back\n"


def test_after_ctrl_c_the_rest_is_put_back_by_the_next_call(ask: Asker, source: Source, kafka: str) -> None:
    source.bury([record(source.shop, 0, offset, b"%d" % offset) for offset in range(LETTERS)], "binary")
    words = [PROGRAM, "deadletters", "retry", "--yes", "--config", str(ask.file)]
    looking = reader({"bootstrap.servers": kafka})
    with looking as consumer, started(words) as process:
        place = TopicPartition(source.shop, 0)
        until(lambda: consumer.get_watermark_offsets(place)[1], 30, "record that was put back")
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=60)[0].decode()
        first = consumer.get_watermark_offsets(place)[1]
    assert (process.returncode, told) == (130, f"{source.shop}: {first:,} of {LETTERS:,} records put back\n")
    assert first < LETTERS
    assert ask("deadletters", "retry", "--yes").code == 0
    values = [int(found.value or b"") for found in drain(kafka, source.shop)]
    assert values == list(range(LETTERS))
