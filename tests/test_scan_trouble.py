"""What `panicstream scan` does where something goes wrong: one line, an exit code, and the rest is read."""

import fcntl
import gzip
import os
import signal
import sys
import termios
import time
from pathlib import Path

import pytest
import zstandard

from tests.command import CRASH, PATIENCE_S, PROGRAM, QUIET, panicstream, run, started

ZSTD = zstandard.ZstdCompressor().compress(QUIET + CRASH + os.urandom(1 << 17))
GZIP = gzip.compress(QUIET + CRASH + os.urandom(1 << 17))
FLIPPED = GZIP[:1000] + bytes([GZIP[1000] ^ 0xFF]) + GZIP[1001:]


def without_rights(*words: str) -> list[str]:
    """Words that run a program with no right but those that permissions give: root has others."""
    if os.geteuid() != 0:
        return list(words)
    taken = "-dac_override,-dac_read_search"
    return ["setpriv", f"--bounding-set={taken}", f"--inh-caps={taken}", *words]


@pytest.mark.parametrize(
    ("name", "packed", "complaint"),
    [
        ("cut.gz", GZIP[:-100], "it is cut short"),
        ("cut.zst", ZSTD[:-100], "it is cut short"),
        ("flipped.gz", FLIPPED, "incorrect data check"),
        ("two.gz", GZIP + b"more", "incorrect header check"),
    ],
)
def test_a_broken_archive_is_read_up_to_the_damage(
    name: str, packed: bytes, complaint: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(packed)
    code, output, errors = panicstream("scan", "--json", name, folder=tmp_path)
    remedy = "what could be unpacked was read; fetch it again"
    assert errors == [f"panicstream: {name}: broken archive: {complaint}; {remedy}"]
    assert (code, output.count("\n")) == (2, 1)


@pytest.mark.parametrize("name", ["plain.gz", "plain.zst"])
def test_a_text_that_is_named_as_an_archive_is_a_broken_one(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(CRASH)
    code, output, errors = panicstream("scan", "--json", name, folder=tmp_path)
    assert (code, output, len(errors)) == (2, "", 1)
    assert errors[0].startswith(f"panicstream: {name}: broken archive: ")


def test_a_missing_file_is_one_line_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(CRASH)
    code, output, errors = panicstream("scan", "--json", "missing.log", "app.log", folder=tmp_path)
    assert (code, output.count("\n")) == (2, 1)
    assert errors == [
        "panicstream: missing.log: no such file or directory; check the name, or where the link leads"
    ]


@pytest.mark.parametrize("closed", ["closed.log", "closed"])
def test_what_may_not_be_read_is_one_line_and_the_rest_is_read(closed: str, tmp_path: Path) -> None:
    (tmp_path / "logs/closed").mkdir(parents=True)
    (tmp_path / "logs/closed/deep.log").write_bytes(QUIET)
    (tmp_path / "logs/closed.log").write_bytes(QUIET)
    (tmp_path / "logs/open.log").write_bytes(CRASH)
    (tmp_path / "logs" / closed).chmod(0)
    code, output, errors = run(without_rights(PROGRAM, "scan", "--json", "logs"), folder=tmp_path)
    assert (code, output.count("\n")) == (2, 1)
    assert errors == [f"panicstream: logs/{closed}: permission denied; read it as a user who may"]


def test_a_link_in_a_circle_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/a").symlink_to("b")
    (tmp_path / "logs/b").symlink_to("a")
    code, _, errors = panicstream("scan", "logs", folder=tmp_path)
    assert (code, len(errors)) == (2, 2)
    assert errors[0] == "panicstream: logs/a: too many levels of symbolic links; mend the link"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "Missing command; `panicstream --help` shows how it is used"),
        (("sacn",), "No such command 'sacn'"),
        (
            ("scan",),
            "nothing to scan: name a file, a folder, or - for stdin; `panicstream scan --help` shows",
        ),
        (("scan", "--jsno", "-"), "No such option: --jsno"),
        (("scan", "empty"), "empty: no file in this folder; name one that holds logs"),
    ],
)
def test_a_call_that_makes_no_sense_is_one_line(
    arguments: tuple[str, ...], complaint: str, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    code, _, errors = panicstream(*arguments, folder=tmp_path)
    assert (code, len(errors)) == (2, 1)
    assert errors[0].startswith(f"panicstream: {complaint}")


def test_a_closed_stdin_is_one_line() -> None:
    code, _, errors = run(["bash", "-c", f"{PROGRAM} scan - <&-"])
    assert (code, errors) == (2, ["panicstream: -: bad file descriptor; give it something to read"])


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(CRASH)
    code, _, errors = run(["bash", "-c", f"{PROGRAM} scan --json app.log > /dev/full"], folder=tmp_path)
    line = "panicstream: stdout: no space left on device; make room, or send it elsewhere"
    assert (2, [line]) == (code, errors)


def test_a_reader_that_leaves_ends_the_scan_quietly(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes((CRASH + QUIET) * 2000)
    command = f"set -o pipefail; {PROGRAM} scan --json app.log | head -n 1"
    code, output, errors = run(["bash", "-c", command], folder=tmp_path)
    assert (code, output.count("\n"), errors) == (1, 1, [])


@pytest.mark.parametrize("flags", [("--json",), (), ("--summary",)])
@pytest.mark.parametrize(("stop", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_scan_that_is_stopped_tells_what_it_found(
    flags: tuple[str, ...], stop: signal.Signals, expected: int
) -> None:
    process = started([PROGRAM, "scan", *flags, "-"])
    assert process.stdin
    for piece in (CRASH, b"a line that is not yet whole"):
        process.stdin.write(piece)
        process.stdin.flush()
        _wait_until_read(process.stdin.fileno())  # so that the piece before it has been worked on
    process.send_signal(stop)
    output, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, errors) == (expected, b"")
    assert b"nil pointer dereference" in output


def _wait_until_read(pipe: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while any(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4))):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_fault_of_ours_is_one_line_with_its_place_and_exit_code_70(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(CRASH)
    program = """
import agents.scan, agents.__main__
agents.scan.count_in = None
agents.__main__.main()
"""
    code, _, errors = run([sys.executable, "-c", program, "scan", "app.log"], folder=tmp_path)
    assert (code, len(errors)) == (70, 1)
    assert errors[0].startswith("panicstream: a fault of panicstream itself: TypeError: ")
    assert "scan.py:" in errors[0]
