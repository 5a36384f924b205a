"""Starts the worker again where it ended with a fault, less and less often, and gives up in the end."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from agents.exits import Exit, Terminated
from agents.layout import counted
from pipeline.settings import SupervisorSettings

LONGEST_S = 30.0  # between an end and the next start
HEALTHY_S = 60.0  # who ran so long begins with the shortest wait again
COUNTED_S = 600.0  # over which restarts are counted
STOP_S = 4.8  # the worker ends itself before that
REMEDY = "its last lines say what is wrong"

LOG = logging.getLogger(__name__)


class Restarts:
    """How long to wait before each restart, and when it is enough."""

    def __init__(self, settings: SupervisorSettings) -> None:
        self._shortest, self._most = settings.backoff, settings.restarts
        self._wait = self._shortest
        self._times: deque[float] = deque()

    def wait_after(self, ran: float, now: float) -> float | None:
        """Return seconds to wait after a worker that ran for `ran` seconds; None: give up."""
        while self._times and self._times[0] <= now - COUNTED_S:
            self._times.popleft()
        if len(self._times) >= self._most:
            return None
        self._times.append(now)
        wait = self._shortest if ran >= HEALTHY_S else self._wait
        self._wait = min(wait * 2, LONGEST_S)
        return min(wait, LONGEST_S)


class Ended(NamedTuple):
    """How a worker ended: its exit code (negative: the signal that killed it), and the seconds it ran."""

    code: int
    ran: float


def supervise(settings: SupervisorSettings, start: Sequence[str]) -> int:
    """Run the worker that the words `start` start, and again after each fault; return the last exit code."""
    try:
        return _keep_running(settings, start)
    except Terminated:
        return Exit.FINE
    except KeyboardInterrupt:
        return Exit.INTERRUPTED


def _keep_running(settings: SupervisorSettings, start: Sequence[str]) -> int:
    restarts = Restarts(settings)
    while True:
        ended = _run(start)
        if ended.code >= 0 and ended.code != Exit.OUR_FAULT:
            return ended.code
        why = _told(ended.code)
        wait = restarts.wait_after(ended.ran, time.monotonic())
        if wait is None:
            often = counted(settings.restarts, "time")
            LOG.error("%s after it was restarted %s in ten minutes: giving up; %s", why, often, REMEDY)
            return Exit.OUR_FAULT
        LOG.warning("%s; starting it again in %g s", why, wait)
        time.sleep(wait)


def same_command(*more: str) -> list[str]:
    """Return the words that start this program as it was started, and `more`."""
    return [sys.executable, *sys.orig_argv[1:], *more]


def _run(start: Sequence[str]) -> Ended:
    """Run the worker until it ends. It watches a pipe of ours: where that ends, we are gone.

    Raises Terminated or KeyboardInterrupt, when the worker has ended on that signal, too.
    """
    began = time.monotonic()
    its, ours = os.pipe()
    try:
        worker = subprocess.Popen([*start, "--lifeline", str(its)], pass_fds=[its])  # noqa: S603  # our own words
        os.close(its)
        try:
            # On a signal, Popen.wait would wait on for a while before it says so.
            worker.returncode = os.waitstatus_to_exitcode(os.waitpid(worker.pid, 0)[1])
        except KeyboardInterrupt as stop:
            _stop(worker, signal.SIGTERM if isinstance(stop, Terminated) else signal.SIGINT)
            raise
    finally:
        os.close(ours)
    return Ended(worker.returncode, time.monotonic() - began)


def _stop(worker: subprocess.Popen[bytes], how: signal.Signals) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    worker.send_signal(how)
    try:
        worker.wait(STOP_S)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


def _told(code: int) -> str:
    if code >= 0:
        return f"the worker ended with a fault ({code})"
    name = signal.Signals(-code).name
    return f"the worker was killed by {name}{' (out of memory?)' if -code == signal.SIGKILL else ''}"
