"""The rows of what a channel was told; only whoever has its partition writes them."""

import time
from typing import Any

from agents.lane import Acknowledged
from agents.rows import Place, Rows
from pipeline.row import Row
from pipeline.wanted import SORT as WANTED

SOURCE = "sends"  # of a row's guard


class ToldRows:
    """Writes rows, each with the number of its writes and when this worker took them over.

    So a worker that lost its partition, and writes late, does not win over the one that has it now.
    """

    def __init__(self, rows: Rows, partition: int) -> None:
        self._rows, self._partition = rows, partition
        self._began_ms = time.time_ns() // 1_000_000
        self._writes: dict[str, int] = {}

    def know(self, key: str, row: Row) -> None:
        """Take note of a row that is there."""
        self._writes[key] = row.applied.get(SOURCE, (0, 0))[0]

    async def write(self, key: str, value: dict[str, Any] | None) -> Acknowledged:
        """Write a row, or that there is none any more; what is returned ends when Kafka has it."""
        self._writes[key] = self._writes.get(key, 0) + 1
        guard = {SOURCE: (self._writes[key], self._began_ms)}
        place, row = Place(self._partition, key.encode()), None if value is None else Row(value, guard)
        if value is None:
            del self._writes[key]  # the next row is the first: a row that is gone guards nothing
        self._rows.plan(place, row)
        return await self._rows.write(place, row)

    def wanted(self, key: str) -> dict[str, Any] | None:
        """Return a row of what is wanted."""
        row = self._rows.latest(Place(self._partition, key.encode()))
        return row.value if row and row.value["sort"] == WANTED else None
