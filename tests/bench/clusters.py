"""What a comparison costs, and a new fingerprint beside many: time, memory."""

# ruff: noqa: T201  # a report on stdout is what this program is for

import itertools
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from pipeline._native import Clusterer
from tests.bench.stacks import Fleet, Stack

PAIRED, DEPTH, RUNS = 256, 25, 20
COMPARISON_BAR_US = 0.3
BARS_MS = {10_000: 1.0, 100_000: 2.0, 1_000_000: 4.0}
NEW = 500
CHUNK = 20_000
LAST_EPOCH = 65_536
MEMORY_BAR_GB = 1.5


def verdict(value: float, bar: float) -> str:
    """Say whether it is reached."""
    return "ok" if value <= bar else "ABOVE"


def comparison() -> bool:
    """Print what one comparison of two deep stacks costs; return whether the bar is reached."""
    deep = (stack for stack in Fleet(100_000) if len(stack.tokens) >= DEPTH)
    stacks = [stack._replace(tokens=stack.tokens[:DEPTH]) for stack in itertools.islice(deep, PAIRED)]
    clusterer, known = Clusterer(), [stack.fingerprint for stack in stacks]
    clusterer.load(stacks)
    pairs = PAIRED * (PAIRED - 1) // 2
    least = min(_seconds(lambda: clusterer.distance(known)) for _ in range(RUNS)) / pairs * 1e6
    print(
        f"{'one comparison, two stacks of 25 frames':<46} {least:6.3f} us, bar {COMPARISON_BAR_US}: "
        f"{verdict(least, COMPARISON_BAR_US)}"
    )
    return least <= COMPARISON_BAR_US


def newcomers(size: int) -> tuple[bool, str]:
    """Measure new fingerprints beside known ones; return whether the bars are reached, and how."""
    clusterer, held = Clusterer(), list[Stack]()
    stacks, before = _held_back(Fleet(size), size // NEW, held), _resident()
    seconds = _loaded(clusterer, stacks, size)
    grown = _resident() - before
    times = sorted(_seconds(partial(_joined, clusterer, stack)) * 1e3 for stack in held)
    mean, bar = sum(times) / len(times), BARS_MS[size]
    told = (
        f"{f'a new one against {size:,}':<46} {mean:6.2f} ms, bar {bar:g}: {verdict(mean, bar)} "
        f"(p50 {times[len(times) // 2]:.2f}, p99 {times[len(times) * 99 // 100]:.2f}, most {times[-1]:.2f})\n"
        f"{'':<46} {grown / size:6.0f} bytes a fingerprint, {grown / 1e9:.2f} GB; "
        f"loaded in {seconds:.1f} s, epoch {clusterer.epoch:,}"
    )
    return mean <= bar and grown <= MEMORY_BAR_GB * 1e9, told


def measure() -> bool:
    """Print all; return whether the bars are reached."""
    reached = comparison()
    # A process each: what one freed would be taken again by the next, and not counted.
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as processes:
        for ok, told in processes.map(newcomers, BARS_MS):
            print(told)
            reached &= ok
    return reached


def _held_back(stacks: Iterable[Stack], every: int, held: list[Stack]) -> Iterator[Stack]:
    """Leave one of each `every` out, so that what comes new has relatives among those that are known."""
    for number, stack in enumerate(stacks):
        if number % every:
            yield stack
        else:
            held.append(stack)


def _loaded(clusterer: Clusterer, stacks: Iterator[Stack], size: int) -> float:
    """Load so many, with the epochs that they would have seen; return the seconds without making them."""
    counted = 1 << min(size, LAST_EPOCH).bit_length() - 1
    seconds = 0.0
    for end in (counted, size):
        while missing := end - len(clusterer):
            part = list(itertools.islice(stacks, min(missing, CHUNK)))
            seconds += _seconds(partial(clusterer.load, part))
        if end == counted:
            seconds += _seconds(clusterer.renew)
    return seconds


def _joined(clusterer: Clusterer, stack: Stack) -> None:
    clusterer.add(*stack)
    clusterer.parts(stack.fingerprint)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _resident() -> int:
    words = ["ps", "-o", "rss=", "-p", str(os.getpid())]
    done = subprocess.run(words, capture_output=True, check=True, text=True)  # noqa: S603
    return int(done.stdout) * 1024
