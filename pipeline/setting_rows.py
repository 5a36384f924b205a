"""The settings as rows: name, default, meaning, and what values each takes, in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.settings import Settings

KINDS = {  # a type or format of JSON Schema, in words
    "array": "a list of texts",
    "date-time": "a time with its zone, such as 2026-11-21T08:00:00Z",
    "integer": "a whole number",
    "number": "a number",
    "object": "a table of texts",
    "password": "a text",
    "string": "a text",
}
BOUNDS = {  # what narrows it, in words
    "exclusiveMinimum": "above",
    "maximum": "not above",
    "minimum": "not below",
    "minItems": "of at least",
    "pattern": "that fits",
}


@dataclass(frozen=True)
class Row:
    """One setting. `name` has its section in front (`detect.batch`); `wanted` says what values it takes."""

    name: str
    default: object
    meaning: str
    wanted: str
    secret: bool


@dataclass(frozen=True)
class Given:
    """A value for a setting; `origin` says where it stands: `panicstream.toml:3`, a variable, a file."""

    setting: str
    value: object
    origin: str


def _rows() -> Iterator[Row]:
    schema = Settings.model_json_schema()
    for section, reference in schema["properties"].items():
        part = schema["$defs"][reference["$ref"].rpartition("/")[2]]
        for name, field in part["properties"].items():
            secret = field.get("writeOnly", False)
            yield Row(f"{section}.{name}", field["default"], field["description"], _wanted(field), secret)


def _wanted(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return ", or ".join(_wanted(choice) for choice in field["anyOf"])
    if "enum" in field:
        *others, last = field["enum"]
        return f"{', '.join(others)} or {last}"
    bounds = [f"{words} {field[bound]}" for bound, words in BOUNDS.items() if bound in field]
    return f"{KINDS[field.get('format', field['type'])]} {' and '.join(bounds)}".rstrip()


ROWS = {row.name: row for row in _rows()}
SECTIONS = list(Settings.model_fields)
