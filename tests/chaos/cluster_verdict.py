"""What must hold of clusters after all that was done to workers, clause by clause."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple

import orjson

from pipeline.cluster_vitals import MERGED, NEW
from pipeline.fingerprint_row import FINGERPRINT
from pipeline.ledger import SHARD, Ledger, empty, founded
from pipeline.settings import Settings
from tests.chaos.verdict import Clause
from tests.kafka.new_bugs import PLACES, Named
from tests.kafka.shipping import Planted
from tests.kafka.told import Value, told
from tests.kafka.topics import drain

ORDINAL = itemgetter("ordinal")
MERGES = ("merged", "merge")  # of ours, and of people
SERVICE = ("service_namespace", "service_name", "environment")


class Lives(NamedTuple):
    """What was written of clusters, oldest first: each state of each row, `clusters`, news, `commands`."""

    rows: list[Value]
    clusters: dict[str, list[Value | None]]
    news: list[Value]
    commands: list[Value]

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
            [one.value for one in told(bootstrap, settings.topic("commands"))],
        )


def lives(seen: Lives) -> list[Clause]:
    """Judge it."""
    last = {row["fingerprint"]: row for row in seen.rows if row["sort"] == FINGERPRINT}
    where = Where(seen.rows)
    return [
        _homes(seen.rows),
        *_announced(last.values(), seen.news),
        *_merges(where, seen),
        _told_once(seen.news),
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


def _merges(where: Where, seen: Lives) -> list[Clause]:
    """Each merge is told, and was commanded: by that time, and for those fingerprints."""
    told = {one["from_cluster_id"] for one in seen.news if one["kind"] == MERGED}
    merged = {name: why for ledger in where.ledgers.values() for name, why in ledger.row["aliases"].items()}
    commands = [one for one in seen.commands if one["command"] in MERGES]
    known = {_why(one | one["arguments"]) for one in commands}
    alone = sorted(name for name, why in merged.items() if _why(why) not in known)
    return [
        Clause("merges that were told", len(merged), len(merged.keys() & told), sorted(merged.keys() ^ told)),
        Clause("merges without their command", 0, len(alone), alone),
    ]


def _why(merge: Value) -> str:
    return repr([merge.get(name) for name in ("by", "time", "fingerprints", "s", "epoch")])


def _told_once(news: Iterable[Value]) -> Clause:
    """Look whether what happened once has one id, however often it is told, and to however many services."""
    ids: dict[tuple[str, ...], set[str]] = {}
    for one in news:
        what = one["kind"], one["cluster_id"], one["from_cluster_id"] or ""
        ids.setdefault(what, set()).add(one["id"])
    several = [(*what, *sorted(known)) for what, known in ids.items() if len(known) > 1]
    return Clause("news, of all that was told, with several ids", 0, len(several), several)


def triples(rows: Sequence[Value], planted: Iterable[Planted]) -> Clause:
    """Two bugs that a third crash, which came last, shows to be one were two, and are one; there are some."""
    last = {row["fingerprint"]: row for row in rows if row["sort"] == FINGERPRINT}
    where = Where(rows)
    known = {
        module: [last[one] for one in fingerprints]
        for module, fingerprints in _triples(planted).items()
        if last.keys() >= set(fingerprints)
    }
    wanted = {module: three for module, three in known.items() if max(three, key=ORDINAL) is three[-1]}
    unlike = [module for module, three in wanted.items() if not _are_merged(where, three)]
    what = "pairs of bugs that were merged for a third"
    return Clause(what, max(1, len(wanted)), len(wanted) - len(unlike), unlike)


def _are_merged(where: Where, three: Sequence[Value]) -> bool:
    one, other, _ = three
    return bool(one["home"] != other["home"]) and len(set(map(where.cluster, three))) == 1


def answers(where: Where, ask: Callable[[str], bytes]) -> Clause:
    """Each id that was merged leads to the cluster that lives; `ask` returns what a page says."""
    merged = {name: ledger for ledger in where.ledgers.values() for name in ledger.row["aliases"]}
    astray = []
    for name, ledger in merged.items():
        shown = orjson.loads(ask(f"/api/clusters/{name}") or b"{}")
        if shown.get("cluster_id") != ledger.cluster(name) or name not in shown["aliases"]:
            astray.append((name, ledger.cluster(name), shown))
    what = "merged ids that lead to the cluster that lives"
    return Clause(what, len(merged), len(merged) - len(astray), astray)


def _triples(planted: Iterable[Planted]) -> dict[str, list[str]]:
    """Return the fingerprints of each triple that came whole."""
    found: dict[str, dict[int, str]] = {}
    for one in planted:
        if named := Named.read(one.sample):
            found.setdefault(named.module, {})[named.place] = one.fingerprint
    return {
        module: [known[place] for place in range(len(PLACES))]
        for module, known in found.items()
        if len(known) == len(PLACES)
    }


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
