"""The test cases of other tools: the matrix of forms, everything else about Go, and what is not Go."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from tests.accuracy.measure import Asked, Measure, share
from tests.accuracy.peers_ask import ASK, none
from tests.accuracy.peers_explained import EXPLAINED

# Peers whose rows hold no Go at all, whether or not the row says so.
FOREIGN = {"vector", "loki", "otel-recombine", "beats"}


def not_go(label: dict[str, Any]) -> bool:
    """Say whether a Go detector must not fire on this row."""
    return label["peer"] in FOREIGN or label["expected"].get("is_go") is False


def asked(label: dict[str, Any]) -> Asked:
    """Return the row's question; `none` where there is no Go in it."""
    expected = label["expected"]
    why = none(label) if not_go(label) else ASK[expected["kind"]](label)
    cause = f"{label['peer']} {expected['kind']}"
    return Asked(
        label["id"], not why, label["notes"] or "as the peer", why, cause, EXPLAINED.get(label["id"], "")
    )


def row(corpus: Path) -> list[Measure]:
    """Matrix, the other Go rows, and the rows without Go."""
    labels: Sequence[dict[str, Any]] = [
        orjson.loads(line) for line in (corpus / "peers-dev.jsonl").read_bytes().splitlines()
    ]
    matrix = [asked(label) for label in labels if label["peer"] == "matrix"]
    foreign = [asked(label) for label in labels if not_go(label)]
    rest = [asked(label) for label in labels if label["peer"] != "matrix" and not not_go(label)]
    return [
        share("matrix: forms whole", matrix, 1.0),
        share("peers: other Go rows", rest, 1.0),
        share("peers: not Go, nothing found", foreign, 1.0),
    ]
