"""The golden corpus in `tests/corpus`: a header with what must come out, a line `---`, then the raw text.

Header lines are `# name: value`. `# about:` says why the file is there and is kept; all others are written
by `python -m tests.golden --write`, for review as a diff. Each crash has a block that begins `# crash: 1`.
Texts are byte for byte what a program or a log transport wrote.
"""

# ruff: noqa: T201  # names the files it rewrites

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import orjson

from tests.scanning import Crash, Scanned, scan

FOLDER = Path(__file__).parent / "corpus"
SEPARATOR = b"---\n"
FRAMES_SHOWN = 6


class Golden(NamedTuple):
    """One file: why it is there, the expectation as it is written, the raw text."""

    path: Path
    about: str
    expectation: str
    raw: bytes


def read(path: Path) -> Golden:
    """Take a file apart. Raises ValueError when it has no `---` line or no `# about:`."""
    head, separator, raw = path.read_bytes().partition(SEPARATOR)
    first, _, rest = head.decode().partition("\n")
    if not separator or not first.startswith("# about: "):
        raise ValueError(f"{path}: a golden file begins with `# about: ` and has a line `---`")
    return Golden(path, first.removeprefix("# about: "), rest, raw)


def one_line(value: object) -> str:
    """Return the value as JSON text without quotes around plain strings."""
    text = orjson.dumps(value).decode()
    return text[1:-1] if isinstance(value, str) else text


def fields(crash: Crash) -> Iterator[tuple[str, str]]:
    """Yield what is expected of a crash, in the order of the header."""
    for name in ("kind", "title", "message", "message_template", "exception_type"):
        yield name, one_line(crash[name])
    yield "chain", str(len(crash["chain"]))
    yield "signal", one_line(crash["signal_name"])
    yield "goroutines", str(crash["goroutine_count"])
    yield "state", one_line(crash["goroutine_state"])
    yield "culprit", f"{crash['culprit_function']} {crash['culprit_file']}:{crash['culprit_line']}"
    shown = crash["frames"][:FRAMES_SHOWN]
    yield "frames", ", ".join(frame["function"] for frame in shown)
    yield "classes", ", ".join(frame["class"] for frame in shown)
    yield "lines", f"{crash['source_first_offset']} to {crash['source_last_offset']}, {crash['line_count']}"
    yield "damage", ", ".join(crash["damage"]) or ("none" if crash["complete"] else "incomplete")
    yield "fingerprint", crash["fingerprint"]


def expectation(found: Scanned) -> str:
    """Return the header lines for what was found."""
    lines = [f"# crashes: {len(found.crashes)}", f"# ordinary lines: {found.ordinary_lines}"]
    for number, crash in enumerate(found.crashes, 1):
        lines.append(f"# crash: {number}")
        lines += [f"# {name}: {value}" for name, value in fields(crash)]
    return "".join(line + "\n" for line in lines)


def found(golden: Golden) -> str:
    """Return the expectation the text gives now."""
    return expectation(scan(golden.raw, golden.path.name))


def write(golden: Golden) -> bool:
    """Rewrite the header where it is another now; return whether it was."""
    now = found(golden)
    head = f"# about: {golden.about}\n{now}"
    golden.path.write_bytes(head.encode() + SEPARATOR + golden.raw)
    return now != golden.expectation


def main() -> None:
    """Rewrite the expectations, or name the files whose expectation is another now."""
    parser = argparse.ArgumentParser(prog="python -m tests.golden", description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true", help="rewrite the expectations, for review as a diff")
    asked = parser.parse_args()
    for path in sorted(FOLDER.glob("*.txt")):
        golden = read(path)
        if write(golden) if asked.write else found(golden) != golden.expectation:
            print(path.relative_to(FOLDER.parent))


if __name__ == "__main__":
    main()
