"""Where something stands in a TOML text, as editors look for it."""

import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

LINE = re.compile(r"\s*(\[\[?)?\s*([\w.-]+)\s*[\]=]")  # a table, or a key with its value
TOML_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")

MARK = "\ufeff"  # some editors begin a file with it

Path = tuple[str | int, ...]
"""Names of tables and keys; places in lists, from 0."""


class FaultsError(ValueError):
    """A text that cannot be used; `faults` has a line for each thing that is wrong."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = list(faults)


def parsed(text: str, path: str) -> dict[str, Any]:
    """Return what a TOML text holds. Raises ValueError: a line that says what is wrong with it.

    `tomllib` itself raises more than it says: of nesting that is too deep, and of numbers that are too long.
    """
    try:
        return tomllib.loads(text.removeprefix(MARK))
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


def places(text: str) -> dict[Path, int]:
    """Return the line of each table, each element of a list of tables, and each key."""
    found, counts = dict[Path, int](), Counter[Path]()
    here: Path = ()
    for number, written in enumerate(text.splitlines(), 1):
        if not (seen := LINE.match(written)):
            continue
        parts = seen[2].split(".")
        if seen[1]:
            here = _opened(parts, counts, is_element=seen[1] == "[[")
        path = here if seen[1] else (*here, *parts)
        for size in range(1, len(path) + 1):
            found.setdefault(path[:size], number)
    return found


def nearest(found: Mapping[Path, int], path: Path) -> str:
    """Say on which line something stands, or what it is in (`:3`); empty where that is written unusually."""
    known = (found[path[:size]] for size in range(len(path), 0, -1) if path[:size] in found)
    line = next(known, None)
    return "" if line is None else f":{line}"


def _opened(parts: Sequence[str], counts: "Counter[Path]", *, is_element: bool) -> Path:
    """Return the table that a header opens: of lists on the way the last element, of its own a new one."""
    *above, last = parts
    path: Path = ()
    for part in above:
        path = (*path, part)
        path = (*path, counts[path] - 1) if counts[path] else path
    path = (*path, last)
    if is_element:
        counts[path] += 1
        path = (*path, counts[path] - 1)
    return path
