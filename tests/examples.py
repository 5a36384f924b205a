"""Makes `schemas/examples` from the golden corpus; `python -m tests.examples --write` renews them."""

# ruff: noqa: T201  # names the files it rewrites

import argparse
from pathlib import Path

import orjson

from tests.golden import FOLDER, read
from tests.scanning import scan

EXAMPLES = Path(__file__).parents[1] / "schemas/examples"

SOURCES = {  # what the example shows: the golden file whose first crash it is
    "panic": "go1.27-panic_two_goroutines",
    "panic-chain": "go1.27-panic_chain3",
    "fatal": "go1.6-fatal_map_writes",
    "signal": "go1.19-cgo_abort",
    "race": "go1.27-race_counter",
    "recovered": "go1.27-http_panic",
    "log-fatal": "go1.19-klog_fatal_files",
    "damaged": "mutated-cut-in-frame",
}


def path(name: str) -> Path:
    """Return where an example stands."""
    return EXAMPLES / f"panic.v1.{name}.json"


def example(name: str) -> bytes:
    """Return an example as it must stand in its file now."""
    source = read(FOLDER / f"{SOURCES[name]}.txt")
    crash = scan(source.raw, f"logs/{source.path.stem}.log").crashes[0]
    return orjson.dumps(crash, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def main() -> None:
    """Rewrite the examples, or name those that are not what the core gives."""
    parser = argparse.ArgumentParser(prog="python -m tests.examples", description=__doc__)
    parser.add_argument("--write", action="store_true", help="rewrite the examples, for review as a diff")
    asked = parser.parse_args()
    for name in SOURCES:
        now = example(name)
        if not path(name).is_file() or path(name).read_bytes() != now:
            print(path(name).relative_to(EXAMPLES.parents[1]))
            if asked.write:
                path(name).write_bytes(now)


if __name__ == "__main__":
    main()
