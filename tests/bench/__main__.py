"""`python -m tests.bench [--full] [--corpus DIR]`: MB/s of CPU, beside a floor and a naive detector.

The figure with a bar is that of goroutines parsed, as parsers of goroutine dumps are measured; what signing
and writing documents cost on top of it is printed below it, step by step.
"""

# ruff: noqa: T201  # a report on stdout is what this program is for

import argparse
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable
from os import cpu_count
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline._native import Scanner
from tests.accuracy.bulk import CHUNK, goroutines, mixed
from tests.accuracy.measure import line
from tests.bench import clusters, records
from tests.bench.inputs import make

RUNS = 5
CRATE = Path(__file__).parents[2] / "pipeline" / "native" / "Cargo.toml"
LADDER = ("--quiet", "--locked", "--features", "extension-module", "--bench", "ladder", "--manifest-path")
BAR_MB_S = 300.0
NAIVE_SLICE = 8 << 20
SMALL, FULL = (200_000, 16), (1_000_000, 64)
NAIVE = re.compile(r"\bpanic: |^fatal error: |^goroutine \d+ \[|http: panic serving|^SIG[A-Z]+: ")


def machine() -> str:
    """Name cores, CPU model and Python."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = re.findall(r"^model name\s*: (.*)$", cpuinfo.read_text(), re.M)
        model = names[0] if names else model
    return f"{cpu_count()} cores, {model}, Python {platform.python_version()}"


def cpu_seconds(work: Callable[[bytes], object], text: bytes) -> float:
    """Return the least CPU time of five runs."""
    times = []
    for _ in range(RUNS):
        began = time.process_time()
        work(text)
        times.append(time.process_time() - began)
    return min(times)


def scanned(text: bytes) -> int:
    """Feed the text in chunks of a MiB; return the bytes of the documents."""
    scanner, view, size = Scanner("bench"), memoryview(text), 0
    for start in range(0, len(text), CHUNK):
        size += sum(map(len, scanner.feed(bytes(view[start : start + CHUNK]))))
    return size + sum(map(len, scanner.finish()))


def counted(text: bytes) -> int:
    """Count line feeds: the floor."""
    return text.count(b"\n")


def naive(text: bytes) -> int:
    """Decode and search each line with one expression: what a script does; starts only."""
    return sum(NAIVE.search(row.decode(errors="replace")) is not None for row in text.split(b"\n"))


def speed(name: str, text: bytes) -> float:
    """Print the scanner's speed on the text and its ratio to the two references; return MB/s."""
    part = text[:NAIVE_SLICE]
    ours = len(text) / 1e6 / cpu_seconds(scanned, text)
    floor = len(text) / 1e6 / max(cpu_seconds(counted, text), 1e-9)
    script = len(part) / 1e6 / cpu_seconds(naive, part)
    lines = text.count(b"\n") / (len(text) / 1e6) * ours / 1e6
    print(f"{name:<12} {ours:8.0f} MB/s of CPU  {lines:6.2f} M lines/s  ({len(text) / 1e6:.0f} MB)")
    print(f"{'':<12} {floor:8.0f} MB/s counting line feeds ({ours / floor:.3f} of it)")
    print(f"{'':<12} {script:8.0f} MB/s naive detector in Python ({ours / script:.1f} times it)")
    return ours


def ladder(dumps: Path) -> float:
    """Print the core's speed step by step; return the MB/s of CPU up to parsed goroutines."""
    command = ["cargo", "bench", *LADDER, str(CRATE), "--", str(dumps)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603  # our own bench
    print(told, end="")
    return float(re.findall(r"^parsed +(\d+) MB/s", told, re.M)[0])


def measure(corpus: Path | None, folder: Path, sizes: tuple[int, int]) -> bool:
    """Make the inputs, print all lines; return whether the bars are reached."""
    print(f"machine: {machine()}")
    source = make(corpus, folder, *sizes)
    print(f"inputs: {source}; best of {RUNS} runs, CPU time of the process, chunks of 1 MiB")
    print("dumps.txt in the core, each step with those before it:")
    dumps = ladder(folder / "dumps.txt")
    print("through Python, bytes to documents:")
    speed("dumps.txt", (folder / "dumps.txt").read_bytes())
    speed("mixed.txt", (folder / "mixed.txt").read_bytes())
    print(f"records through Python, batches of {records.BATCH}:")
    reached = records.measure(corpus, folder)
    print("fingerprints in the clusterer, stacks of 10 to 25 frames:")
    reached &= clusters.measure()
    measures = [goroutines(folder)]
    if corpus and (folder / "mixed.expect").is_file():
        measures += mixed(corpus, folder)
    verdict = "ok" if dumps >= BAR_MB_S else "BELOW"
    print(f"dumps.txt parsed at least {BAR_MB_S:.0f} MB/s: {verdict} ({dumps:.0f})")
    for result in measures:
        print(line(result))
    return reached and dumps >= BAR_MB_S and all(result.ok for result in measures)


def main() -> int:
    """0: the bars are reached; 1: one is not."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="64 MB of dumps and a million lines")
    parser.add_argument("--corpus", type=Path, help="labelled texts; their generator stands beside them")
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="panicstream-bench-") as name:
        return 0 if measure(asked.corpus, Path(name), FULL if asked.full else SMALL) else 1


if __name__ == "__main__":
    sys.exit(main())
