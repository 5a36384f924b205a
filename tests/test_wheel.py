"""The wheel, built as the image builds it, is the whole program."""

import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
LIBRARIES = sysconfig.get_path("purelib")
PATIENCE_S = 600  # without what setup has built, the core is built anew


def run(*words: str | Path, **settings: str) -> str:
    """Run a program that must not fail; return what it said on stdout."""
    done = subprocess.run(  # noqa: S603  # the words are ours
        words,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        env=os.environ | settings,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(
        Path(sys.executable).with_name("maturin"),
        "build",
        "--quiet",
        "--release",
        "--locked",
        "--out",
        folder,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the program of a fresh environment that holds the wheel and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / "bin" / "python"
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        wheel,
    )
    return folder / "bin" / "panicstream"


def panicstream(installed: Path, *words: str) -> str:
    """Run the program of the fresh environment; the libraries are those of our own environment."""
    return run(installed, *words, PYTHONPATH=LIBRARIES)


def sources() -> Iterator[str]:
    """Give the modules, and the rules, schemas and crashes, which are read as they stand."""
    modules = ("agents/**/*.py", "pipeline/**/*.py", "pipeline/*.pyi")
    patterns = (*modules, "pipeline/*.toml", "schemas/**/*.*", "demo/crashes/*")
    for pattern in patterns:
        yield from (path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern))


def test_the_wheel_holds_the_program_and_nothing_else(wheel: Path) -> None:
    held = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == {*sources(), "pipeline/_native.abi3.so"}


def test_the_installed_program_knows_its_topics(installed: Path) -> None:
    told = ["-c", "from agents.topics import table; print(list(table()))"]
    ours = run(sys.executable, *told)
    assert run(installed.with_name("python"), "-P", *told, PYTHONPATH=LIBRARIES) == ours


def test_the_installed_program_finds_the_crashes_of_the_demo(installed: Path) -> None:
    assert "commands" in panicstream(installed, "--help").lower()
    told = panicstream(installed, "scan", "--json", "demo/logs")
    assert told == run(Path(sys.executable).with_name("panicstream"), "scan", "--json", "demo/logs")


def test_the_installed_program_plays_the_demo(installed: Path) -> None:
    told = panicstream(installed, "demo", "--seconds", "1")
    assert re.search(r"(\d+) crashes planted, \1 of them found", told)
