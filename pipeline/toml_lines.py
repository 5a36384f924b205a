"""Where something stands in a TOML text, as editors look for it."""

import re
import tomllib
from typing import Any

LINE = re.compile(r"\s*(\[\[?)?\s*([\w.-]+)\s*[\]=]")  # a table, or a key with its value
TOML_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


def parsed(text: str, path: str) -> dict[str, Any]:
    """Return what a TOML text holds. Raises ValueError: a line that says what is wrong with it.

    `tomllib` itself raises more than it says: of nesting that is too deep, and of numbers that are too long.
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError(broken("It is nested too deep", path)) from None
    except ValueError as error:
        reason = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "A number has too many digits"
        raise ValueError(broken(reason, path)) from None


def broken(reason: str, path: str) -> str:
    """Put the line of a fault in TOML, as `tomllib` tells it, in front: `FILE:LINE: no TOML: ...`."""
    place = TOML_PLACE.search(reason)
    what = reason[: place.start()] if place else reason
    where = f"{path}:{place[1]}" if place and place[1] else path
    return f"{where}: no TOML: {what[:1].lower()}{what[1:]}"


def line(text: str, name: str) -> str:
    """Say on which line a table or key stands (`:3`); empty where it is written in an unusual way."""
    table = ""
    for number, written in enumerate(text.splitlines(), 1):
        if not (found := LINE.match(written)):
            continue
        full = found[2] if found[1] else f"{table}.{found[2]}".lstrip(".")
        table = full if found[1] else table
        if full == name:
            return f":{number}"
    return ""
