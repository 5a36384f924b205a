"""When each bug that has alerts was told of last: of one that is told no more, the alerts end."""

import sys
from typing import Any

from pipeline.watching_clusters import is_quiet


class LastTold:
    """The seconds, since 1970, by the keys of rows."""

    def __init__(self) -> None:
        self._told: dict[str, int] = {}
        self._oldest = sys.maxsize  # no later than any of these

    def note(self, key: str, row: dict[str, Any]) -> None:
        """Take the latest state of a row."""
        if row["alerts"] and "told" in row:
            self._told[key] = row["told"]
            self._oldest = min(self._oldest, row["told"])
        else:
            self._told.pop(key, None)

    def is_quiet(self, key: str, at: int) -> bool:
        """Return whether a bug that has alerts was not told of for so long that they end."""
        return is_quiet(self._told.get(key, at), at)

    def quiet(self, at: int) -> list[str]:
        """Return those that were not, mostly without a look at each."""
        if not is_quiet(self._oldest, at):
            return []
        self._oldest = min(self._told.values(), default=sys.maxsize)
        return sorted(key for key, told in self._told.items() if is_quiet(told, at))
