"""The rules of a run: those that are shipped, and over them the file of one's own."""

from pathlib import Path

import pipeline
from pipeline.rule_checks import read_rules
from pipeline.rules import Rule

SHIPPED = Path(pipeline.__file__).with_name("rules.toml")


def load(path: str = "") -> tuple[Rule, ...]:
    """Return all rules that are on; an empty path: as shipped.

    Raises RuleFaultsError, with every fault of the file; OSError; UnicodeDecodeError.
    """
    shipped = text_of(SHIPPED)
    return read_rules(text_of(Path(path)), path, shipped) if path else read_rules(shipped, SHIPPED.name)


def text_of(path: Path) -> str:
    """Read a file of TOML, without the mark that some editors put in front of UTF-8.

    Raises OSError, UnicodeDecodeError.
    """
    return path.read_text(encoding="utf-8-sig")


def unread(error: OSError | UnicodeDecodeError) -> str:
    """Say why a file could not be read."""
    return str(error.strerror).lower() if isinstance(error, OSError) else "it is no UTF-8 text"
