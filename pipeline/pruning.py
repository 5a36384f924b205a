"""What leaves the row of a shard: what was written down of ids to which nothing leads any more.

A fingerprint, or its stub, leads to the cluster in which it came, or to which a split moved it; an id that
was merged leads on. What none of these lead to leaves when it is old, and so is not needed by people either.
That a fingerprint was moved is known for as long as its stub.
"""

from collections.abc import Callable, Iterable, Iterator

from pipeline.event_time import DAY, seconds
from pipeline.ledger import Row, founded
from pipeline.shard import Shard

KEPT_DAYS = 365  # what was merged or split is known for so long at least


def pruned(shard: Shard, is_kept: Callable[[str], bool], second: int) -> Row:
    """Return the row of a shard without what is not needed; the same row where all is.

    `is_kept` says whether there is a row of a fingerprint.
    """
    row, before = shard.ledger.row, second - KEPT_DAYS * DAY
    if not any(row[name] for name in ("aliases", "moved", "parted", "apart", "states")):
        return row
    moved = {one: into for one, into in row["moved"].items() if one in shard.members or is_kept(one)}
    used = set(_followed(_led_to(shard, moved), row["aliases"]))
    kept = row | {
        "moved": moved,
        **{name: _young(row[name], used, before) for name in ("aliases", "parted")},
        "states": {one: state for one, state in row["states"].items() if one in used},
        "apart": [pair for pair in row["apart"] if used.issuperset(pair)],
    }
    return row if kept == row else kept


def _led_to(shard: Shard, moved: Row) -> Iterator[str]:
    """Yield the ids to which fingerprints and stubs lead, before any merge."""
    yield from moved.values()
    yield from shard.stubs.homes()
    for fingerprint, member in shard.members.items():
        yield member.home or founded(fingerprint)


def _followed(ids: Iterable[str], aliases: Row) -> Iterator[str]:
    """Yield ids and all to which they were merged."""
    seen: set[str] = set()
    for one in ids:
        end: str | None = one
        while end and end not in seen:
            seen.add(end)
            yield end
            end = aliases[end]["into"] if end in aliases else None


def _young(table: Row, used: set[str], before: int) -> Row:
    """Return the entries that are used or not old, and those of aliases to which these lead."""
    kept = {one for one, entry in table.items() if one in used or seconds(entry["time"]) >= before}
    led_to = set(_followed(kept, {one: entry for one, entry in table.items() if "into" in entry}))
    return {one: entry for one, entry in table.items() if one in kept or one in led_to}
