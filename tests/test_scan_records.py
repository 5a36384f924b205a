"""What `panicstream scan --records` finds in dumps of Kafka records."""

import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest

from agents.records import Record
from tests.command import CRASH, OTHER_CRASH, QUIET, panicstream
from tests.dumps import Fields, dump, kcat, spread
from tests.golden import FOLDER, read
from tests.scanning import Crash, scan
from tests.shippers import CONTAINER, shipped

GOLDEN = [
    "go1.19-nil_deref",
    "go1.27-panic_chain3",
    "go1.6-fatal_map_writes",
    "go1.27-http_panic",
    "go1.27-race_counter",
    "mutated-colours",
    "mutated-cut-in-frame",
]


def crashes(records: bytes, *flags: str) -> list[Any]:
    output = panicstream("scan", "--records", "--json", *flags, "-", given=records).output
    return [orjson.loads(line) for line in output.splitlines()]


def of(container: str, text: bytes) -> list[Record]:
    """Return what a container wrote, through Fluent Bit."""
    records = shipped("fluent_bit", text)
    return [
        r._replace(value=(r.value or b"").replace(CONTAINER.encode(), container.encode())) for r in records
    ]


def told(crash: Crash) -> tuple[object, ...]:
    """Give what must not depend on the envelope."""
    return tuple(
        crash[name]
        for name in ("fingerprint", "title", "damage", "source_first_offset", "source_last_offset")
    )


@pytest.mark.parametrize("shipper", ["docker", "cri", "fluent_bit", "vector", "journald"])
def test_a_golden_crash_is_the_same_behind_a_shipper(shipper: str) -> None:
    raw = {name: read(FOLDER / f"{name}.txt").raw for name in GOLDEN}
    found = crashes(b"".join(dump(shipped(shipper, text), name) for name, text in raw.items()))
    expected = {name: [told(crash) for crash in scan(text).crashes] for name, text in raw.items()}
    assert {
        name: [told(crash) for crash in found if crash["source_topic"] == name] for name in raw
    } == expected


def test_a_crash_is_told_with_where_it_crashed_and_where_it_stands() -> None:
    [crash] = crashes(kcat(shipped("vector", b"ready\n" + CRASH), "logs.shop"))
    facts = {
        "source_topic": "logs.shop",
        "source_partition": 0,
        "source_first_offset": 1,
        "service_name": "cart",
        "service_version": "2.14.3",
        "k8s_namespace_name": "shop",
        "host_name": "node-7",
        "container_id": CONTAINER,
        "stream_id": CONTAINER,
        "log_stream": "stderr",
        "event_time": "2026-11-21T00:20:45.120269728Z",
        "complete": True,
    }
    assert {name: crash[name] for name in facts} == facts


def test_crashes_of_two_containers_on_one_partition_come_apart() -> None:
    other = "b" * 64
    pairs = zip(shipped("fluent_bit", CRASH), of(other, OTHER_CRASH + b"bye\n"), strict=True)
    mixed = [record for pair in pairs for record in pair]
    assert {(crash["stream_id"], crash["complete"]) for crash in crashes(dump(mixed))} == {
        (CONTAINER, True),
        (other, True),
    }


def test_what_a_record_does_not_say_of_its_place_is_its_file(tmp_path: Path) -> None:
    ready: Fields = {"value": "ready"}
    elsewhere: Fields = {"topic": "logs.pay", "partition": 2, "value": "ready"}
    (tmp_path / "shop.jsonl").write_bytes(dump([ready, elsewhere, ready, *shipped("docker", CRASH)]))
    output = panicstream("scan", "--records", "--json", "shop.jsonl", folder=tmp_path).output
    crash = orjson.loads(output)
    place = (crash["source_topic"], crash["source_partition"], crash["source_first_offset"])
    assert place == ("shop.jsonl", 0, 2)


def test_an_offset_that_is_not_said_follows_the_one_before() -> None:
    records: list[Record | Fields] = [{"offset": 500, "value": "ready"}, *shipped("docker", CRASH)]
    assert [crash["source_first_offset"] for crash in crashes(dump(records))] == [501]


def test_a_crash_does_not_go_on_in_the_next_file(tmp_path: Path) -> None:
    lines = kcat(shipped("docker", CRASH), "logs.shop").splitlines(keepends=True)
    (tmp_path / "a.jsonl").write_bytes(b"".join(lines[:5]))
    (tmp_path / "b.jsonl").write_bytes(b"".join(lines[5:]))
    output = panicstream("scan", "--records", "--json", "a.jsonl", "b.jsonl", folder=tmp_path).output
    first = orjson.loads(output.splitlines()[0])
    assert (first["source_first_offset"], first["complete"]) == (0, False)


def test_dumps_are_unpacked(tmp_path: Path) -> None:
    (tmp_path / "dumps").mkdir()
    (tmp_path / "dumps/shop.jsonl.gz").write_bytes(gzip.compress(kcat(shipped("docker", CRASH), "logs.shop")))
    code, output, errors = panicstream("scan", "--records", "--json", "dumps", folder=tmp_path)
    assert (code, output.count("\n"), errors) == (1, 1, [])


def test_a_crash_is_shown_with_its_place_in_kafka_and_records_are_counted() -> None:
    code, output, errors = panicstream(
        "scan", "--records", "-", given=kcat(shipped("vector", CRASH), "logs.shop")
    )
    assert (code, errors) == (1, [])
    assert output.splitlines()[1:3] == [
        "  at        logs.shop [0] offset 0",
        "  service   shop cart 2.14.3 cart-7d9c-x2",
    ]
    assert output.splitlines()[-1] == "1 crash, 1 different, in 8 records"


def test_the_summary_has_places_in_kafka() -> None:
    given = dump(spread(shipped("docker", (CRASH + QUIET) * 2), 48), "logs.shop")
    output = panicstream("scan", "--records", "--summary", "-", given=given).output
    assert [line.strip() for line in output.splitlines()[2:4]] == [
        "first logs.shop [0] offset 0",
        "last  logs.shop [1] offset 0",
    ]
    rows = panicstream("scan", "--records", "--summary", "--json", "-", given=given).output
    names = ("count", "first_partition", "first_offset", "last_partition", "last_offset")
    assert [orjson.loads(rows)[name] for name in names] == [2, 0, 0, 1, 0]


def test_records_without_a_line_are_counted_by_reason() -> None:
    values: list[Fields] = [
        {"value": None},
        {"value": None},
        {"value": '{"log":"cut'},
        {"value_b64": "CBAY/4A="},
    ]
    output = panicstream("scan", "--records", "-", given=dump([*values, {"value": "ready"}])).output
    reasons = "tombstone 2, cut_json 1, binary 1"
    assert output == (f"no crash in 5 records, 4 without a line ({reasons}; `panicstream decode` says why)\n")


def test_records_that_come_again_are_counted() -> None:
    twice = kcat(shipped("docker", CRASH), "logs.shop") * 2
    output = panicstream("scan", "--records", "-", given=twice).output
    assert output.splitlines()[-1] == (
        "1 crash, 1 different, in 8 records, 8 passed over, their offsets had come before"
    )


@pytest.mark.parametrize("flags", [(), ("--json",), ("--summary",)])
def test_a_container_on_several_partitions_is_named_with_the_key_to_set(flags: tuple[str, ...]) -> None:
    given = dump(spread(shipped("fluent_bit", CRASH), 3, 6), "logs.shop")
    code, _, errors = panicstream("scan", "--records", *flags, "-", given=given)
    assert (code, len(errors)) == (1, 1)
    assert errors[0].startswith(
        f"panicstream: logs.shop (fluent_bit): lines of {CONTAINER} came on several partitions, "
        "which tears crashes apart; Fluent Bit: "
    )


def test_a_torn_crash_is_told_once_and_says_so() -> None:
    [crash] = crashes(dump(spread(shipped("fluent_bit", CRASH), 3, 6)))
    assert "fragmented" in crash["damage"]


def test_the_key_is_that_of_the_shipper_that_tore_the_crash() -> None:
    keyed = [r._replace(key=CONTAINER.encode()) for r in shipped("vector", QUIET + CRASH)]
    given = dump([*keyed, *spread(of("b" * 64, CRASH), 3, 6)], "logs.shop")
    [error] = panicstream("scan", "--records", "-", given=given).errors
    assert error.startswith(f"panicstream: logs.shop (fluent_bit): lines of {'b' * 64} came on several")


def test_pieces_without_their_head_get_the_advice_too() -> None:
    headless = shipped("fluent_bit", read(FOLDER / "go1.24-fatal_unlock.txt").raw)[1:]
    answer = panicstream("scan", "--records", "-", given=dump(spread(headless, 6), "logs.shop"))
    assert (answer.code, answer.output) == (0, "no crash in 14 records\n")
    assert [error.partition(", which")[0] for error in answer.errors] == [
        "panicstream: logs.shop (fluent_bit): lines of a container came on several partitions"
    ]


def test_only_the_first_few_containers_are_named() -> None:
    ids = [digit * 64 for digit in "abcde"]
    records = [record for id_ in ids for record in spread(of(id_, CRASH), 3, 6)]
    errors = panicstream("scan", "--records", "-", given=dump(records)).errors
    assert len(errors) == 1
    assert f"lines of {ids[0]}, {ids[1]}, {ids[2]} and 2 more came" in errors[0]


def test_a_container_that_stays_on_its_partition_gets_no_advice() -> None:
    given = dump(spread([*of("b" * 64, CRASH), *of("c" * 64, CRASH)], 8))
    assert panicstream("scan", "--records", "-", given=given).errors == []


def test_a_named_envelope_is_the_only_one() -> None:
    given = dump(shipped("docker", CRASH))
    assert len(crashes(given, "--envelope", "docker")) == 1
    assert crashes(given, "--envelope", "plain") == []


def test_a_named_envelope_counts_for_the_lines_of_a_log_too(tmp_path: Path) -> None:
    lines = [record.value or b"" for record in shipped("docker", CRASH)]
    (tmp_path / "cart-json.log").write_bytes(b"\n".join(lines))
    found = [
        panicstream("scan", *flags, "cart-json.log", folder=tmp_path).code
        for flags in ((), ("--envelope", "docker"), ("--envelope", "syslog"))
    ]
    assert found == [1, 1, 0]
