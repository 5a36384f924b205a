"""Texts that look like crashes and are none: nothing may be found in them."""

from pathlib import Path

import orjson

from tests.accuracy.measure import Asked, Measure, share
from tests.scanning import scan


def row(corpus: Path) -> list[Measure]:
    """Ask each text to give no crash."""
    questions = []
    for text in (corpus / "negatives-dev.jsonl").read_bytes().splitlines():
        label = orjson.loads(text)
        got = [f"{c['kind']}: {c['message']}" for c in scan(label["raw"].encode()).crashes]
        questions.append(Asked(label["id"], not got, label["why_negative"], got, label["category"]))
    return [share("negatives: no crash", questions, 1.0)]
