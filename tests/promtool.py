"""Prometheus' `promtool`: of this machine, else out of Debian's package."""

import shutil
from pathlib import Path

from tests.debian import Package, fetched

REMEDY = "apt install prometheus, or put promtool 2.42 or later into PATH"
PACKAGE = Package("promtool", "prometheus", "usr/bin/promtool", REMEDY)


def promtool() -> Path:
    """Return the program, fetched the first time. Raises NoProgramError."""
    found = shutil.which(PACKAGE.program)
    return Path(found) if found else fetched(PACKAGE)
