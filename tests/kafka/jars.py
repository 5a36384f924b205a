"""Kafka's jars, which Maven fetches once into a cache outside the checkout."""

import os
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

from tests.kafka.errors import NoKafkaError

POM = Path(__file__).with_name("pom.xml")
PATIENCE_S = 600  # 60 MB over a slow line
TOLD = 5  # lines of Maven's that say why it failed


def version() -> str:
    """Return the version of Kafka that the tests run."""
    found = ET.parse(POM).getroot().findtext("{*}properties/{*}kafka.version")  # noqa: S314  # our own file
    assert found
    return found


def cache() -> Path:
    """Return the folder that holds the jars once they are fetched."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "panicstream" / f"kafka-{version()}"


def jars() -> Path:
    """Return the folder of the jars, fetched the first time. Raises NoKafkaError with Maven's reason."""
    wanted = cache()
    if not wanted.is_dir():
        wanted.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=wanted.parent, prefix="fetching-") as folder:
            _fetch(Path(folder))
            _put(Path(folder) / "jars", wanted)
    return wanted


def _fetch(folder: Path) -> None:
    # Maven's own store of jars bears no two Mavens at once, and stands in a home that may not be there.
    words = [
        *("mvn", "--batch-mode", "--quiet", "--file", str(POM), "dependency:copy-dependencies"),
        *(f"-DoutputDirectory={folder / 'jars'}", f"-Dmaven.repo.local={folder / 'repository'}"),
    ]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise NoKafkaError(f"Maven did not fetch Kafka within {PATIENCE_S} s") from None
    if done.returncode:
        reasons = [line for line in done.stdout.splitlines() if "ERROR" in line][:TOLD]
        raise NoKafkaError("\n".join(["Maven could not fetch Kafka:", *reasons]))


def _put(fetched: Path, wanted: Path) -> None:
    """Move the jars in one step; another run that was faster has put the same."""
    try:
        fetched.rename(wanted)
    except OSError:
        if not wanted.is_dir():
            raise
