"""Every crash that the core tells of the go folders fits `schemas/panic.v1.json`."""

from pathlib import Path

import orjson
from jsonschema import Draft202012Validator

from tests.accuracy.measure import Asked, Measure, share
from tests.scanning import scan

SCHEMA = Path(__file__).parents[2] / "schemas" / "panic.v1.json"


def row(corpus: Path) -> list[Measure]:
    """One line: crashes that fit."""
    fits = Draft202012Validator(orjson.loads(SCHEMA.read_bytes()))
    asked = []
    for path in sorted(corpus.glob("g*/*.txt")):
        for crash in scan(path.read_bytes(), path.name).crashes:
            wrong = [f"{error.json_path}: {error.message}" for error in fits.iter_errors(crash)]
            name = f"{path.parent.name}/{path.name}"
            asked.append(Asked(name, not wrong, "fits", "; ".join(wrong), "schema"))
    return [share("schema: crashes of the go folders", asked, 1.0)]
