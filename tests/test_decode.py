"""What `panicstream decode` says of records."""

import re
from typing import Any

import orjson
import pytest

from agents.records import Record
from agents.show_decoded import DAMAGED
from pipeline._native import advice
from tests.command import CRASH, PATIENCE_S, PROGRAM, first_line, panicstream, started
from tests.dumps import Fields, dump, fields, kcat
from tests.shippers import CONTAINER, shipped

LINES = CRASH.decode().splitlines()
BOOM = b"panic: boom"
DAMAGES = [  # a record of each, and the reason
    ({"value": None}, "tombstone"),
    ({"value": '{"log":"panic: bo'}, "cut_json"),
    ({"value_b64": "CBAY/4A="}, "binary"),
    ({"value": '["panic: boom"]'}, "json_array"),
    ({"value": '{"__REALTIME_TIMESTAMP":"1","_SYSTEMD_UNIT":"cart.service","MESSAGE":null}'}, "no_text"),
]


def decoded(records: bytes, *flags: str) -> list[Any]:
    output = panicstream("decode", "--json", *flags, "-", given=records).output
    return [orjson.loads(line) for line in output.splitlines()]


def readable(*records: Record | Fields) -> str:
    return panicstream("decode", "-", given=dump(records)).output


@pytest.mark.parametrize(
    ("shipper", "envelope", "stream"),
    [
        ("docker", "docker", None),
        ("cri", "cri", None),
        ("fluent_bit", "fluent_bit", CONTAINER),
        ("fluent_bit lifted", "fluent_bit", CONTAINER),
        ("vector", "vector", CONTAINER),
    ],
)
def test_the_lines_come_out_as_the_program_wrote_them(
    shipper: str, envelope: str, stream: str | None
) -> None:
    lines = decoded(dump(shipped(shipper, CRASH)))
    assert [line["line"] for line in lines] == LINES
    assert {(line["envelope"], line["stream_id"], line["stream"]) for line in lines} == {
        (envelope, stream, "stderr")
    }


def test_json_has_every_fact_and_the_place() -> None:
    [line] = decoded(kcat(shipped("vector", BOOM), "logs.shop"))
    assert line == {
        "envelope": "vector",
        "line": "panic: boom",
        "stream_id": CONTAINER,
        "timestamp": "2026-11-21T00:20:45.120249605Z",
        "stream": "stderr",
        "partial": None,
        "service": "cart",
        "version": "2.14.3",
        "namespace": "shop",
        "environment": None,
        "host": "node-7",
        "pod": "cart-7d9c-x2",
        "container": "cart",
        "container_id": CONTAINER,
        "image": "registry.example.com/shop/cart:2.14.3",
        "trace_id": None,
        "span_id": None,
        "message": None,
        "exception_type": None,
        "stack": None,
        "damaged": None,
        "source_topic": "logs.shop",
        "source_partition": 0,
        "source_offset": 0,
    }


def test_what_a_record_does_not_say_of_its_place_is_its_file() -> None:
    lines = decoded(dump([{"value": "a"}, {"value": "b"}, {"partition": 4, "value": "c"}]))
    places = [tuple(line[f"source_{name}"] for name in ("topic", "partition", "offset")) for line in lines]
    assert places == [("-", 0, 0), ("-", 0, 1), ("-", 4, 0)]


def test_a_line_is_shown_with_what_is_known_of_it() -> None:
    [record] = shipped("vector", BOOM)
    text = readable(record._replace(topic="logs.shop", partition=3, offset=1042))
    assert (
        text.partition("\n\n")[0]
        == f"""\
logs.shop [3] offset 1042  vector
  line      panic: boom
  time      2026-11-21T00:20:45.120249605Z
  stream    {CONTAINER} stderr
  service   shop cart 2.14.3
  pod       cart-7d9c-x2 cart
  image     registry.example.com/shop/cart:2.14.3
  host      node-7"""
    )


def test_pieces_of_a_line_say_so() -> None:
    head = {"value": "2026-11-21T00:20:45Z stderr P panic: "}
    tail = {"value": "2026-11-21T00:20:45Z stderr F boom"}
    assert [line["partial"] for line in decoded(dump([head, tail]))] == ["head", "tail"]
    assert re.findall(r"^  partial +(.*)$", readable(head, tail), re.MULTILINE) == [
        "more of this line follows in a later record",
        "the last piece of a line that began in an earlier record",
    ]


def test_a_piece_does_not_go_on_in_another_partition() -> None:
    head = {"partition": 0, "value": "2026-11-21T00:20:45Z stderr P panic: "}
    whole = {"partition": 1, "value": "2026-11-21T00:20:45Z stderr F ready"}
    assert [line["partial"] for line in decoded(dump([head, whole]))] == ["head", None]


@pytest.mark.parametrize(
    ("record", "reason"), DAMAGES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_record_without_a_line_says_what_is_wrong_and_what_to_do(record: Fields, reason: str) -> None:
    assert [(line["line"], line["damaged"]) for line in decoded(dump([record]))] == [(None, reason)]
    what, remedy = DAMAGED[reason]
    assert readable(record).splitlines()[-5:-2] == [
        f"  damaged   {reason}: {what}",
        f"  remedy    {remedy}",
        "",
    ]


def test_a_record_that_is_not_in_the_named_envelope_says_so() -> None:
    answer = panicstream("decode", "--envelope", "cri", "-", given=dump([{"value": "panic: boom"}]))
    what, remedy = DAMAGED["other_envelope"]
    assert answer.output.splitlines()[1:3] == [f"  damaged   other_envelope: {what}", f"  remedy    {remedy}"]


def test_every_reason_has_its_words() -> None:
    assert sorted(DAMAGED) == sorted([*(reason for _, reason in DAMAGES), "other_envelope"])


def test_a_line_without_a_stream_says_what_that_means() -> None:
    [record] = shipped("docker", BOOM)
    assert (
        "  stream    stderr, no container: lines of all containers of a partition are one stream"
        in readable(record).splitlines()
    )


def test_the_end_says_which_key_parts_lines_without_a_stream() -> None:
    text = readable(*shipped("docker", b"a\nb"), *shipped("vector", b"c"), {"value": "d"})
    assert text.partition("  no stream ")[2].splitlines() == [
        "3 lines: lines of all containers of a partition are one stream; what parts them:",
        f"            - (docker), 2 lines: {advice('docker')}",
        f"            - (plain), 1 line: {advice('plain')}",
    ]


def test_the_end_counts_records_lines_envelopes_and_damages() -> None:
    text = readable(*shipped("vector", b"a\nb"), *shipped("docker", b"c"), {"value": None})
    assert text.partition("\n4 records")[1:] == (
        "\n4 records",
        f""", 3 lines
  envelopes vector 2, docker 1
  damaged   tombstone 1
  no stream 1 line: lines of all containers of a partition are one stream; what parts them:
            - (docker), 1 line: {advice("docker")}
""",
    )


def test_a_named_envelope_is_the_only_one() -> None:
    [record] = map(fields, shipped("docker", BOOM))
    assert [line["line"] for line in decoded(dump([record]), "--envelope", "plain")] == [record["value"]]


def test_a_line_is_told_while_the_pipe_is_still_open() -> None:
    with started([PROGRAM, "decode", "--json", "-"]) as process:
        assert process.stdin
        process.stdin.write(dump(shipped("docker", BOOM)))
        process.stdin.flush()
        told = orjson.loads(first_line(process))
        process.communicate(timeout=PATIENCE_S)
    assert told["line"] == "panic: boom"


def test_text_of_a_record_cannot_steer_the_terminal() -> None:
    steering = "\x1b]0;owned\x07 \x9b31m \u202egnp.exe \r\x08"
    record = {"topic": steering, "key": steering, "value": f"panic: {steering}"}
    assert [c for c in readable(record) if not c.isprintable() and c != "\n"] == []
