"""The embedded broker below a process that a test may end, and what becomes of processes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.command import first_line, started

STARTS = """
import time
from agents.embedded import embedded_broker
with embedded_broker() as server:
    print(server, flush=True)
    time.sleep(600)
"""


@contextmanager
def serving() -> Iterator[tuple[str, int, subprocess.Popen[bytes]]]:
    """Run a broker; give its HOST:PORT, its process, and the one that has started it."""
    parent = started([sys.executable, "-c", STARTS])
    try:
        server = first_line(parent).decode().strip()
        [broker] = children(parent.pid)
        yield server, broker, parent
    finally:
        parent.kill()
        parent.communicate()


def children(of: int) -> list[int]:
    """Return the processes that a process has started."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, check=True).stdout  # noqa: S607
    pairs = (map(int, line.split()) for line in listed.splitlines())
    return [pid for pid, parent in pairs if parent == of]


def is_gone(process: int) -> bool:
    """Tell whether a process has ended."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False
