"""What `panicstream scan` reads and tells."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard

from tests.command import (
    CRASH,
    OTHER_CRASH,
    PATIENCE_S,
    PROGRAM,
    QUIET,
    first_line,
    panicstream,
    run,
    started,
)
from tests.scanning import scan


def zstd(text: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(text)


def crashes(output: str) -> list[Any]:
    return [orjson.loads(line) for line in output.splitlines()]


def places(output: str) -> list[tuple[str, int]]:
    return [(crash["source_topic"], crash["source_first_offset"]) for crash in crashes(output)]


def test_a_crash_is_shown_with_title_place_value_and_culprit(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(QUIET + CRASH)
    code, output, errors = panicstream("scan", "app.log", folder=tmp_path)
    assert (code, errors) == (1, [])
    title, place, value, *_ = output.splitlines()
    assert title.startswith("nil pointer dereference in cart.(*Cart).OwnerName")
    assert place.split() == ["at", "app.log:41"]
    assert value.strip() == "panic     runtime error: invalid memory address or nil pointer dereference"
    marked = [line.split() for line in output.splitlines() if line.lstrip().startswith(">")]
    culprit = "github.com/acme/shop/internal/cart.(*Cart).OwnerName"
    assert marked == [[">", culprit, "/srv/app/shop/internal/cart/cart.go:66"]]


def test_a_log_without_a_crash_gives_exit_code_0(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(QUIET)
    assert panicstream("scan", "app.log", folder=tmp_path) == (0, "no crash in 40 lines\n", [])
    assert panicstream("scan", "--json", "app.log", folder=tmp_path) == (0, "", [])


def test_each_file_is_a_topic_of_its_own_with_line_numbers_as_offsets(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(QUIET + CRASH)
    (tmp_path / "b.log").write_bytes(CRASH + QUIET + OTHER_CRASH)
    output = panicstream("scan", "--json", "a.log", "./b.log", folder=tmp_path).output
    assert places(output) == [("a.log", 40), ("./b.log", 0), ("./b.log", 48)]


def test_a_crash_does_not_go_on_in_the_next_file(tmp_path: Path) -> None:
    head, rest = CRASH[:200], CRASH[200:]
    (tmp_path / "a.log").write_bytes(head)
    (tmp_path / "b.log").write_bytes(rest)
    first = crashes(panicstream("scan", "--json", "a.log", "b.log", folder=tmp_path).output)[0]
    assert (first["source_topic"], first["complete"]) == ("a.log", False)


def test_a_folder_is_read_with_all_below_it_in_sorted_order(tmp_path: Path) -> None:
    (tmp_path / "logs/pods/x").mkdir(parents=True)
    (tmp_path / "logs/z.log").write_bytes(CRASH)
    (tmp_path / "logs/b.log.gz").write_bytes(gzip.compress(CRASH))
    (tmp_path / "logs/a.log.zst").write_bytes(zstd(CRASH))
    (tmp_path / "logs/pods/x/1.log").write_bytes(CRASH)
    output = panicstream("scan", "--json", "logs", folder=tmp_path).output
    names = ["logs/a.log.zst", "logs/b.log.gz", "logs/pods/x/1.log", "logs/z.log"]
    assert places(output) == [(name, 0) for name in names]


def test_stdin_is_the_topic_dash() -> None:
    code, output, errors = panicstream("scan", "--json", "-", given=CRASH)
    assert (code, places(output), errors) == (1, [("-", 0)], [])


def test_json_is_exactly_what_the_core_gives() -> None:
    documents = scan(CRASH, "-").documents
    assert panicstream("scan", "--json", "-", given=CRASH).output.encode() == b"\n".join([*documents, b""])


def test_a_crash_is_told_while_the_pipe_is_still_open() -> None:
    with started([PROGRAM, "scan", "--json", "-"]) as process:
        assert process.stdin
        process.stdin.write(CRASH + QUIET)
        process.stdin.flush()
        told = first_line(process)
        process.stdin.close()
    assert places(told.decode()) == [("-", 0)]


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".zst", zstd)])
def test_archives_of_several_members_are_read_whole(
    suffix: str, pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    # The second member begins in the middle of a crash.
    (tmp_path / f"app.log{suffix}").write_bytes(pack(QUIET + CRASH[:200]) + pack(CRASH[200:]) + pack(b""))
    found = crashes(panicstream("scan", "--json", f"app.log{suffix}", folder=tmp_path).output)
    assert [(crash["source_first_offset"], crash["complete"]) for crash in found] == [(40, True)]


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_a_compressed_pipe_is_known_by_its_first_bytes(pack: Callable[[bytes], bytes]) -> None:
    assert places(panicstream("scan", "--json", "-", given=pack(CRASH)).output) == [("-", 0)]


def test_a_small_archive_of_much_text_needs_little_memory(tmp_path: Path) -> None:
    (tmp_path / "zeros.zst").write_bytes(zstd(b"\0" * (1 << 30)))
    limited = f"ulimit -v 1000000; exec {PROGRAM} scan --json zeros.zst"
    assert run(["bash", "-c", limited], folder=tmp_path) == (0, "", [])


def test_a_named_pipe_that_is_given_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with started([PROGRAM, "scan", "--json", "pipe"], tmp_path) as process:
        pipe.write_bytes(CRASH)
        output, _ = process.communicate(timeout=PATIENCE_S)
    assert places(output.decode()) == [("pipe", 0)]


def test_the_path_of_stdin_is_read() -> None:
    assert places(panicstream("scan", "--json", "/dev/stdin", given=CRASH).output) == [("/dev/stdin", 0)]


def test_a_named_pipe_in_a_folder_is_passed_over_with_a_line(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "z.log").write_bytes(CRASH)
    code, output, errors = panicstream("scan", "--json", ".", folder=tmp_path)
    assert (code, places(output)) == (1, [("./z.log", 0)])
    assert errors == ["panicstream: ./pipe: passed over, not a file; name it itself to read it"]


def test_links_neither_loop_nor_count_a_crash_twice(tmp_path: Path) -> None:
    (tmp_path / "logs/pods").mkdir(parents=True)
    (tmp_path / "logs/pods/1.log").write_bytes(CRASH)
    (tmp_path / "logs/current").symlink_to("pods")
    (tmp_path / "logs/a.log").symlink_to("pods/1.log")
    (tmp_path / "logs/pods/up").symlink_to("..")
    code, output, errors = panicstream("scan", "--json", "logs", folder=tmp_path)
    assert (code, places(output), errors) == (1, [("logs/a.log", 0)], [])


def test_a_name_that_is_not_text_is_read(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.log")).write_bytes(CRASH)
    assert places(panicstream("scan", "--json", ".", folder=tmp_path).output) == [("./caf\\xe9.log", 0)]


def test_the_summary_has_a_row_a_bug_most_frequent_first(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(OTHER_CRASH + QUIET + CRASH)
    (tmp_path / "b.log").write_bytes(QUIET + CRASH)
    code, output, errors = panicstream("scan", "--summary", "a.log", "b.log", folder=tmp_path)
    assert (code, errors) == (1, [])
    often, once, end = output.rstrip("\n").split("\n\n")
    assert [line.split() for line in often.splitlines()][1:] == [
        ["in", "/srv/app/shop/internal/cart/cart.go:66"],
        ["first", "a.log:48"],
        ["last", "b.log:41"],
    ]
    assert (often[:20], once[:17]) == ("     2 x nil pointer", "     1 x deadlock")
    assert end == "3 crashes, 2 different, in 103 lines"


def test_the_summary_as_json_has_the_same_rows(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(OTHER_CRASH + QUIET + CRASH + QUIET + CRASH)
    rows = crashes(panicstream("scan", "--summary", "--json", "a.log", folder=tmp_path).output)
    names = ("count", "first_offset", "last_offset", "culprit_line")
    assert [tuple(row[name] for name in names) for row in rows] == [(2, 47, 95, 66), (1, 0, 0, 34)]


def test_rules_of_ones_own_mask_beside_the_known_secrets(tmp_path: Path) -> None:
    text = CRASH.replace(b"panic: ", b"panic: order 4711 of bob@example.com: ", 1)
    (tmp_path / "app.log").write_bytes(text)
    told = panicstream("scan", "--json", "--redact", r"order=order (\d+)", "app.log", folder=tmp_path)
    assert crashes(told.output)[0]["message"].startswith("order [redacted:order] of [redacted:email]: ")


def test_a_rule_that_cannot_be_used_is_refused_by_its_name(tmp_path: Path) -> None:
    code, _, errors = panicstream("scan", "--redact", "bad=(", "app.log", folder=tmp_path)
    assert (code, len(errors)) == (2, 1)
    assert 'rule "bad"' in errors[0]
