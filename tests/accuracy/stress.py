"""One hostile input through one Scanner in a process of its own: `python -m tests.accuracy.stress NAME N`.

Prints JSON: `cpu_s` (best of three), `rss_mb` (peak of the process), `crashes`, `marked` (crashes whose
damage says `limits`), `lines`. Inputs are made piece by piece, so the memory is the scanner's.
"""

# ruff: noqa: T201  # its parent reads stdout

import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import orjson

from pipeline._native import Scanner

PIECE = 1 << 16
RUNS = 3
HEADER = b"goroutine %d [running]:\nmain.main()\n\t/srv/app/main.go:1 +0x1d\n\n"


def arbitrary(megabytes: int) -> Iterator[bytes]:
    """Random bytes, line feeds and head words among them."""
    rng = random.Random(7)  # noqa: S311  # the same bytes on every run, no secret
    words = (
        b"\npanic: ",
        b"\ngoroutine 1 [running]:\n",
        b"\n\t/a.go:1",
        b"main.f(",
        b"\nfatal error: ",
        b"\n\n",
    )
    for _ in range(megabytes << 4):
        piece = rng.randbytes(PIECE // 2)
        yield piece.join(rng.choices(words, k=2)) if rng.random() < 0.5 else piece + rng.choice(words) + piece


def long_line(megabytes: int) -> Iterator[bytes]:
    """One line of that size, and an ordinary one."""
    yield from (b"x" * PIECE for _ in range(megabytes << 4))
    yield b"\nordinary\n"


def long_value(megabytes: int) -> Iterator[bytes]:
    """Return a panic whose value is one line of that size."""
    yield b"panic: "
    yield from (b"x" * PIECE for _ in range(megabytes << 4))
    yield b"\n\n" + HEADER % 1


def repeated(pattern: bytes) -> Callable[[int], Iterator[bytes]]:
    """Return an input that is one line again and again."""
    line = pattern * (PIECE // len(pattern))
    return lambda megabytes: (line for _ in range(megabytes << 4))


def goroutines(count: int) -> Iterator[bytes]:
    """One dump with so many goroutines."""
    yield b"panic: boom\n\n"
    yield from (HEADER % n for n in range(1, count + 1))


def chain(count: int) -> Iterator[bytes]:
    """One crash with so many panics in its chain."""
    yield b"panic: first [recovered]\n"
    yield from (b"\tpanic: again %d [recovered]\n" % n for n in range(count))
    yield b"\tpanic: last\n\n" + HEADER % 1


def heads(count: int) -> Iterator[bytes]:
    """Heads without any goroutine, one after the other."""
    yield from (b"panic: head %d\n" % n for n in range(count))


INPUTS: dict[str, Callable[[int], Iterator[bytes]]] = {
    "arbitrary": arbitrary,
    "long_line": long_line,
    "long_value": long_value,
    "nul": repeated(b"panic: \x00\x00\n\ngoroutine 1 [\x00]:\n\x00\n"),
    "bad_utf8": repeated(
        b"panic: \xff\xfe\xc0\x80\n\ngoroutine 1 [running]:\nmain.\xf0\x28\x8c()\n\t/\xff.go:1\n"
    ),
    "goroutines": goroutines,
    "chain": chain,
    "heads": heads,
}


def run(name: str, size: int) -> dict[str, float]:
    """Scan the input once."""
    scanner, cpu, crashes, marked = Scanner(name), 0.0, 0, 0
    pieces = INPUTS[name](size)
    while batch := b"".join(islice(pieces, 16)):
        began = time.process_time()
        documents = scanner.feed(batch)
        cpu += time.process_time() - began
        crashes += len(documents)
        marked += sum("limits" in orjson.loads(document)["damage"] for document in documents)
    began = time.process_time()
    documents = scanner.finish()
    cpu += time.process_time() - began
    marked += sum("limits" in orjson.loads(document)["damage"] for document in documents)
    return {"cpu_s": cpu, "crashes": crashes + len(documents), "marked": marked, "lines": scanner.lines}


def peak_mb() -> float:
    """Return the peak resident memory in MB, from the kernel's status file where there is one.

    The other source counts what the parent had when it started this process.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the best of three runs."""
    name, size = sys.argv[1], int(sys.argv[2])
    best = min((run(name, size) for _ in range(RUNS)), key=lambda result: result["cpu_s"])
    best["rss_mb"] = peak_mb()
    print(orjson.dumps(best).decode())


if __name__ == "__main__":
    main()
