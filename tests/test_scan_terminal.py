"""What a terminal sees of `panicstream scan`: colours, a progress bar, and nothing that a log could steer."""

import re
from pathlib import Path

import pytest
import zstandard

from tests.command import CRASH, PROGRAM, QUIET, on_a_terminal, panicstream, run, started

STEERING = "\x1b]0;owned\x07 \x1b[2J \x9b31m \u202egnp.exe [bold red]not styled[/] \r\x08"
HOSTILE = b"panic: " + STEERING.encode() + CRASH[CRASH.index(b"\n") :]
SHOWN = r"\x1b]0;owned\x07 \x1b[2J \x9b31m \u202egnp.exe [bold red]not styled[/] \r\x08"


@pytest.mark.parametrize("flags", [(), ("--summary",)])
def test_text_of_a_log_cannot_steer_the_terminal(flags: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(HOSTILE)
    output = panicstream("scan", *flags, "app.log", folder=tmp_path).output
    assert [c for c in output if not c.isprintable() and c != "\n"] == []


def test_what_would_steer_is_shown_as_text(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(HOSTILE)
    assert SHOWN[:40] in panicstream("scan", "app.log", folder=tmp_path).output


def test_names_of_files_cannot_steer_the_terminal(tmp_path: Path) -> None:
    errors = panicstream("scan", "no\x1b[2J\nsuch", folder=tmp_path).errors
    assert [error[: error.index(":", 20)] for error in errors] == [r"panicstream: no\x1b[2J\nsuch"]


def test_a_terminal_gets_colours(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(CRASH)
    assert "\x1b[1;31m" in on_a_terminal("scan", str(tmp_path / "app.log"))


@pytest.mark.parametrize("settings", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_that_wants_no_colours_gets_none(settings: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(CRASH)
    assert "\x1b" not in on_a_terminal("scan", str(tmp_path / "app.log"), settings=settings)


def test_a_file_gets_no_colours_even_where_they_are_forced(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(CRASH)
    output = run(
        ["env", "FORCE_COLOR=1", "TTY_COMPATIBLE=1", PROGRAM, "scan", "app.log"], folder=tmp_path
    ).output
    assert "\x1b" not in output


def test_a_long_scan_shows_how_far_it_is_and_takes_it_away(tmp_path: Path) -> None:
    zeros, crash = (zstandard.ZstdCompressor().compress(text) for text in (b"\0" * (1 << 26), b"\n" + CRASH))
    packed = zeros * 32 + crash
    (tmp_path / "long.zst").write_bytes(packed)
    seen = on_a_terminal("scan", str(tmp_path / "long.zst"))
    assert f"/{len(packed) / 1000:.1f} kB" in seen
    after = seen.rpartition("kB")[2]
    assert "\x1b[2K" in after[: after.index("nil pointer dereference")]


def test_a_long_pipe_shows_how_much_it_gave() -> None:
    with started(["sh", "-c", "for n in 1 2 3 4 5 6; do echo line; sleep 0.5; done"]) as slow:
        assert slow.stdout
        assert re.search(r"\d+ bytes", on_a_terminal("scan", "-", stdin=slow.stdout.fileno()))


def test_a_short_scan_shows_no_bar(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(QUIET)
    assert on_a_terminal("scan", str(tmp_path / "app.log")) == "no crash in 40 lines\r\n"
