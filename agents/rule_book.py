"""The rules that a worker goes by: read at the start, and again when their file changes."""

import logging
from hashlib import sha256
from pathlib import Path

from agents import rule_files
from agents.metrics import Metrics
from pipeline.rule_checks import RuleFaultsError
from pipeline.rules import Rule

LOG = logging.getLogger(__name__)
HASHED = 16  # hex digits

Look = tuple[int, int] | None
"""When the file was changed, and its size; None: it is not there."""


class RuleBook:
    """The rules. A file that is no good changes nothing; without ever a good one, those shipped hold."""

    def __init__(self, path: str, metrics: Metrics) -> None:
        """Read the rules; an empty path: as shipped."""
        self._path, self._metrics = path, metrics
        self._seen: Look = None
        self.rules: tuple[Rule, ...] = rule_files.load()
        self.hash = ""
        self._tell()
        if path:
            self._seen = self._look()
            self._read()

    def renew(self) -> bool:
        """Read the file again where it changed; return whether rules changed by that."""
        if not self._path or (look := self._look()) == self._seen:
            return False
        self._seen = look
        return self._read()

    def _look(self) -> Look:
        try:
            found = Path(self._path).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    def _read(self) -> bool:
        before = self.rules
        try:
            self.rules = rule_files.load(self._path)
        except RuleFaultsError as error:
            return self._refuse(error.faults)
        except (OSError, UnicodeDecodeError) as error:
            return self._refuse([f"{self._path}: {error}"])
        self._metrics.rule_faults.set(0)
        self._tell()
        LOG.info("%s: %d rules hold now", self._path, len(self.rules))
        return self.rules != before

    def _refuse(self, faults: list[str]) -> bool:
        for fault in faults:
            LOG.error("%s; the rules before stay", fault)
        self._metrics.rule_faults.set(len(faults))
        return False

    def _tell(self) -> None:
        """Tell which rules hold: equal rules, equal hash."""
        named = sorted(f"{rule.name} {rule.hash}" for rule in self.rules)
        before, self.hash = self.hash, sha256("\n".join(named).encode()).hexdigest()[:HASHED]
        if before and before != self.hash:
            self._metrics.rules_info.remove(before)
        self._metrics.rules_info.labels(self.hash).set(1)
