"""Big inputs: all goroutines of many dumps counted, every crash among ordinary lines found whole."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import orjson

from pipeline._native import Scanner
from tests.accuracy.go_labels import HEAD
from tests.accuracy.measure import Asked, Measure, exactly, share
from tests.scanning import Crash, lines_taken

LINES, DUMPS_MB = 1_000_000, 16
CHUNK = 1 << 20
GOROUTINE = re.compile(rb"^goroutine \d+ (?:gp=\S+ m=\S+ (?:mp=\S+ )?)?\[", re.M)
# A sample prints this block inside its panic's value: no goroutine of its own.
FORGED = re.compile(rb"^goroutine 7 \[running\]:\nmain\.fake\(", re.M)
# Where a trace may begin in front of its head: runtime preambles, or a handler that reports and panics again.
BEGIN = re.compile(r"(?:runtime: |unexpected fault address |E\d{4} .*Observed a panic)")
TAIL = re.compile(r"\n+(?:exit status \d+\n*)?$")


class Planted(NamedTuple):
    """A crash in mixed.txt: its text, and the offset of the first line of its sample."""

    sample: str
    text: str
    offset: int


def generate(corpus: Path, folder: Path, lines: int, dumps_mb: int) -> None:
    """Run the corpus' input generator. Raises CalledProcessError when it fails."""
    tool = corpus.resolve().parent / "tools" / "bench_inputs.py"
    sizes = ["--lines", str(lines), "--dumps-mb", str(dumps_mb)]
    subprocess.run([sys.executable, str(tool), str(folder), *sizes], check=True)  # noqa: S603  # arguments are ours


def chunks(path: Path) -> Iterator[bytes]:
    """Return the file in pieces of a MiB."""
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            yield piece


def goroutines(folder: Path) -> Measure:
    """Every goroutine header of dumps.txt against the sum over the crashes."""
    text = (folder / "dumps.txt").read_bytes()
    wanted = len(GOROUTINE.findall(text)) - len(FORGED.findall(text))
    scanner, got = Scanner("dumps.txt"), 0
    for piece in (*chunks(folder / "dumps.txt"), None):
        for document in scanner.finish() if piece is None else scanner.feed(piece):
            got += orjson.loads(document)["goroutine_count"]
    return exactly("bulk: goroutines in dumps.txt", wanted, got)


def planted(corpus: Path, folder: Path) -> list[Planted]:
    """Return the crashes in mixed.txt; a line has the same offset there as in mixed.jsonl."""
    found = []
    for row in (folder / "mixed.expect").read_text().splitlines():
        sample, offset, _, _ = row.split("\t")
        found.append(Planted(sample, (corpus / sample).read_text(), int(offset)))
    return found


def parting(raw: str, text: str) -> str:
    """Say where raw and the sample part."""
    start = max(text.find(raw[:40]), 0)
    shorter = min(len(raw), len(text) - start)
    same = next((n for n in range(shorter) if raw[n] != text[start + n]), shorter)
    return f"behind {raw[:same][-40:]!r} stands {raw[same:][:60]!r}, not {text[start + same :][:60]!r}"


def unlike(crash: Crash | None, wanted: Planted | None) -> str:
    """Say why the crash is not the planted one; "" when it is."""
    if crash is None or wanted is None:
        return "not found" if crash is None else f"extra {crash['title']}"
    raw, text = TAIL.sub("", crash["raw"]), TAIL.sub("", wanted.text)
    if not text.endswith(raw):
        return parting(raw, text)
    before = text[: len(text) - len(raw)]
    if not (HEAD.match(raw) or BEGIN.match(raw)) or HEAD.search(before):
        return f"raw begins {raw[:80]!r}"
    first, got = wanted.offset + before.count("\n"), crash["source_first_offset"]
    return "" if got == first else f"offset {got}, not {first}"


def swallowed(crashes: list[Crash], found: list[Planted]) -> int:
    """Lines in crashes that are no lines of a planted sample."""
    samples = {n for p in found for n in range(p.offset, p.offset + p.text.rstrip("\n").count("\n") + 1)}
    ours = [n for c in crashes for n in range(c["source_first_offset"], c["source_last_offset"] + 1)]
    return sum(n not in samples for n in ours)


def mixed(corpus: Path, folder: Path) -> list[Measure]:
    """Crashes whole, and ordinary lines swallowed by one."""
    scanner, documents = Scanner("mixed.txt"), []
    for piece in chunks(folder / "mixed.txt"):
        documents += scanner.feed(piece)
    crashes: list[Crash] = [orjson.loads(document) for document in documents + scanner.finish()]
    found = planted(corpus, folder)
    by_offset = {wanted.offset: wanted for wanted in found}
    pairs = matched(crashes, by_offset)
    whys = [(wanted.sample if wanted else "extra", unlike(crash, wanted)) for crash, wanted in pairs]
    asked = [Asked(sample, not why, "whole", why, why.partition(" ")[0]) for sample, why in whys]
    return [
        share("bulk: crashes whole in mixed.txt", asked, 1.0),
        exactly("bulk: ordinary lines swallowed", 0, swallowed(crashes, found)),
        exactly(
            "bulk: lines that are nowhere",
            0,
            scanner.lines - scanner.ordinary_lines - sum(map(lines_taken, crashes)),
        ),
    ]


def matched(
    crashes: list[Crash], planted_at: dict[int, Planted]
) -> list[tuple[Crash | None, Planted | None]]:
    """Crashes beside the planted one they begin in, where the numbers differ."""
    pairs: list[tuple[Crash | None, Planted | None]] = []
    for crash in crashes:
        first = crash["source_first_offset"]
        start = next((o for o, p in planted_at.items() if o <= first < o + len(p.text.split("\n"))), -1)
        pairs.append((crash, planted_at.pop(start, None)))
    return pairs + [(None, wanted) for wanted in planted_at.values()]


def row(corpus: Path) -> list[Measure]:
    """Make the inputs in a temporary folder and measure both."""
    with TemporaryDirectory(prefix="panicstream-") as name:
        folder = Path(name)
        generate(corpus, folder, LINES, DUMPS_MB)
        return [goroutines(folder), *mixed(corpus, folder)]
