"""The dedup matrix: a bug keeps its fingerprint over Go versions and inlining, and shares it with no other.

A crash path is a bug, a release, a middleware stack and an entry. Each row is printed as Go would print it.
"""

import gzip
from collections import defaultdict
from pathlib import Path
from typing import Any

import orjson

from tests.accuracy.measure import Measure, Miss
from tests.scanning import scan

CREATED_BY = 1


def traceback(row: dict[str, Any]) -> bytes:
    """Head, goroutine header, frames with elided arguments."""
    lines = [*row["header"], "", f"goroutine 1 [{row['state']}]:"]
    for function, file, line, flag in row["frames"]:
        lines += [f"created by {function}" if flag == CREATED_BY else f"{function}(...)", f"\t{file}:{line}"]
    return "".join(line + "\n" for line in lines).encode()


def fingerprint(row: dict[str, Any]) -> str:
    """Return the row's fingerprint; a text of its own where there is not exactly one crash."""
    crashes = scan(traceback(row)).crashes
    return str(crashes[0]["fingerprint"]) if len(crashes) == 1 else f"{len(crashes)} crashes"


def row(corpus: Path) -> list[Measure]:
    """Mean number of fingerprints per path, and fingerprints that two bugs share."""
    paths: defaultdict[tuple[Any, ...], set[str]] = defaultdict(set)
    bugs: defaultdict[str, set[int]] = defaultdict(set)
    with gzip.open(corpus / "dedup" / "go_matrix.jsonl.gz") as rows:
        for label in map(orjson.loads, rows):
            print_ = fingerprint(label)
            paths[label["bug"], label["release"], label["mid"], label["entry"]].add(print_)
            bugs[print_].add(label["bug"])
    mean = sum(map(len, paths.values())) / len(paths)
    split = [
        Miss(str(path), "1 fingerprint", str(sorted(f)), f"bug {path[0]}")
        for path, f in paths.items()
        if len(f) > 1
    ]
    shared = [Miss(f, "1 bug", f"bugs {sorted(b)}", "shared") for f, b in bugs.items() if len(b) > 1]
    return [
        Measure("dedup: fingerprints per crash path", f"{mean:.2f}", "= 1.00", mean == 1, split),
        Measure("dedup: shared by two bugs", f"{len(shared)}", "= 0", not shared, shared),
    ]
