"""`python -m tests.accuracy --corpus DIR [-v] [--only NAME] [--misses FILE]`."""

# ruff: noqa: T201  # a report on stdout is what this program is for

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from tests.accuracy.measure import Measure, Miss, line
from tests.accuracy.rows import ROWS

SHOWN_OF_A_CAUSE = 6


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the flags; see `--help`."""
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="folder with the labelled texts")
    parser.add_argument("-v", "--verbose", action="store_true", help="list every miss, one a line")
    parser.add_argument("--only", metavar="NAME", help=f"one of {', '.join(ROWS)}")
    parser.add_argument("--misses", type=Path, metavar="FILE", help="write the misses, grouped by cause")
    return parser.parse_args(arguments)


def grouped(measures: Sequence[Measure]) -> str:
    """All misses by likely cause, the most frequent cause first."""
    causes: defaultdict[tuple[str, str], list[Miss]] = defaultdict(list)
    for measure in measures:
        for miss in measure.misses:
            causes[measure.name, miss.cause].append(miss)
    parts = []
    for (name, cause), misses in sorted(causes.items(), key=lambda pair: -len(pair[1])):
        parts.append(f"{len(misses):6} {name}: {cause}")
        parts += [f"         {m.id} | want {m.expected} | got {m.got}" for m in misses[:SHOWN_OF_A_CAUSE]]
    return "\n".join(parts) + "\n"


def show(measures: Sequence[Measure], verbose: bool) -> None:
    """Return the lines of one row, with what is explained and missed when asked for."""
    for measure in measures:
        print(line(measure), flush=True)
        if verbose:
            for reason in measure.explained:
                print(f"    explained {reason}")
            for miss in measure.misses:
                print(f"    {miss.id} | want {miss.expected} | got {miss.got}")


def main() -> int:
    """0: every bar is reached; 1: one is not; 2: there is no corpus or no such row."""
    asked = options()
    if not (asked.corpus / "peers-dev.jsonl").is_file():
        print(f"no corpus in {asked.corpus} (wanted: peers-dev.jsonl, go1.*, ...)", file=sys.stderr)
        return 2
    if asked.only and asked.only not in ROWS:
        print(f"no row named {asked.only} (there are {', '.join(ROWS)})", file=sys.stderr)
        return 2
    measures: list[Measure] = []
    for name, row in ROWS.items():
        if asked.only in (None, name):
            began = time.monotonic()
            found = row(asked.corpus)
            show(found, asked.verbose)
            measures += found
            print(f"    {name}: {time.monotonic() - began:.1f} s", file=sys.stderr)
    if asked.misses:
        asked.misses.write_text("".join(line(m) + "\n" for m in measures) + "\n" + grouped(measures))
    return 0 if all(measure.ok for measure in measures) else 1


if __name__ == "__main__":
    sys.exit(main())
