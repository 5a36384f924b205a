"""The crashes of the demo: real outputs of Go programs, and what must be found in each."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import orjson

from pipeline._native import Scanner

FOLDER = Path(__file__).parents[2] / "demo/crashes"


class Sample(NamedTuple):
    """A program's output as lines, the fingerprints of the crashes in it, and whether the program ended."""

    lines: tuple[bytes, ...]
    fingerprints: tuple[str, ...]
    is_fatal: bool


def samples(names: Iterable[str]) -> dict[str, Sample]:
    """Read the files of these names."""
    return {name: _sample((FOLDER / f"{name}.txt").read_bytes()) for name in names}


def _sample(text: bytes) -> Sample:
    scanner = Scanner("demo")
    crashes = [orjson.loads(document) for document in [*scanner.feed(text), *scanner.finish()]]
    return Sample(
        lines=tuple(text.removesuffix(b"\n").split(b"\n")),
        fingerprints=tuple(crash["fingerprint"] for crash in crashes),
        is_fatal=any(crash["kind"] != "recovered" for crash in crashes),
    )
