"""Hostile inputs, each in a child process at size n and 2n: alive, linear in time, bounded, cuts marked."""

import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from tests.accuracy.measure import Measure, Miss

RATIO = 3.0
# Memory may not grow with the input: so much more at 2n than at n is the allocator's doing.
GROWTH_MB = 48.0
TIMEOUT_S = 600


class Trial(NamedTuple):
    """An input of the stress program, its size n, and whether it must come out marked as cut by limits."""

    input: str
    size: int
    marked: bool
    meaning: str
    program: str = "stress"
    memory_mb: float | None = None  # a bound of its own, where memory is what grows


TRIALS = (
    Trial("arbitrary", 16, False, "16 MB of arbitrary bytes"),
    Trial("long_line", 100, False, "a line of 100 MB"),
    Trial("long_value", 100, True, "a panic value of 100 MB"),
    Trial("nul", 16, False, "16 MB with NUL"),
    Trial("bad_utf8", 16, False, "16 MB of bad UTF-8"),
    Trial("goroutines", 1_000_000, True, "a million goroutines"),
    Trial("chain", 1_000, True, "a thousand panics in a chain"),
    Trial("heads", 1_000_000, False, "a million heads"),
    Trial("large", 50, False, "records of 100 MB", "flood", 1000.0),
    Trial("deep", 100_000, True, "100,000-deep JSON", "flood"),
    Trial("bytes_of_no_text", 200_000, True, "records of NUL, bad UTF-8, null", "flood"),
    Trial("wrong_types", 100_000, False, "known names, wrong types", "flood"),
    Trial("open_traces", 50_000, False, "100,000 open traces", "flood", 1000.0),
)


def child(trial: Trial, size: int) -> dict[str, Any] | str:
    """Return what the stress program says; its last words when it died."""
    command = [sys.executable, "-m", f"tests.accuracy.{trial.program}", trial.input, str(size)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False)  # noqa: S603  # ours
    except subprocess.TimeoutExpired:
        return f"no end after {TIMEOUT_S} s"
    if done.returncode:
        return f"exit {done.returncode}: {done.stderr.decode(errors='replace')[-200:]}"
    said: dict[str, Any] = orjson.loads(done.stdout)
    return said


def faults(trial: Trial, small: dict[str, Any], large: dict[str, Any]) -> list[str]:
    """Return what is wrong with the two runs."""
    found = []
    if large["cpu_s"] > RATIO * max(small["cpu_s"], 0.001):
        found.append(f"time at 2n is {large['cpu_s'] / max(small['cpu_s'], 0.001):.1f} times that at n")
    if large["rss_mb"] > (trial.memory_mb or small["rss_mb"] + GROWTH_MB):
        found.append(f"memory grew from {small['rss_mb']:.0f} to {large['rss_mb']:.0f} MB")
    if trial.marked and not large["marked"]:
        found.append("nothing is marked or counted")
    return found


def measured(trial: Trial) -> Measure:
    """One line of the report."""
    name, small, large = f"robust: {trial.meaning}", child(trial, trial.size), child(trial, 2 * trial.size)
    if isinstance(small, str) or isinstance(large, str):
        words = small if isinstance(small, str) else str(large)
        return Measure(name, "died", "lives", False, [Miss(trial.input, "an end", words, "died")])
    ratio = large["cpu_s"] / max(small["cpu_s"], 0.001)
    wrong = faults(trial, small, large)
    figure = f"x{ratio:.2f} {large['rss_mb']:.0f} MB {small['crashes']:.0f} crashes"
    return Measure(name, figure, f"< x{RATIO:g}", not wrong, [Miss(trial.input, "none", w, w) for w in wrong])


def row(_corpus: Path) -> list[Measure]:
    """Every trial; the inputs are made here."""
    return [measured(trial) for trial in TRIALS]
