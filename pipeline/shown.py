"""The alerts of a row, as whoever asks for them is shown them."""

from collections.abc import Iterator
from typing import Any

from pipeline import watching
from pipeline.alerting import Row
from pipeline.measures import Sight
from pipeline.rules import AT_RECORDS
from pipeline.terms import Terms


def shown_alerts(row: Row, terms: Terms, at: int | None) -> Iterator[dict[str, Any]]:
    """Yield what was told last of each, with what its rule sees at a time (None: it is not known)."""
    seen = _seen(row, terms, at) if at is not None and row.get("windows") else {}
    for key, entry in row["alerts"].items():
        if told := entry.get("told"):
            yield told | seen.get(key, {})


def _seen(row: Row, terms: Terms, at: int) -> dict[str, dict[str, Any]]:
    sight = Sight(row["windows"], at)
    return {
        f"{rule.name}/{subject.apart}": {
            "value": seen.value,
            "samples": seen.n,
            "lower_bound": seen.lower,
            "evidence": seen.told(),
        }
        for panel in terms.of_service(tuple(row["service"])).panels
        for rule in panel.rules
        if rule.kind not in AT_RECORDS
        for subject, seen in watching.looks(rule, row, sight)
    }
