"""Programs out of Debian's packages, fetched once into a cache; nothing is installed."""

import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

PATIENCE_S = 300  # 19 MB over a slow line


class NoProgramError(Exception):
    """The program cannot be had; the text says why, and what to do."""


class Package(NamedTuple):
    """What is fetched: of `name`, the file or folder `part`; `remedy` says what else helps."""

    program: str
    name: str
    part: str
    remedy: str


def cached(name: str) -> Path:
    """Return where something stands once it is fetched."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "panicstream" / name


def fetched(package: Package, made: Callable[[Path], None] = lambda _part: None) -> Path:
    """Return the part, fetched the first time, and `made` fit for use then. Raises NoProgramError."""
    wanted = cached(package.program)
    if not wanted.exists():
        wanted.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=wanted.parent, prefix="fetching-") as name:
            folder = Path(name)
            _run(package, ["apt-get", "download", package.name], folder)
            (archive,) = folder.glob("*.deb")
            _run(package, ["dpkg", "-x", archive.name, "unpacked"], folder)
            part = folder / "unpacked" / package.part
            made(part)
            _place(part, wanted)
    return wanted


def _place(part: Path, wanted: Path) -> None:
    try:
        part.rename(wanted)
    except OSError:
        if not wanted.exists():  # else another run of the tests was first
            raise


def _run(package: Package, words: Sequence[str], folder: Path) -> None:
    said = f"{package.program} is missing, and {words[0]} fails"
    try:
        done = subprocess.run(  # noqa: S603  # the words are ours
            words, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoProgramError(f"{said}: {error}; {package.remedy}") from None
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason"])[-1]
        raise NoProgramError(f"{said}: {reason}; {package.remedy}")
