"""What a worker goes by, out of a file: read at the start, and again when that changes."""

import logging
from hashlib import sha256
from pathlib import Path
from typing import Generic, TypeVar

from prometheus_client import Gauge

from pipeline.toml_lines import FaultsError

LOG = logging.getLogger(__name__)
HASHED = 16  # hex digits

Held = TypeVar("Held")
Look = tuple[int, int] | None
"""When the file was changed, and its size; None: it is not there."""


class Book(Generic[Held]):
    """What is held. A file that is no good changes nothing; without ever a good one, it is as shipped."""

    def __init__(self, path: str, faults: Gauge, info: Gauge) -> None:
        """Read the file; an empty path: as shipped."""
        self._path, self._faults, self._info = path, faults, info
        self._seen: Look = None
        self.held: Held = self._load("")
        self.hash = ""
        self._tell()
        if path:
            self._seen = self._look()
            self._read()

    def renew(self) -> bool:
        """Read the file again where it changed; return whether what holds changed by that."""
        if not self._path or (look := self._look()) == self._seen:
            return False
        self._seen = look
        return self._read()

    def _load(self, path: str) -> Held:
        """Read a file; an empty path: as shipped. Raises FaultsError, OSError, UnicodeDecodeError."""
        raise NotImplementedError

    def _named(self) -> str:
        """Return a text that is equal where what holds is equal, and has no secrets in it."""
        raise NotImplementedError

    def _counted(self) -> str:
        """Say how much holds: `17 rules`."""
        raise NotImplementedError

    def _look(self) -> Look:
        try:
            found = Path(self._path).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    def _read(self) -> bool:
        before = self.held
        try:
            self.held = self._load(self._path)
        except FaultsError as error:
            return self._refuse(error.faults)
        except (OSError, UnicodeDecodeError) as error:
            return self._refuse([f"{self._path}: {error}"])
        self._faults.set(0)
        self._tell()
        LOG.info("%s: %s hold now", self._path, self._counted())
        return self.held != before

    def _refuse(self, faults: list[str]) -> bool:
        for fault in faults:
            LOG.error("%s; what held before stays", fault)
        self._faults.set(len(faults))
        return False

    def _tell(self) -> None:
        """Tell what holds: equal files, equal hash."""
        before, self.hash = self.hash, sha256(self._named().encode()).hexdigest()[:HASHED]
        if before and before != self.hash:
            self._info.remove(before)
        self._info.labels(self.hash).set(1)
