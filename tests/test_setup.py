"""`make tools` says in one line each what a machine lacks, and how to get it."""

import shutil
import sys
from pathlib import Path

from tests.command import run

ROOT = Path(__file__).parents[1]


def tools(*settings: str) -> list[str]:
    """Give the lines that setup says; what make itself says is left out."""
    errors = run(["make", "tools", *settings], folder=ROOT).errors
    return [line for line in errors if line.startswith("setup: ")]


def test_an_old_python_is_named() -> None:
    assert tools("PYTHON=")[0] == "setup: Python 3.11 or later is missing: https://www.python.org/downloads"


def machine(folder: Path, **programs: str) -> list[str]:
    """Make a machine with this Python, awk and programs that print a line each; give the words for make."""
    awk = shutil.which("awk")
    assert awk
    (folder / "awk").symlink_to(awk)
    for name, line in programs.items():
        (folder / name).write_text(f"#!/bin/sh\necho '{line}'\n")
        (folder / name).chmod(0o755)
    return [f"PATH={folder}", f"PYTHON={sys.executable}"]


def test_all_that_is_missing_is_said_at_once(tmp_path: Path) -> None:
    assert tools(*machine(tmp_path)) == [
        "setup: cargo is missing or has no toolchain: https://rustup.rs, then rustup default stable",
        "setup: cc, which Rust links with, is missing: apt install gcc",
    ]


def test_an_old_rust_is_named(tmp_path: Path) -> None:
    old = machine(tmp_path, cc="", cargo="cargo 1.87.0", rustc="rustc 1.87.0 (17067e9ac 2025-05-09)")
    assert tools(*old) == ["setup: Rust 1.88 or later is missing: rustup update stable"]


def test_a_machine_with_everything_hears_nothing(tmp_path: Path) -> None:
    assert (
        tools(*machine(tmp_path, cc="", cargo="cargo 1.88.0", rustc="rustc 1.88.0 (6b00bc388 2025-06-23)"))
        == []
    )
