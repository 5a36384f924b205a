"""Prometheus' `promtool`: of this machine, else out of Debian's package, fetched once into a cache."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

PACKAGE = "prometheus"
PATIENCE_S = 300  # 19 MB over a slow line
REMEDY = "apt install prometheus, or put promtool 2.42 or later into PATH"


class NoPromtoolError(Exception):
    """No promtool can be had; the text says why, and what to do."""


def cache() -> Path:
    """Return where the program stands once it is fetched."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "panicstream" / "promtool"


def promtool() -> Path:
    """Return the program, fetched the first time. Raises NoPromtoolError."""
    if found := shutil.which("promtool"):
        return Path(found)
    wanted = cache()
    if not wanted.exists():
        wanted.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=wanted.parent, prefix="fetching-") as folder:
            _run(["apt-get", "download", PACKAGE], Path(folder))
            (package,) = Path(folder).glob("*.deb")
            _run(["dpkg", "-x", package.name, "unpacked"], Path(folder))
            (Path(folder) / "unpacked" / "usr" / "bin" / "promtool").rename(wanted)
    return wanted


def _run(words: Sequence[str], folder: Path) -> None:
    try:
        done = subprocess.run(  # noqa: S603  # the words are ours
            words, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoPromtoolError(f"promtool is missing, and {words[0]} fails: {error}; {REMEDY}") from None
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason"])[-1]
        raise NoPromtoolError(f"promtool is missing, and {words[0]} fails: {reason}; {REMEDY}")
