"""Run the installed command `panicstream` as people do, and look at what it says."""

# ruff: noqa: S603  # the words come from the tests

import os
import pty
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

PROGRAM = str(Path(sys.executable).with_name("panicstream"))
PATIENCE_S = 60

CRASH = b"""\
panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x30 pc=0x477fa0]

goroutine 1 [running]:
github.com/acme/shop/internal/cart.(*Cart).OwnerName(0xc000002380?)
	/srv/app/shop/internal/cart/cart.go:66
main.main()
	/srv/app/shop/cmd/nil_deref/main.go:10 +0x15
"""
OTHER_CRASH = b"""\
fatal error: all goroutines are asleep - deadlock!

goroutine 1 [chan receive]:
github.com/acme/shop/internal/store.(*Store).Recv(0xc000088e18?)
	/srv/app/shop/internal/store/store.go:34 +0x25
main.main()
	/srv/app/shop/cmd/fatal_deadlock_recv/main.go:9 +0xe9
"""
QUIET = (
    b"2026/11/21 08:00:01 order 4711 shipped\n" * 40
)  # more ordinary lines than a finished trace waits for


class Answer(NamedTuple):
    """What a run gave; `errors` are the lines of stderr."""

    code: int
    output: str
    errors: list[str]


def panicstream(*arguments: str, given: bytes = b"", folder: Path | None = None) -> Answer:
    """Run the command with `given` on stdin, in `folder`."""
    return run([PROGRAM, *arguments], given, folder)


def run(words: list[str], given: bytes = b"", folder: Path | None = None) -> Answer:
    """Run any program that way."""
    done = subprocess.run(
        words, input=given, capture_output=True, cwd=folder, timeout=PATIENCE_S, check=False
    )
    return Answer(done.returncode, done.stdout.decode(), done.stderr.decode().splitlines())


def started(words: list[str], folder: Path | None = None) -> subprocess.Popen[bytes]:
    """Start a program with pipes at all ends."""
    pipe = subprocess.PIPE
    return subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, cwd=folder)


def first_line(process: subprocess.Popen[bytes], errors: bool = False) -> bytes:
    """Wait for a line on stdout, or on stderr, but not for ever."""
    output = process.stderr if errors else process.stdout
    assert output
    stop = threading.Timer(PATIENCE_S, process.kill)
    stop.start()
    line = output.readline()
    stop.cancel()
    return line


def on_a_terminal(
    *arguments: str, stdin: int | None = None, settings: Mapping[str, str] | None = None
) -> str:
    """Run the command with stdout and stderr on a terminal; return what the terminal got."""
    ours, its = pty.openpty()
    plain = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    environment = plain | {"TERM": "xterm-256color", **(settings or {})}
    process = subprocess.Popen([PROGRAM, *arguments], stdin=stdin, stdout=its, stderr=its, env=environment)
    os.close(its)
    got = b""
    try:
        while piece := os.read(ours, 1 << 16):
            got += piece
    except OSError:
        pass  # Linux says so where the other end of a terminal is closed
    os.close(ours)
    process.wait(PATIENCE_S)
    return got.decode()
