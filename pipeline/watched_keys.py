"""The keys of the rows of those who watch: of services, of bugs, of a partition's time and of its storms."""

from collections.abc import Mapping
from typing import Any

from pipeline.vital import service_key


def bug_key(cluster_id: str) -> str:
    """Return the key of a bug's row."""
    return f"cluster/{cluster_id}"


def storm_key(partition: int) -> str:
    """Return the key of the row about those bugs of a partition that are folded."""
    return f"storm/{partition}"


def ticks_key(partition: int) -> str:
    """Return the key of the row about a partition's time."""
    return f"ticks/{partition}"


def key_of(row: Mapping[str, Any]) -> str:
    """Return the key of a row."""
    if "storm" in row:
        return storm_key(row["partition"])
    if "clock" in row:
        return ticks_key(row["partition"])
    return bug_key(row["cluster_id"]) if "cluster_id" in row else service_key(row["service"])
