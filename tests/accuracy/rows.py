"""The report's rows in order: a name for `--only` and the function that measures it."""

from collections.abc import Callable
from pathlib import Path

from tests.accuracy import (
    bulk,
    clusters,
    dedup,
    envelopes,
    gc,
    go_folders,
    issues,
    mutations,
    negatives,
    noise,
    peers,
    robustness,
    schema,
    sequences,
)
from tests.accuracy.measure import Measure

Row = Callable[[Path], list[Measure]]

ROWS: dict[str, Row] = {
    "go": go_folders.row,
    "peers": peers.row,
    "issues": issues.row,
    "negatives": negatives.row,
    "mutations": mutations.row,
    "dedup": dedup.row,
    "clusters": clusters.row,
    "bulk": bulk.row,
    "schema": schema.row,
    "envelopes": envelopes.row,
    "sequences": sequences.row,
    "gc": gc.row,
    "robustness": robustness.row,
    "noise": noise.row,
}
