"""`schemas/panic.v1.json` describes what the core gives, and the examples show it."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from agents.show import DAMAGE
from tests import examples, golden
from tests.scanning import scan

SCHEMA = orjson.loads((Path(__file__).parents[1] / "schemas/panic.v1.json").read_bytes())
FITS = Draft202012Validator(SCHEMA)
FILES = sorted(golden.FOLDER.glob("*.txt"))


def misfits(crash: dict[str, Any]) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in FITS.iter_errors(crash)]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert list(SCHEMA["properties"]) == SCHEMA["required"]


def test_the_core_gives_the_fields_in_the_order_of_the_schema() -> None:
    crash = orjson.loads(examples.example("panic"))
    assert list(crash) == SCHEMA["required"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_crash_of_the_corpus_fits(file: Path) -> None:
    found = scan(golden.read(file).raw, file.name).crashes
    assert [misfits(crash) for crash in found] == [[]] * len(found)


@pytest.mark.parametrize("name", examples.SOURCES)
def test_an_example_is_what_the_core_gives(name: str) -> None:
    assert examples.path(name).read_bytes() == examples.example(name)


def test_there_is_no_example_that_nobody_makes() -> None:
    assert sorted(examples.EXAMPLES.iterdir()) == sorted(map(examples.path, examples.SOURCES))


def test_there_is_an_example_of_every_kind() -> None:
    shown = {orjson.loads(examples.example(name))["kind"] for name in examples.SOURCES}
    assert shown == set(SCHEMA["properties"]["kind"]["enum"])


def test_every_damage_is_shown_in_words() -> None:
    assert sorted(DAMAGE) == SCHEMA["properties"]["damage"]["items"]["enum"]


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("id", "0123"),
        ("event_time", "2026-11-21T00:20:45Z"),
        ("kind", "crash"),
        ("culprit_line", "66"),
        ("damage", ["lost"]),
        ("source_first_offset", -1),
        ("surprise", None),
    ],
)
def test_what_is_not_panic_v1_does_not_fit(field: str, wrong: object) -> None:
    crash = orjson.loads(examples.example("panic"))
    assert (misfits(crash), bool(misfits(crash | {field: wrong}))) == ([], True)
