"""What must hold of clusters after all that was done to workers, clause by clause."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import orjson

from pipeline.cluster_vitals import MERGED, NEW
from pipeline.fingerprint_row import FINGERPRINT
from pipeline.ledger import SHARD, Ledger, empty, founded
from pipeline.settings import Settings
from tests.chaos.verdict import Clause
from tests.kafka.told import Value, told
from tests.kafka.topics import drain

SERVICE = ("service_namespace", "service_name", "environment")


class Lives(NamedTuple):
    """What was written of clusters, oldest first: each state of each row, `clusters`, news in `vitals`."""

    rows: list[Value]
    clusters: dict[str, list[Value | None]]
    news: list[Value]

    @classmethod
    def read(cls, bootstrap: str, settings: Settings) -> "Lives":
        """Read it from its topics."""
        changes = drain(bootstrap, f"{settings.track_id}-fingerprints-changelog")
        clusters: dict[str, list[Value | None]] = {}
        for one in drain(bootstrap, settings.topic("clusters")):
            clusters.setdefault((one.key or b"").decode(), []).append(orjson.loads(one.value or b"null"))
        vitals = (one.value for one in told(bootstrap, settings.topic("vitals")))
        return cls(
            [orjson.loads(one.value)["value"] for one in changes if one.value],
            clusters,
            [one for one in vitals if one["kind"].startswith("cluster_")],
        )


def lives(seen: Lives) -> list[Clause]:
    """Judge it."""
    last = {row["fingerprint"]: row for row in seen.rows if row["sort"] == FINGERPRINT}
    where = Where(seen.rows)
    return [
        _homes(seen.rows),
        *_announced(last.values(), seen.news),
        _merges(where, seen.news),
        _listed(where, last, seen.clusters),
        _summed(where, last, seen.clusters),
    ]


class Where:
    """In which cluster each fingerprint is in the end."""

    def __init__(self, rows: Iterable[Value]) -> None:
        self.ledgers = {row["shard"]: Ledger(row) for row in rows if row["sort"] == SHARD}

    def cluster(self, row: Value) -> str:
        """Return the cluster of a row's fingerprint."""
        ledger = self.ledger(row["shard"])
        return ledger.cluster(ledger.row["moved"].get(row["fingerprint"], row["home"]))

    def ledger(self, shard: str) -> Ledger:
        """Return what is written of a shard."""
        return self.ledgers.get(shard) or Ledger(empty(shard))


def _homes(rows: Iterable[Value]) -> Clause:
    homes: dict[str, set[str]] = {}
    for row in rows:
        if row["sort"] == FINGERPRINT and row["home"]:
            homes.setdefault(row["fingerprint"], set()).add(row["home"])
    moved = [(name, sorted(known)) for name, known in homes.items() if len(known) > 1]
    return Clause(f"fingerprints, of {len(homes)}, whose home changed", 0, len(moved), moved)


def _announced(rows: Iterable[Value], news: Iterable[Value]) -> list[Clause]:
    founders = {row["home"] for row in rows if row["home"] == founded(row["fingerprint"])}
    told: dict[tuple[str, str], set[str]] = {}  # by cluster and service
    for one in news:
        if one["kind"] == NEW:
            service = "/".join(one[name] or "" for name in SERVICE)
            told.setdefault((one["cluster_id"], service), set()).add(repr(sorted(one.items())))
    known = {cluster for cluster, _ in told}
    missing, others = sorted(founders - known), sorted(known - founders)
    unlike = [(*place, *records) for place, records in told.items() if len(records) > 1]
    return [
        Clause(f"clusters, of {len(founders)}, that were not announced", 0, len(missing), missing),
        Clause("clusters that were announced and are not there", 0, len(others), others),
        Clause("clusters that were announced twice, not alike", 0, len(unlike), unlike),
    ]


def _merges(where: Where, news: Iterable[Value]) -> Clause:
    told = {one["from_cluster_id"] for one in news if one["kind"] == MERGED}
    merged = {name for ledger in where.ledgers.values() for name in ledger.row["aliases"]}
    return Clause("merges that were told", len(merged), len(merged & told), sorted(merged ^ told))


def _listed(where: Where, last: dict[str, Value], clusters: dict[str, list[Value | None]]) -> Clause:
    """Each fingerprint was told as one of the same cluster all the time, but for merges."""
    strange = {
        (one["fingerprint"], cluster)
        for cluster, records in clusters.items()
        for record in records
        if record
        for one in record["fingerprints"]
        if where.ledger(record["shard"]).cluster(cluster) != where.cluster(last[one["fingerprint"]])
    }
    return Clause("fingerprints that were ever told in another cluster", 0, len(strange), sorted(strange))


def _summed(where: Where, last: dict[str, Value], clusters: dict[str, list[Value | None]]) -> Clause:
    wanted: Counter[str] = Counter()
    for row in last.values():
        wanted[where.cluster(row)] += row["crashes_total"]
    ends = ((name, records[-1]) for name, records in clusters.items())
    found = {name: end["crashes_total"] for name, end in ends if end}
    unlike = [
        (name, wanted[name], found.get(name, 0))
        for name in sorted({*wanted, *found})
        if wanted[name] != found.get(name, 0)
    ]
    what = f"clusters, of {len(wanted)}, whose crashes are others in `clusters`"
    return Clause(what, 0, len(unlike), unlike)
