"""What happens to dumps of records that are broken: one line each, an exit code, and the rest is read."""

import signal
from pathlib import Path

import pytest

from agents.dump import lines
from agents.inputs import CHUNK
from pipeline._native import envelopes
from tests.command import CRASH, PATIENCE_S, PROGRAM, QUIET, first_line, panicstream, run, started
from tests.dumps import dump
from tests.shippers import shipped

RECORDS = dump(shipped("docker", CRASH))
COMMANDS = [("scan", "--records"), ("decode",)]
HINTS = {"scan": "leave --records away for log files", "decode": "`panicstream scan` reads log files"}

each_command = pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])


@each_command
def test_a_broken_line_is_told_with_its_number_and_the_rest_is_read(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "shop.jsonl").write_bytes(b"\n" + RECORDS + b'{"value":7}\n \r\n' + RECORDS + b'{"topic":')
    code, output, errors = panicstream(*words, "shop.jsonl", folder=tmp_path)
    assert (code, "16 records" in output) == (2, True)
    assert errors == [
        "panicstream: shop.jsonl:10: value is a number, not text; the line was passed over",
        "panicstream: shop.jsonl:20: no JSON: unexpected end of data at character 10; "
        "the line was passed over",
    ]


@each_command
def test_a_log_file_gets_a_hint_after_its_first_lines(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(CRASH + QUIET)
    code, _, errors = panicstream(*words, "--json", "app.log", folder=tmp_path)
    assert (code, errors[3]) == (
        2,
        f"panicstream: app.log: this does not look like records; {HINTS[words[0]]}",
    )


@each_command
def test_a_log_file_of_one_line_gets_the_hint_at_its_end(words: tuple[str, ...]) -> None:
    errors = panicstream(*words, "-", given=b"panic: boom").errors
    assert (len(errors), errors[1]) == (
        2,
        f"panicstream: -: this does not look like records; {HINTS[words[0]]}",
    )


@each_command
def test_after_twenty_broken_lines_the_rest_is_counted(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(RECORDS + QUIET)
    (tmp_path / "b.jsonl").write_bytes(RECORDS + QUIET)
    code, _, errors = panicstream(*words, "a.jsonl", "b.jsonl", folder=tmp_path)
    assert (code, len(errors)) == (2, 21)
    assert errors[19].startswith("panicstream: a.jsonl:28: ")
    assert errors[20] == "panicstream: 60 more lines are no records; they were passed over"


@each_command
def test_a_line_without_end_needs_little_memory(words: tuple[str, ...]) -> None:
    limited = f"head -c 1000000000 /dev/zero | (ulimit -v 700000; exec {PROGRAM} {' '.join(words)} -)"
    code, _, errors = run(["bash", "-c", limited])
    assert (code, errors[0]) == (
        2,
        "panicstream: -:1: longer than 67,108,864 bytes; the line was passed over",
    )


def test_a_piece_of_many_lines_is_cut_into_short_lists() -> None:
    assert max(map(len, lines([b"\n" * (1 << 22)]))) <= CHUNK


@each_command
def test_an_envelope_that_does_not_exist_is_one_line_with_those_that_do(words: tuple[str, ...]) -> None:
    code, _, errors = panicstream(*words, "--envelope", "fluentbit", "-")
    assert (code, len(errors)) == (2, 1)
    assert [name for name in envelopes() if f"'{name}'" not in errors[0]] == []


@each_command
def test_a_missing_file_is_one_line_and_the_rest_is_read(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "shop.jsonl").write_bytes(RECORDS)
    code, output, errors = panicstream(*words, "missing.jsonl", "shop.jsonl", folder=tmp_path)
    assert (code, "8 records" in output) == (2, True)
    assert errors == [
        "panicstream: missing.jsonl: no such file or directory; check the name, or where the link leads"
    ]


def test_decode_without_a_file_is_one_line() -> None:
    code, _, errors = panicstream("decode")
    assert (code, errors) == (
        2,
        [
            "panicstream: nothing to decode: name a file of records, or - for stdin; "
            "`panicstream decode --help` shows how it is used"
        ],
    )


@each_command
def test_a_full_disk_is_one_line(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "shop.jsonl").write_bytes(RECORDS)
    command = f"{PROGRAM} {' '.join(words)} --json shop.jsonl > /dev/full"
    code, _, errors = run(["bash", "-c", command], folder=tmp_path)
    line = "panicstream: stdout: no space left on device; make room, or send it elsewhere"
    assert (code, errors) == (2, [line])


@each_command
def test_a_reader_that_leaves_ends_it_quietly(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "shop.jsonl").write_bytes(RECORDS * 2000)
    command = f"{PROGRAM} {' '.join(words)} --json shop.jsonl | head -n 1"
    code, output, errors = run(["bash", "-c", command], folder=tmp_path)
    assert (code, output.count("\n"), errors) == (0, 1, [])


@each_command
@pytest.mark.parametrize(("stop", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_run_that_is_stopped_tells_what_it_found(
    words: tuple[str, ...], stop: signal.Signals, expected: int
) -> None:
    process = started([PROGRAM, *words, "-"])
    assert process.stdin
    quiet = dump(shipped("docker", QUIET))
    process.stdin.write(RECORDS + quiet + b'{"value": "a record that is not yet wh')
    process.stdin.flush()
    first_line(process)
    process.send_signal(stop)
    output, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, errors) == (expected, b"")
    assert b" record" in output
