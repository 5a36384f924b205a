"""The ledger of a shard: what happened to its clusters that their fingerprints do not show.

A cluster id is `c-` and the first digits of the fingerprint that founded it. It stays, however the cluster
grows. The row of a shard holds

* `aliases`: id -> {`into`, `by`, `time`, and the reason}: it was merged into another cluster;
* `moved`: fingerprint -> the id that it was moved to by a split;
* `parted`: id -> {`from`, `by`, `time`}: it was made by a split;
* `apart`: pairs of ids that a person parted; they are never merged by themselves;
* `states`: id -> {`state`, `time`, `release`, `is_muted`}, see `pipeline/states.py`.
"""

from typing import Any, NamedTuple

from pipeline.commands import OURS

Row = dict[str, Any]
DIGITS = 16
SHARD = "shard"  # sort of the row


def founded(fingerprint: str) -> str:
    """Return the id of the cluster that a fingerprint founds."""
    return f"c-{fingerprint[:DIGITS]}"


def empty(shard: str) -> Row:
    """Return the row of a shard in which nothing happened yet."""
    tables: Row = {"aliases": {}, "moved": {}, "parted": {}, "apart": [], "states": {}}
    return {"sort": SHARD, "shard": shard, **tables}


class Entry(NamedTuple):
    """A merge: `by` whom, and why: the two most similar fingerprints, how similar, in which epoch."""

    source: str
    into: str
    by: str
    time: str
    fingerprints: list[str] | None = None
    s: float | None = None
    epoch: int | None = None


class Ledger:
    """Reads the row of a shard; one that is changed is another ledger."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self._ends: dict[str, str] = {}
        self._roots: dict[str, str] = {}
        self._apart = {frozenset(map(self.cluster, pair)) for pair in row["apart"]}
        self._pinned = {pair[1] for pair in row["apart"]}

    def cluster(self, cluster_id: str) -> str:
        """Return the id that lives, of one that may have been merged into another."""
        return _end(cluster_id, self.row["aliases"], self._ends)

    def root(self, fingerprint: str, home: str) -> str:
        """Return where a fingerprint is, but for the merges of people: the unit of splits.

        So what a person put together is not taken for a cluster that fell apart.
        """
        known = self.row["moved"].get(fingerprint, home)
        return _end(known, self.row["aliases"], self._roots, only_by=OURS)

    def are_apart(self, one: str, other: str) -> bool:
        """Return whether a person parted two clusters, given by the ids that live."""
        return frozenset((one, other)) in self._apart

    def is_pinned(self, root: str) -> bool:
        """Return whether a person chose who is in it: it is not split without one."""
        return root in self._pinned

    def aliases_of(self, cluster_id: str) -> list[str]:
        """Return the ids that were merged into a cluster, sorted."""
        return sorted(alias for alias in self.row["aliases"] if self.cluster(alias) == cluster_id)

    def knows(self, cluster_id: str) -> bool:
        """Return whether anything was written down of an id."""
        return cluster_id in self.row["aliases"] or cluster_id in self.row["parted"]

    def state(self, cluster_id: str) -> Row:
        """Return what was said of the state of a cluster; nothing: an empty one."""
        state: Row = self.row["states"].get(cluster_id, {})
        return state


def merged(row: Row, entry: Entry) -> Row:
    """Return the row after a merge of two ids that live; what a person parted before is together again."""
    told = {name: value for name, value in entry._asdict().items() if value is not None and name != "source"}
    pair = {entry.source, entry.into}
    aliases = row["aliases"] | {entry.source: told}
    apart = [known for known in row["apart"] if entry.by == OURS or not pair.issuperset(_ends(known, row))]
    return row | {"aliases": aliases, "apart": apart, "states": _without(row["states"], entry.source)}


def parted(row: Row, entry: Entry, *, is_new: bool) -> Row:
    """Return the row after a split: `fingerprints` of `source` are `into`, a new id or one that lives."""
    moved = row["moved"] | dict.fromkeys(entry.fingerprints or [], entry.into)
    made = {entry.into: {"from": entry.source, "by": entry.by, "time": entry.time}} if is_new else {}
    word = [] if entry.by == OURS else [[entry.source, entry.into]]
    return row | {
        "moved": moved,
        "parted": row["parted"] | made,
        "apart": row["apart"] + [pair for pair in word if pair not in row["apart"]],
    }


def stated(row: Row, cluster_id: str, state: Row) -> Row:
    """Return the row with another state of a cluster; an empty one is none."""
    states = _without(row["states"], cluster_id)
    return row | {"states": states | {cluster_id: state} if state else states}


def _without(table: Row, name: str) -> Row:
    return {known: value for known, value in table.items() if known != name}


def _ends(ids: list[str], row: Row) -> list[str]:
    return [_end(known, row["aliases"], {}) for known in ids]


def _end(cluster_id: str, aliases: Row, known: dict[str, str], only_by: str | None = None) -> str:
    """Follow aliases to their end, and remember it for each on the way."""
    end, way = cluster_id, []
    while end not in known and (alias := aliases.get(end)) and only_by in {None, alias["by"]}:
        way.append(end)
        end = alias["into"]
    end = known.get(end, end)
    known.update(dict.fromkeys(way, end))
    return end
