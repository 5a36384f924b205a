"""Crashes as the core tells them, changed where a test needs it."""

from functools import cache
from pathlib import Path
from typing import Any

import orjson

EXAMPLE = Path(__file__).parents[1] / "schemas/examples/panic.v1.panic.json"


@cache
def _example() -> dict[str, Any]:
    example: dict[str, Any] = orjson.loads(EXAMPLE.read_bytes())
    return example


def crash(**fields: Any) -> dict[str, Any]:
    """Return the example of a panic with these fields."""
    return _example() | fields
