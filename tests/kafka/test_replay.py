"""`panicstream replay` on a real Kafka: files come as a shipper would have written them."""

import signal
import time
from pathlib import Path

import orjson
import pytest

from agents.records import Record
from tests.command import CRASH, PROGRAM, QUIET, Answer, on_a_terminal, panicstream, started
from tests.dumps import dump, fields
from tests.kafka.topics import Record as Written
from tests.kafka.topics import create, drain, until

NOBODY = "127.0.0.1:1"


@pytest.fixture
def topic(kafka: str, prefix: str) -> str:
    name = f"{prefix}logs.shop"
    create(kafka, name, 4)
    return name


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Give a folder with the logs of two services."""
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "cart.log").write_bytes(QUIET + CRASH)
    (folder / "pay.log").write_bytes(QUIET)
    return folder


def replay(kafka: str, *words: str | Path) -> Answer:
    return panicstream("replay", "--bootstrap", kafka, *map(str, words))


def placed(topic: str, written: Written) -> Record:
    headers = [(name, value if isinstance(value, bytes) else None) for name, value in written.headers]
    return Record(
        topic, written.partition, written.offset, written.timestamp_ms, written.key, headers, written.value
    )


def logged(written: list[Written]) -> list[bytes]:
    """Return the lines in Fluent Bit's records."""
    return [orjson.loads(record.value or b"")["log"].encode() for record in written]


def test_a_crash_in_a_replayed_file_is_found_with_the_service_that_the_file_names(
    kafka: str, topic: str, logs: Path
) -> None:
    answer = replay(kafka, logs, "--topic", topic)
    assert (answer.code, answer.output, answer.errors) == (0, f"88 records sent to {topic}\n", [])
    given = dump(fields(placed(topic, written)) for written in drain(kafka, topic))
    [crash] = map(
        orjson.loads, panicstream("scan", "--records", "--json", "-", given=given).output.splitlines()
    )
    assert (crash["service_name"], crash["raw"].encode()) == ("cart", CRASH.rstrip())


def test_each_file_is_a_container_on_one_partition_with_its_lines_in_order(
    kafka: str, topic: str, logs: Path
) -> None:
    replay(kafka, logs, "--topic", topic)
    written = drain(kafka, topic)
    by_key = {record.key: [one for one in written if one.key == record.key] for record in written}
    assert sorted(b"\n".join(logged(lines)) + b"\n" for lines in by_key.values()) == sorted(
        [QUIET, QUIET + CRASH]
    )
    assert [len({one.partition for one in lines}) for lines in by_key.values()] == [1, 1]


@pytest.mark.parametrize(("key", "expected"), [("none", None), ("cart-1", b"cart-1")])
def test_the_key_is_as_asked_for(
    kafka: str, topic: str, logs: Path, key: str, expected: bytes | None
) -> None:
    replay(kafka, logs, "--topic", topic, "--key", key)
    assert {record.key for record in drain(kafka, topic)} == {expected}


def test_another_shipper_and_service_are_named(kafka: str, topic: str, logs: Path) -> None:
    replay(kafka, logs, "--topic", topic, "--envelope", "vector", "--service", "shop")
    values = [orjson.loads(record.value or b"") for record in drain(kafka, topic)]
    assert {value["kubernetes"]["container_name"] for value in values} == {"shop"}
    assert len({value["kubernetes"]["container_id"] for value in values}) == 2


def test_a_rate_spreads_lines_over_time(kafka: str, topic: str, tmp_path: Path) -> None:
    path = tmp_path / "cart.log"
    path.write_bytes(b"ready\n" * 21)
    replay(kafka, path, "--topic", topic, "--rate", "100")
    times = [record.timestamp_ms for record in drain(kafka, topic)]
    assert max(times) - min(times) >= 150  # 20 lines after the first


def test_records_are_put_back_as_they_were(kafka: str, topic: str, tmp_path: Path) -> None:
    records = [
        Record(
            topic, 3, None, 1_795_220_445_120, b"c1", [("ce_time", b"now"), ("shipper", b"x")], b"panic: x"
        ),
        Record(topic, 1, None, 1_795_220_445_121, None, None, b"\xff\0"),
    ]
    path = tmp_path / "shop.jsonl"
    path.write_bytes(dump([*records, {"topic": topic, "partition": 2, "value": None, "key": "gone"}]))
    assert replay(kafka, "--records", path).code == 0
    two, three, one = (placed(topic, record) for record in drain(kafka, topic))
    assert [two._replace(headers=None, offset=None), one._replace(offset=None)] == records[::-1]
    assert (three.partition, three.key, three.value) == (2, b"gone", None)


def test_records_go_to_another_topic_where_one_is_named(kafka: str, topic: str, tmp_path: Path) -> None:
    path = tmp_path / "shop.jsonl"
    path.write_bytes(dump([{"topic": "logs.elsewhere", "partition": 2, "value": "ready"}]))
    replay(kafka, "--records", path, "--topic", topic)
    assert [(record.partition, record.value) for record in drain(kafka, topic)] == [(2, b"ready")]


def test_a_record_whose_partition_is_not_there_is_told_and_the_others_are_sent(
    kafka: str, topic: str, tmp_path: Path
) -> None:
    path = tmp_path / "shop.jsonl"
    path.write_bytes(dump([{"topic": topic, "partition": number, "value": "ready"} for number in (0, 9, 1)]))
    answer = replay(kafka, "--records", path)
    assert (answer.code, answer.output) == (2, f"2 records sent to {topic}\n")
    assert "1 record refused" in answer.errors[0]
    assert "Unknown partition" in answer.errors[0]
    assert len(drain(kafka, topic)) == 2


@pytest.mark.parametrize("words", [("--topic", "not.there", "cart.log"), ("--records", "shop.jsonl")])
def test_a_topic_that_is_missing_is_told(kafka: str, tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "cart.log").write_bytes(QUIET)
    (tmp_path / "shop.jsonl").write_bytes(dump([{"topic": "not.there", "value": "x"}] * 2))
    answer = panicstream("replay", "--bootstrap", kafka, *words, folder=tmp_path)
    told = "there is no topic not.there; make it: kafka-topics.sh --create --topic not.there"
    assert (answer.code, [line.endswith(told) for line in answer.errors]) == (2, [True])


def test_a_kafka_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "cart.log").write_bytes(QUIET)
    answer = panicstream("replay", "--bootstrap", NOBODY, "--topic", "logs.shop", "cart.log", folder=tmp_path)
    assert answer.code == 2
    assert [NOBODY in line and "Connection refused" in line for line in answer.errors] == [True]


def test_ctrl_c_says_how_many_were_sent_and_these_are_there(kafka: str, topic: str, logs: Path) -> None:
    words = ["replay", "--bootstrap", kafka, "--topic", topic, "--rate", "20", str(logs)]
    process = started([PROGRAM, *words])
    until(lambda: drain(kafka, topic), 60, "record")
    time.sleep(0.2)  # it may be in the midst of anything
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    there = len(drain(kafka, topic))
    assert (process.returncode, errors) == (130, b"")
    assert output.decode() == f"{there} record{'s' * (there != 1)} sent to {topic}\n"
    assert there < 88


def test_a_terminal_sees_how_many_are_in_kafka(kafka: str, topic: str, logs: Path) -> None:
    got = on_a_terminal("replay", "--bootstrap", kafka, "--topic", topic, "--rate", "60", str(logs))
    assert "records in Kafka" in got
    assert f"88 records sent to {topic}" in got
